"""A judgment of the retries of an execution's calls: which policy, if any, the record shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pipeline_optimization.benchmarks.inputs import Input
from pipeline_optimization.engine.journal import CallRecord

__all__ = ["NONE", "OWN", "retries_of"]

OWN, NONE = "own", "none"


def retries_of(calls: Sequence[CallRecord], given: Input) -> set[str]:
    """Return the labels of the policies under which calls were made, ``own`` for a loop of the contender's own, ``none`` for no retries.

    If calls under no policy all succeeded, nothing is said of them: it is not visible whether they would be retried.
    """
    found = {call.policy for call in calls if call.policy}
    others: dict[tuple[str, str], list[CallRecord]] = defaultdict(list)
    for call in calls:
        if not call.policy:
            others[call.task, call.key].append(call)
    failed = [item for item, tries in others.items() if any(call.outcome == "injected" for call in tries)]
    if failed:
        # A word that occurs several times in a text may be called for as often without any retry.
        is_retried = any(len(others[task, key]) > max(1, given.occurrences(task, key)) for task, key in failed)
        found.add(OWN if is_retried else NONE)
    return found
