"""Elements that fail in company, as their parent is told of them: with what to try again with, where that can be sent."""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from pipeline_optimization.engine.stage import is_of_the_run
from pipeline_optimization.engine.work import timed_out
from pipeline_optimization.pipeline.model.blame import failure_of, shown, unsendable, where
from pipeline_optimization.pipeline.model.codec import PLAIN, Codec
from pipeline_optimization.pipeline.model.elements import ElementPath
from pipeline_optimization.pipeline.model.outcome import Failed, Waiting
from pipeline_optimization.pipeline.model.steps import CompletePipeline

__all__ = ["ElementFailures"]


@frozen(eq=False, repr=False)
class ElementFailures:
    """Makes records of elements that cannot go on in their bundle. A user's object may raise anything when it is encoded."""

    pipeline: CompletePipeline[Any, Any]
    codec: Codec

    def at_step(self, index: int, path: ElementPath, value: Any, error: BaseException) -> Failed:
        """Return the failure of a step's function."""
        step, data = self.pipeline.steps[index], self.encoded((path, value))
        # Nobody can try again with what cannot be sent.
        permanent = step.spec.permanent if data is not None else (BaseException,)
        return Failed(index, path, data or b"", shown(value), failure_of(step.plain, error, permanent))

    def late(self, index: int, path: ElementPath, value: Any, how: str) -> Failed:
        """Return the failure of an element for which a step's function took longer than it may; ``how`` says what became of the call."""
        step, data = self.pipeline.steps[index], self.encoded((path, value))
        assert step.spec.timeout is not None
        record = timed_out(where(step.plain), step.spec.timeout, how)
        return Failed(index, path, data or b"", shown(value), evolve(record, is_permanent=data is None))

    def at_end(self, path: ElementPath, value: Any, error: BaseException) -> Failed:
        """Return the failure of an element that the end could not add, at the step that made it. Raises the error where there is no step."""
        index = len(self.pipeline.steps)
        if not index:
            raise error
        if self.encoded(value) is None:
            return self._unsendable(index, path, value, error)
        record = failure_of(self.pipeline.steps[-1].plain, error, (BaseException,))
        return Failed(index - 1, path, b"", shown(value), record)

    def waiting(self, index: int, path: ElementPath, value: Any) -> Waiting | Failed:
        """Return an element that goes on alone from a step, or its failure where it cannot be sent."""
        try:
            return Waiting(index, path, self.codec.encode((path, value)), shown(value))
        except BaseException as error:
            if is_of_the_run(error):
                raise
            return self._unsendable(index, path, value, error)

    def encoded(self, value: Any) -> bytes | None:
        """Return a value as bytes, None where that cannot be."""
        try:
            return self.codec.encode(value)
        except BaseException as error:
            if is_of_the_run(error):
                raise
            return None

    def _unsendable(self, index: int, path: ElementPath, value: Any, error: BaseException) -> Failed:
        """Return the failure of the step before ``index``, which returned what no other process can be sent."""
        makers = [step.plain for step in self.pipeline.steps[:index]]
        use = "sent to another process" if self.codec is not PLAIN else "kept in a checkpoint"
        return Failed(max(0, index - 1), path, b"", shown(value), unsendable(makers, shown(value), error, use))
