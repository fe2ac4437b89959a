"""The maker of the decisions on a contender's retries, as far as it was seen: a policy of the project, a loop of its own, or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from pipeline_optimization.benchmarks.results import ContenderRecord, Sample

__all__ = ["with_retries"]


def with_retries(contenders: Sequence[ContenderRecord], samples: Sequence[Sample]) -> list[ContenderRecord]:
    """Return the records with what the samples show of each contender's retries."""
    return [
        evolve(
            contender, retry=_together({label for s in samples if s.contender == contender.name for label in s.retry})
        )
        for contender in contenders
    ]


def _together(seen: set[str]) -> str:
    # In some samples a loop of its own met no failure that would have shown it.
    return ", ".join(sorted(seen - {"none"} if "own" in seen else seen))
