"""Whole numbers that are too large to compute with are refused like any other wrong number, wherever users give numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from command import ended_here
from pipeline_optimization import Pipeline, RetryAfter, run, task
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.errors import OptionError
from pipeline_optimization.types import FaultProfile, LogNormal, TaskProfile
from pipeline_optimization.types.durations import constant

HUGE = 10**400
"""Larger than the largest number with a fraction."""

SUM = Pipeline("sum").values(int).map(abs).sum()


REFUSED: Mapping[str, Callable[[], object]] = {
    "latency scale": lambda: run(SUM, [1], latency_scale=HUGE),
    "failures": lambda: run(SUM, [1], faults={"failures": HUGE}),
    "latency": lambda: run(SUM, [1], faults={"task": {"abs": {"latency": HUGE}}}),
    "weight": lambda: run(SUM, [1], faults={"task": {"abs": {"errors": {"OSError": HUGE}}}}),
    "chunk size": lambda: run(SUM, [1], chunk_size=HUGE),
    "retry option": lambda: run(SUM, [1], retry_options={"base": HUGE}),
    "workers": lambda: run(SUM, [1], orchestrator="threaded", orchestrator_options={"workers": HUGE}),
    "deadline": lambda: Limits(deadline=HUGE),
    "item timeout": lambda: Limits(item_timeout=HUGE),
    "grace": lambda: Limits(grace=HUGE),
    "timeout": lambda: task(timeout=HUGE)(abs),
    "profile": lambda: FaultProfile(failures=HUGE),
    "profile of a task": lambda: TaskProfile(errors={"OSError": HUGE}),
    "distribution": lambda: LogNormal(median=HUGE, sigma=1),
    "constant": lambda: constant(HUGE),
    "retry after": lambda: RetryAfter(HUGE),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_number_that_is_too_large_is_refused(what: str) -> None:
    with pytest.raises((OptionError, ValueError)) as raised:
        REFUSED[what]()
    assert "too large to convert" not in str(raised.value)


@pytest.mark.parametrize(
    "options",
    [
        ["--chunk-size", "9" * 400],
        ["--orchestrator", "threaded", "-o", f"workers={'9' * 400}"],
        ["--faults", "FILE"],
    ],
)
def test_the_command_says_what_is_wrong(options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "huge.toml"
    path.write_text(f"failures = {HUGE}\n")
    given = [str(path) if one == "FILE" else one for one in options]
    code, _, errors = ended_here(["run", "--text", "cat", *given], capsys)
    assert code == 2
    assert errors.startswith("Error: ")
