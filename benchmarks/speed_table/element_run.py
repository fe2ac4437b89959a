"""``element_run.py PIPELINE INPUT ORCHESTRATOR [CHECKPOINT]`` runs a pipeline of ``element_functions`` or ``element_work``, as a user's program does.

INPUT is a file, ``N`` for the numbers to there, or ``NxVALUE`` for the same value many times. It prints the result, or how often all words
occur together, and then its peak memory in MiB.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import repeat
from pathlib import Path

from pipeline_optimization import run
from speed_table.element_functions import PIPELINES


def _input(text: str) -> Path | Iterable[int]:
    number, times, value = text.partition("x")
    if not number.isdecimal():
        return Path(text)
    return repeat(int(value), int(number)) if times else range(int(number))


def _peak() -> float:
    """Return the peak of this process's memory. ``getrusage`` would tell that of the process which it was forked from, too."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def main(name: str, given: str, orchestrator: str, checkpoint: str | None = None) -> None:
    pipelines = PIPELINES
    if name not in pipelines:
        from speed_table.element_work import PIPELINES as pipelines  # noqa: PLC0415, N811 - what a sum does not need

    workers = {"multiprocess": 2, "threaded": 32}.get(orchestrator)
    options = {} if workers is None else {"workers": workers}
    report = run(
        pipelines[name],
        _input(given),
        orchestrator=orchestrator,
        orchestrator_options=options,
        checkpoint=checkpoint,
    )
    assert report.is_complete, report.failed_items
    result = report.result
    print(sum(result.values()) if isinstance(result, dict) else result)
    print(_peak())


if __name__ == "__main__":
    main(*sys.argv[1:])
