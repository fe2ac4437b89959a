"""What decided on the retries of an execution's calls, as its record shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pipeline_optimization.benchmarks.inputs import Input
from pipeline_optimization.engine.journal import CallRecord

__all__ = ["NONE", "OWN", "retries_of"]

OWN, NONE = "own", "none"


def retries_of(calls: Sequence[CallRecord], given: Input) -> set[str]:
    """Return the labels of the policies that calls were under, ``own`` for a loop of one's own, ``none`` for no retries.

    Nothing is said of calls under no policy none of which failed: whether they would be retried does not show.
    """
    found = {call.policy for call in calls if call.policy}
    others: dict[tuple[str, str], list[CallRecord]] = defaultdict(list)
    for call in calls:
        if not call.policy:
            others[call.task, call.key].append(call)
    failed = [item for item, tries in others.items() if any(call.outcome == "injected" for call in tries)]
    if failed:
        # A word that stands in a text several times may be called for as often without any retry.
        is_retried = any(len(others[task, key]) > max(1, given.occurrences(task, key)) for task, key in failed)
        found.add(OWN if is_retried else NONE)
    return found
