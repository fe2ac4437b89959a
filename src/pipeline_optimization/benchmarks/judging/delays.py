"""A check whether retries waited as long as their retry policy demands. The delays pass in a contender's own process, so they are checked here."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, pairwise

from pipeline_optimization.benchmarks.inputs import Input
from pipeline_optimization.benchmarks.measuring.subject_environment import delay_seed
from pipeline_optimization.engine.draws import seeded_random
from pipeline_optimization.engine.faults import FaultSettings
from pipeline_optimization.engine.journal import CallRecord
from pipeline_optimization.registry import Registry
from pipeline_optimization.types import RetryPolicy

__all__ = ["delays_of"]

KNOWN = {"exponential", "fixed"}
"""The policies whose delays are the same in each process, because they depend only on the task and its argument."""

MOST_POLICIES = 16
"""The most policies of an execution that are looked at. Each takes milliseconds, and a contender could claim another one with each call."""


def delays_of(calls: Sequence[CallRecord], given: Input, settings: FaultSettings) -> tuple[float, float]:
    """Return the seconds for which retries had to wait, and the seconds for which they did.

    An item counts only if it is certain which of its calls is a retry: it occurs once in the input, and was never called twice at once. A busy
    machine makes waits longer and never shorter, so it cannot cause an accusation.
    """
    items: dict[tuple[str, str], list[CallRecord]] = defaultdict(list)
    for call in calls:
        items[call.task, call.key].append(call)
    labels = islice(dict.fromkeys(call.policy for call in calls), MOST_POLICIES)
    policies = {label: policy for label in labels if (policy := _policy(label)) is not None}
    due = waited = 0.0
    for (task, key), tries in items.items():
        if given.occurrences(task, key) == 1:
            for delay, wait in _waits(sorted(tries, key=lambda call: call.number), policies, settings):
                due += delay
                waited += min(wait, delay)
    return due, waited


def _waits(
    tries: Sequence[CallRecord], policies: Mapping[str, RetryPolicy], settings: FaultSettings
) -> Iterator[tuple[float, float]]:
    """Yield the delay before each retry of an item, and the time that passed."""
    labels = {call.policy for call in tries}
    policy = policies.get(labels.pop()) if len(labels) == 1 else None
    if policy is None or any(later.number != earlier.number + 1 for earlier, later in pairwise(tries)):
        return
    first = tries[0]
    random = seeded_random(delay_seed(settings), settings.case, first.task, first.key, "delays")
    delays = islice(policy.delays(random), len(tries) - 1)
    for (earlier, later), delay in zip(pairwise(tries), delays, strict=False):
        if earlier.outcome != "injected":
            return
        yield delay * settings.latency_scale, (later.began - earlier.ended) / 1e9


@lru_cache(maxsize=MOST_POLICIES)
def _policy(label: str) -> RetryPolicy | None:
    """Return the policy that a label names, or None if its delays are not known."""
    try:
        name, *pairs = shlex.split(label)
        options = dict(pair.split("=", 1) for pair in pairs)
        return Registry.load().retry_policy(name, options).build() if name in KNOWN else None
    except Exception:  # noqa: BLE001 - the label comes from the measured process, and may be anything
        return None
