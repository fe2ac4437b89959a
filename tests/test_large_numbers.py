"""Whole numbers that are too large to compute with are refused like any other wrong number, wherever users give numbers."""

from __future__ import annotations

from collections.abc import Callable
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


@pytest.mark.parametrize(
    "refused",
    [
        lambda: run(SUM, [1], latency_scale=HUGE),
        lambda: run(SUM, [1], faults={"failures": HUGE}),
        lambda: run(SUM, [1], faults={"task": {"abs": {"latency": HUGE}}}),
        lambda: run(SUM, [1], faults={"task": {"abs": {"errors": {"OSError": HUGE}}}}),
        lambda: run(SUM, [1], chunk_size=HUGE),
        lambda: run(SUM, [1], retry_options={"base": HUGE}),
        lambda: run(SUM, [1], orchestrator="threaded", orchestrator_options={"workers": HUGE}),
        lambda: Limits(deadline=HUGE),
        lambda: Limits(item_timeout=HUGE),
        lambda: Limits(grace=HUGE),
        lambda: task(timeout=HUGE)(abs),
        lambda: FaultProfile(failures=HUGE),
        lambda: TaskProfile(errors={"OSError": HUGE}),
        lambda: LogNormal(median=HUGE, sigma=1),
        lambda: constant(HUGE),
        lambda: RetryAfter(HUGE),
    ],
    ids=str,
)
def test_a_number_that_is_too_large_is_refused(refused: Callable[[], object]) -> None:
    with pytest.raises((OptionError, ValueError)) as raised:
        refused()
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
