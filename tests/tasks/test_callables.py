"""``@task`` and steps take whatever can be called, and ``@task`` refuses wrong arguments at once, with the name of the function."""

from __future__ import annotations

import math
import re
from functools import partial
from typing import Any

import pytest

from callables_of_all_kinds import CALLABLES, Scale, times
from pipeline_optimization import Pipeline, run, task
from pipeline_optimization.errors import OptionError


@pytest.mark.parametrize("orchestrator", ["sequential", "asyncio", "multiprocess"])
@pytest.mark.parametrize("name", CALLABLES)
def test_whatever_can_be_called_is_a_step(name: str, orchestrator: str) -> None:
    """With and without ``@task``, also in other processes."""
    function, factor = CALLABLES[name]
    report = run(Pipeline("p").values(int).map(function).sum(), [1, 10], orchestrator=orchestrator, retry="none")
    assert (report.result, report.failed_items) == (11 * factor, ())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"permanent": ValueError}, "permanent= takes a tuple of exceptions, such as (ValueError,), not <class"),
        ({"permanent": ("ValueError",)}, "permanent= takes a tuple of exceptions"),
        ({"permanent": (int,)}, "permanent= takes a tuple of exceptions"),
        ({"failure_rate": 2}, "failure_rate= takes a share of calls from 0 to 1, not 2."),
        ({"failure_rate": "half"}, "failure_rate= takes a share of calls"),
        ({"failure_rate": math.nan}, "failure_rate= takes a share of calls"),
        ({"sleep_time": -1}, "sleep_time= takes a number of seconds of at least 0, not -1."),
        ({"sleep_time": "1"}, "sleep_time= takes a number of seconds"),
        ({"sleep_time": math.inf}, "sleep_time= takes a number of seconds"),
        ({"timeout": "10"}, "timeout= takes a number of seconds above 0, not '10'."),
        ({"timeout": 10**400}, "timeout= takes a number of seconds"),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], words: str) -> None:
    """They would be noticed when a call fails or a run simulates faults, and would cost more than one element."""
    with pytest.raises(
        OptionError, match=rf"@task of times \(.*callables_of_all_kinds.py, line \d+\): {re.escape(words)}"
    ):
        task(**arguments)(times)  # type: ignore[no-untyped-call]  # wrong on purpose


def test_wrong_arguments_of_an_object() -> None:
    """It is named by its class, with the place of its ``__call__``, as errors of its calls name it."""
    with pytest.raises(OptionError, match=r"^@task of Scale \(.*callables_of_all_kinds.py, line \d+\): timeout="):
        task(timeout=-1)(Scale(2))


def test_a_list_of_exceptions() -> None:
    """It is as good as a tuple."""
    errors: Any = [ZeroDivisionError]
    function: Any = partial(divmod, 1)
    pipeline = Pipeline("p").values(int).map(task(permanent=errors)(function)).collect()
    report = run(pipeline, [0, 1])
    assert (report.result, report.retries, len(report.failed_items)) == ([(1, 0)], 0, 1)
