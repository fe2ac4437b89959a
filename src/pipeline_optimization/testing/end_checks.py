"""Checks of a pipeline's end: the result is the same whichever worker adds which value.

They are property tests over the values that reach the end.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen

from pipeline_optimization.pipeline.model.codec import PICKLED
from pipeline_optimization.testing.checks import Check, CheckSkippedError, require
from pipeline_optimization.testing.pipeline_subject import PipelineSubject, Placed
from pipeline_optimization.testing.values import is_same, shown

__all__ = ["END_CHECKS"]

ROUNDS = 60
MOST = 6
"""Elements in one total, at most, so that messages of failures can be read."""


@frozen
class _Adding:
    """Adds up with a pipeline's end, each time from new copies, because ``add`` and ``merge`` may change a total."""

    end: Any

    def total(self, elements: Sequence[Placed]) -> bytes:
        return PICKLED.encode(self.end.add(self.end.zero(), PICKLED.decode(PICKLED.encode(elements))))

    def merged(self, total: bytes, other: bytes) -> bytes:
        return PICKLED.encode(self.end.merge(PICKLED.decode(total), PICKLED.decode(other)))

    def zero(self) -> bytes:
        return PICKLED.encode(self.end.zero())

    def result(self, total: bytes) -> Any:
        return self.end.result(PICKLED.decode(total))


def _rounds(subject: PipelineSubject, groups: int) -> Iterator[Sequence[Sequence[Placed]]]:
    """Yield groups of elements that reach the end, small groups first."""
    ends = subject.ends
    if len(ends) < 2:
        raise CheckSkippedError(
            f"it takes 2 elements that reach the end to see anything, and the input has {len(ends)}"
        )
    rng = random.Random(1)  # noqa: S311 - a choice of elements, not secrets
    for number in range(ROUNDS):
        most = min(len(ends), 1 + number * MOST // ROUNDS)
        yield [rng.sample(list(ends), rng.randint(1, most)) for _ in range(groups)]


def _values(elements: Sequence[Placed]) -> str:
    return shown([value for _, value in elements])


def zero_is_neutral(subject: PipelineSubject) -> None:
    """Merging a total with the total of nothing changes nothing."""
    adding = _Adding(subject.pipeline.end)
    for (group,) in _rounds(subject, 1):
        total = adding.total(group)
        expected = adding.result(total)
        for found in (adding.merged(adding.zero(), total), adding.merged(total, adding.zero())):
            result = adding.result(found)
            require(
                is_same(result, expected),
                f"The total of {_values(group)} is {shown(expected)}, and with zero() {shown(result)}.",
            )


def merge_is_commutative(subject: PipelineSubject) -> None:
    """``merge`` of two totals is the same in both orders, because any worker may end first."""
    adding = _Adding(subject.pipeline.end)
    for one, other in _rounds(subject, 2):
        first, second = adding.total(one), adding.total(other)
        there, back = (adding.result(adding.merged(*both)) for both in ((first, second), (second, first)))
        require(
            is_same(there, back),
            f"The totals of {_values(one)} and {_values(other)} merge to {shown(there)}, and the other way round to {shown(back)}.",
        )


def merge_is_associative(subject: PipelineSubject) -> None:
    """``merge`` of three totals is the same whichever two are merged first."""
    adding = _Adding(subject.pipeline.end)
    for groups in _rounds(subject, 3):
        one, two, three = map(adding.total, groups)
        left = adding.result(adding.merged(adding.merged(one, two), three))
        right = adding.result(adding.merged(one, adding.merged(two, three)))
        require(
            is_same(left, right),
            f"The totals of {', '.join(map(_values, groups))} merge to {shown(left)} from the left, and to {shown(right)} from "
            "the right. Sums of floats are an example; the end sum() adds them up exactly.",
        )


def parts_add_up(subject: PipelineSubject) -> None:
    """Adding in two places and merging gives the same as adding in one place."""
    adding = _Adding(subject.pipeline.end)
    for one, other in _rounds(subject, 2):
        parts = adding.result(adding.merged(adding.total(one), adding.total(other)))
        whole = adding.result(adding.total([*one, *other]))
        require(
            is_same(parts, whole),
            f"{_values(one)} and {_values(other)}, added up apart and merged, give {shown(parts)}, and together {shown(whole)}.",
        )


END_CHECKS: Sequence[Check[PipelineSubject]] = (
    Check.of(zero_is_neutral, after=["functions_are_repeatable"]),
    Check.of(merge_is_commutative, after=["zero_is_neutral"]),
    Check.of(merge_is_associative, after=["zero_is_neutral"]),
    Check.of(parts_add_up, after=["merge_is_commutative", "merge_is_associative"]),
)
