"""Functions of a notebook's cells run in a real kernel, with every local orchestrator and beside its event loop."""

from __future__ import annotations

from pathlib import Path

import pytest

CELLS = (
    "from dataclasses import dataclass\nfrom pipeline_optimization import Pipeline, run, run_async, task",
    "@dataclass(frozen=True)\nclass Hit:\n    value: int",
    "FACTOR = 10\n\ndef tenfold(value):\n    return FACTOR * value\n\n@task(retry='fixed')\ndef hit(value):\n    return Hit(tenfold(value))",
    "async def later(hit):\n    return hit",
    "pipeline = Pipeline('p').values(int).map(hit).map(later).filter(lambda hit: hit.value).collect()",
)
SAID = "[Hit(value=10), Hit(value=20)]"


@pytest.mark.notebook
@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio", "multiprocess"])
@pytest.mark.parametrize("call", ["run", "await run_async"])
def test_cells_are_sent_to_workers(tmp_path: Path, orchestrator: str, call: str) -> None:
    """Tasks, coroutine functions, lambdas, classes and constants of cells, called directly and awaited."""
    import nbformat  # where other tests run it is not installed
    from nbclient import NotebookClient

    last = f"report = {call}(pipeline, range(3), orchestrator={orchestrator!r})\nprint(report.result)\nassert type(report.result[0]) is Hit"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (*CELLS, last)])
    done = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = done.cells[-1].outputs
    assert [one.get("text") for one in outputs] == [f"{SAID}\n"], outputs
