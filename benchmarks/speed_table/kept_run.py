"""``anagram run`` with a stop-watch on its checkpoint: ``kept_run.py OUTPUT run ARGUMENT…`` writes two seconds to OUTPUT.

The first is how long the command took, without the start of Python; the second how much of it was spent in opening,
asking, filling, committing and closing the checkpoint.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from pathlib import Path
from typing import Any

from pipeline_optimization.checkpoint import CheckpointStore
from pipeline_optimization.cli import main
from pipeline_optimization.pipeline import run_checkpoint
from pipeline_optimization.pipeline.checkpointing import CheckpointedWorkload
from pipeline_optimization.pipeline.run_checkpoint import RunCheckpoint


class StopWatch:
    """Adds up the seconds spent in calls. One thread calls, and no call is within another."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def on(self, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call)
        def timed(*arguments: Any, **options: Any) -> Any:
            start = time.perf_counter()
            try:
                return call(*arguments, **options)
            finally:
                self.seconds += time.perf_counter() - start

        return timed


class Watched(AbstractContextManager[RunCheckpoint, None]):
    """The checkpoint of a run, open between two calls that are timed."""

    def __init__(self, within: AbstractContextManager[RunCheckpoint, Any], watch: StopWatch) -> None:
        self._enter = watch.on(within.__enter__)
        self._exit = watch.on(within.__exit__)

    def __enter__(self) -> RunCheckpoint:
        checkpoint: RunCheckpoint = self._enter()
        return checkpoint

    def __exit__(self, *error: object) -> None:
        self._exit(*error)


def measured(output: Path) -> None:
    """Run the command line as it was given, and write what it took."""
    watch = StopWatch()
    for kind, names in (
        (CheckpointStore, ("find", "find_failure", "stop_of", "put")),
        (CheckpointedWorkload, ("commit",)),
    ):
        for name in names:
            setattr(kind, name, watch.on(getattr(kind, name)))
    opened = run_checkpoint.open_run_checkpoint
    # The run imports the function from its module when it needs it.
    setattr(run_checkpoint, "open_run_checkpoint", lambda *a, **k: Watched(opened(*a, **k), watch))  # noqa: B010 - mypy minds
    start = time.perf_counter()
    try:
        main()
    finally:
        output.write_text(f"{time.perf_counter() - start} {watch.seconds}", "utf-8")


if __name__ == "__main__":
    measured(Path(sys.argv.pop(1)))
