"""Failures of single elements in a bundle, with the element as bytes for another attempt, if it can be sent."""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from pipeline_optimization.engine.stage import describe_error, is_of_the_run
from pipeline_optimization.engine.work import timeout_error
from pipeline_optimization.pipeline.model.blame import failure_of, shown, unsendable
from pipeline_optimization.pipeline.model.codec import PLAIN, Codec
from pipeline_optimization.pipeline.model.elements import ElementPath
from pipeline_optimization.pipeline.model.ends import functions_of
from pipeline_optimization.pipeline.model.outcome import Failed, Waiting
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.tasks.callables import where

__all__ = ["ElementFailures"]


@frozen(eq=False, repr=False)
class ElementFailures:
    """Makes the records of elements that cannot go on in their bundle. Encoding a user's object may raise anything."""

    pipeline: CompletePipeline[Any, Any]
    codec: Codec

    def at_step(self, index: int, path: ElementPath, value: Any, error: BaseException) -> Failed:
        """Return the failure of a step's function."""
        step, data = self.pipeline.steps[index], self.encoded((path, value))
        # Without its bytes the element cannot be tried again, so its failure is permanent.
        permanent = step.spec.permanent if data is not None else (BaseException,)
        return Failed(index, path, data or b"", shown(value), failure_of(step.plain, error, permanent))

    def late(self, index: int, path: ElementPath, value: Any, how: str) -> Failed:
        """Return the failure of an element for which a step's function took too long. ``how`` says what became of the call."""
        step, data = self.pipeline.steps[index], self.encoded((path, value))
        assert step.spec.timeout is not None
        record = timeout_error(where(step.plain), step.spec.timeout, how)
        return Failed(index, path, data or b"", shown(value), evolve(record, is_permanent=data is None))

    def at_end(self, path: ElementPath, value: Any, error: BaseException) -> Failed:
        """Return the failure of an element that the end could not add, at the step that made it, or at the end if there is no step."""
        index = len(self.pipeline.steps)
        if self.encoded(value) is None:
            return self._unsendable(index, path, value, error)
        makers = [step.plain for step in self.pipeline.steps[-1:]] or [
            one for _, one in functions_of(self.pipeline.end)
        ]
        record = failure_of(makers[0], error, (BaseException,)) if makers else describe_error(error, is_permanent=True)
        return Failed(max(0, index - 1), path, b"", shown(value), record)

    def waiting(self, index: int, path: ElementPath, value: Any) -> Waiting | Failed:
        """Return an element that goes on alone from a step, or its failure if it cannot be sent."""
        try:
            return Waiting(index, path, self.codec.encode((path, value)), shown(value))
        except BaseException as error:
            if is_of_the_run(error):
                raise
            return self._unsendable(index, path, value, error)

    def encoded(self, value: Any) -> bytes | None:
        """Return a value as bytes, or None if it cannot be encoded."""
        try:
            return self.codec.encode(value)
        except BaseException as error:
            if is_of_the_run(error):
                raise
            return None

    def _unsendable(self, index: int, path: ElementPath, value: Any, error: BaseException) -> Failed:
        """Return the failure of the step before ``index``, which returned a value that cannot be sent to another process."""
        makers = [step.plain for step in self.pipeline.steps[:index]]
        use = "sent to another process" if self.codec is not PLAIN else "kept in a checkpoint"
        return Failed(max(0, index - 1), path, b"", shown(value), unsendable(makers, shown(value), error, use))
