"""``examples/csv_to_postgres.py`` loads a file into each database, and leaves bad rows out."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from sql_database import Database

EXAMPLE = Path(__file__).parents[3] / "examples" / "csv_to_postgres.py"


@pytest.fixture
def example() -> ModuleType:
    spec = spec_from_file_location("csv_to_postgres", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_orders(database: Database, example: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Good orders are there once, also when the file is loaded again; those that a step or the database refuses are told with their place."""
    orders = [f'{number},ann,"$1,000.{number % 100:02}"' for number in range(1, 2001)]
    bad = {100: "7000,bob,free", 200: "7001,bob,-3", 300: "50,bob,4", 400: "x,bob,4", 500: "99999999999999999999,bob,4"}
    for place, line in bad.items():
        orders.insert(place - 1, line)
    file = tmp_path / "orders.csv"
    file.write_text("\n".join(["order,customer,amount", *orders]))
    for _ in range(2):
        assert example.load(str(file), database.url) == 2000
        told = capsys.readouterr().err
        assert all(f"orders.csv, record {place}: " in told for place in bad), told
        assert told.count("\n") == len(bad)
        assert database.execute("SELECT count(*), count(DISTINCT id), max(id), min(customer) FROM orders") == [
            (2000, 2000, 2000, "Ann")
        ]
        assert database.execute("SELECT customer, amount FROM orders WHERE id = 50") == [("Ann", 1000.5)]
