"""What the elements of one bundle add up to, before the parent merges it with the rest."""

from __future__ import annotations

from typing import Any

from attrs import define, field

from pipeline_optimization.engine.stage import is_of_the_run
from pipeline_optimization.pipeline.model.batch import Batch
from pipeline_optimization.pipeline.model.codec import Codec
from pipeline_optimization.pipeline.model.failures import ElementFailures
from pipeline_optimization.pipeline.model.outcome import Outcome

__all__ = ["Subtotal"]


@define(eq=False)
class Subtotal:
    """Adds batches as they reach the end of a pipeline.

    They are kept until all of them are added and encoded: where that fails, nobody knows for which element, and an end may have changed its
    total before it raised. Then each is added for itself.
    """

    failures: ElementFailures
    codec: Codec
    _batches: list[Batch] = field(factory=list, init=False)
    _total: Any = field(default=None, init=False)
    _error: BaseException | None = field(default=None, init=False)

    def add(self, elements: Batch) -> None:
        if not elements:
            return
        end = self.failures.pipeline.end
        is_first = not self._batches
        self._batches.append(elements)
        if self._error is not None:
            return
        try:
            self._total = end.add(end.zero() if is_first else self._total, elements)
        except BaseException as error:
            if is_of_the_run(error):
                raise
            self._error = error

    def finish(self, outcome: Outcome) -> None:
        """Put the total into an outcome, if anything reached the end, and the failures of elements that could not be added."""
        if not self._batches:
            return
        try:
            if self._error is not None:
                raise self._error
            outcome.total = self.codec.encode(self._total)
        except BaseException as error:
            if is_of_the_run(error):
                raise
            self._add_one_by_one(outcome, error)

    def _add_one_by_one(self, outcome: Outcome, error: BaseException) -> None:
        """Add elements of which one cannot be added, which the others must not pay for."""
        if sum(map(len, self._batches)) == 1:
            outcome.failed.append(self.failures.at_end(*self._batches[0][0], error))
            return
        end, codec = self.failures.pipeline.end, self.codec
        total = codec.encode(end.zero())
        for path, value in (element for batch in self._batches for element in batch):
            try:
                alone = codec.encode(end.add(end.zero(), Batch.of([(path, value)])))
                total = codec.encode(end.merge(codec.decode(total), codec.decode(alone)))
            except BaseException as failure:
                if is_of_the_run(failure):
                    raise
                outcome.failed.append(self.failures.at_end(path, value, failure))
        outcome.total = total
