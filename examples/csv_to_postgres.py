"""Loads orders from CSV files into a database, each exactly once; bad rows are quarantined with their place.

python examples/csv_to_postgres.py orders.csv postgresql://ann@localhost/shop

The password is taken from PGPASSWORD or ~/.pgpass. Without a URL, orders.db is the database, a file of SQLite. After a crash the same command goes on.
"""

import sys
from pathlib import Path

from pipeline_optimization import Pipeline, run, task
from pipeline_optimization.types import Row


@task(permanent=(ValueError, KeyError))
def clean(row: dict[str, str]) -> Row:
    """Return a row as the table has it. Raises ValueError for a number or an amount that is none."""
    amount = float(row["amount"].replace("$", "").replace(",", ""))
    if not 0 < amount < 1e6:
        raise ValueError(f"an order of {amount}")
    return {"id": int(row["order"]), "customer": row["customer"].strip().title(), "amount": amount}


pipeline = Pipeline("orders").records().map(clean).collect()


def load(path: str, url: str) -> int:
    """Load a file, tell what was left out, and return the number of orders that the table has got."""
    report = run(
        pipeline,
        Path(path),
        sink="sql:orders",
        sink_options={"url": url, "key": "id"},  # the key of the table: the database refuses an order that is there
        checkpoint=f"{path}.checkpoint",
        resume=True,
    )
    for failed in report.failed_items:
        print(f"{failed.place}: {failed.error.message}", file=sys.stderr)
    return report.delivered or 0


if __name__ == "__main__":
    source, database = [*sys.argv[1:], "sqlite:///orders.db"][:2]
    print(f"{load(source, database):,} orders")
