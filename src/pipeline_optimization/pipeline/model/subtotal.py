"""The total of the elements of one bundle, before the parent merges it with the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import define, field

from pipeline_optimization.engine.stage import is_of_the_run
from pipeline_optimization.pipeline.model.batch import Batch
from pipeline_optimization.pipeline.model.codec import BY_VALUE, PICKLED, PLAIN, Codec
from pipeline_optimization.pipeline.model.ends import Collect, Count, Sum, Top
from pipeline_optimization.pipeline.model.failures import ElementFailures
from pipeline_optimization.pipeline.model.outcome import Failed, Outcome
from pipeline_optimization.pipeline.model.simple_values import NUMBERS, are_simple, count_simple

__all__ = ["Subtotal"]


MERGE = 1e-6
"""Seconds that it takes to encode, decode and merge one value of a count."""


@define(eq=False, repr=False)
class Subtotal:
    """Adds batches as they reach the end of a pipeline.

    Batches of simple values are added and forgotten, so that what a worker holds stays in the processor's cache. Other batches are kept until all of
    them are added and encoded. If that fails, it is not known for which element, and the end may have changed its total before it raised. Then each
    element is added alone.
    """

    failures: ElementFailures
    codec: Codec
    _totals: list[Any] = field(factory=list, init=False)
    _kept: list[Batch] = field(factory=list, init=False)
    _kept_total: Any = field(default=None, init=False)
    _error: BaseException | None = field(default=None, init=False)

    def add(self, elements: Batch) -> None:
        if not elements:
            return
        end = self.failures.pipeline.end
        try:
            if self._add_simple(elements):
                return
            if self._error is None:
                self._kept_total = end.add(self._kept_total if self._kept else end.zero(), elements)
        except BaseException as error:
            if is_of_the_run(error):
                raise
            self._error = error
        self._kept.append(elements)

    def _add_simple(self, elements: Batch) -> bool:
        """Add values that need not be kept. Return False if they are not simple: then they may fail to encode, or leave a changed total behind."""
        end, values = self.failures.pipeline.end, elements.values
        if self.codec not in (PICKLED, BY_VALUE, PLAIN):
            return False
        total = self._totals[0] if self._totals else end.zero()
        if isinstance(end, Count) and not self._kept:
            is_added = count_simple(total, values)
        elif isinstance(end, Sum) and (added := end.add_integers(total, values)) is not None:
            is_added, total = True, added
        elif isinstance(end, Sum):
            kinds = set(map(type, values))
            is_added = end.of is None and kinds <= NUMBERS
            total = end.add_numbers(total, values, kinds) if is_added else total
        else:
            is_added = isinstance(end, Count | Collect | Top) and are_simple(values)
            total = end.add(total, elements) if is_added else total
        if is_added:
            self._totals = [total]
        return is_added

    def merging(self) -> float:
        """Return the seconds that the parent will probably take to merge the total, without the work that each element causes in any case."""
        return MERGE * (sum(map(len, self._totals)) if isinstance(self.failures.pipeline.end, Count) else 0)

    def finish(self, outcome: Outcome) -> Sequence[Failed]:
        """Put the total into an outcome, if an element reached the end. Return the failures of elements that could not be added."""
        end, codec = self.failures.pipeline.end, self.codec
        outcome.total = codec.encode(self._totals[0]) if self._totals else None
        if not self._kept:
            return []
        try:
            if self._error is not None:
                raise self._error
            outcome.total = codec.encode(
                end.merge(self._totals[0], self._kept_total) if self._totals else self._kept_total
            )
        except BaseException as error:
            if is_of_the_run(error):
                raise
            return self._add_one_by_one(outcome, error)
        return []

    def _add_one_by_one(self, outcome: Outcome, error: BaseException) -> Sequence[Failed]:
        """Add the kept elements one by one, so that those that cannot be added do not spoil the others."""
        if outcome.total is None and sum(map(len, self._kept)) == 1:
            return [self.failures.at_end(*self._kept[0][0], error)]
        failed: list[Failed] = []
        end, codec = self.failures.pipeline.end, self.codec
        total = codec.encode(end.zero()) if outcome.total is None else outcome.total
        for path, value in (element for batch in self._kept for element in batch):
            try:
                # The total is kept as bytes: a failed call may have changed the objects that it was given.
                alone = codec.encode(end.add(end.zero(), Batch.of([(path, value)])))
                total = codec.encode(end.merge(codec.decode(total), codec.decode(alone)))
            except BaseException as failure:
                if is_of_the_run(failure):
                    raise
                failed.append(self.failures.at_end(path, value, failure))
        outcome.total = total
        return failed
