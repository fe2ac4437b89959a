"""What the events of a run tell of attempts, in a form that must be equal on every orchestrator."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import AttemptEnded, TaskRetried

__all__ = ["Kept", "story_of_counting"]

BUNDLES = frozenset({"lines", "values"})
"""The tasks whose attempts are of bundles."""


class Kept:
    """Keeps what is told of attempts."""

    def __init__(self) -> None:
        self.attempts: list[AttemptEnded] = []
        self.retries: list[TaskRetried] = []

    @hookimpl
    def anagram_attempt_ended(self, event: AttemptEnded) -> None:
        self.attempts.append(event)

    @hookimpl
    def anagram_task_retried(self, event: TaskRetried) -> None:
        self.retries.append(event)

    @property
    def story(self) -> Counter[object]:
        """Return all of it but times, workers and slots. Of bundles, whose sizes workers measure, only what was in them."""
        attempts: Counter[object] = Counter(
            (
                one.item,
                one.task,
                one.attempt,
                one.outcome,
                one.error and (one.error.type, one.error.message, one.error.injected),
                one.status,
                one.latency_ns,
                one.bytes_in,
                one.bytes_out,
                one.elements,
                one.handed_out_ns is None,
            )
            for one in self.attempts
            if one.task not in BUNDLES
        )
        attempts["elements"] = sum(one.elements for one in self.attempts if one.task in BUNDLES)
        return attempts + Counter((one.item, one.task, one.attempt, one.delay) for one in self.retries)


def story_of_counting(**who: Any) -> Counter[object]:
    """Return the story of a text that is counted under faults by the orchestrator that these options name. Each attempt is told once."""
    registry, kept = Registry.load(), Kept()
    registry.register(kept, "kept")
    report = count_anagrams(
        "cat dog post stop " * 20,
        **who,
        registry=registry,
        faults="heavy",
        latency_scale=0.0,
        retry_options={"attempts": 30},
        seed=3,
        chunk_size=50,
    )
    assert len(kept.attempts) == report.attempts
    assert len(kept.retries) == report.retries > 0
    return kept.story
