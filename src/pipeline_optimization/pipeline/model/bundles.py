"""Bundles, which are what a worker runs: as much of a part of the input as there is time for, or one element from a step on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from pipeline_optimization.engine.stage import Bundled, Stage, describe_error
from pipeline_optimization.errors import InputError, UnsendableError
from pipeline_optimization.pipeline.model.batch import Batch
from pipeline_optimization.pipeline.model.blame import failure_of
from pipeline_optimization.pipeline.model.calls import Calls
from pipeline_optimization.pipeline.model.codec import Codec
from pipeline_optimization.pipeline.model.contents import Contents, Read, decode_contents
from pipeline_optimization.pipeline.model.outcome import Outcome
from pipeline_optimization.pipeline.model.passage import Passage, StepRunner
from pipeline_optimization.pipeline.model.process_state import restoring, working_directory
from pipeline_optimization.pipeline.model.steps import CompletePipeline, Step
from pipeline_optimization.pipeline.model.time_slice import QUANTUM, TimeSlice
from pipeline_optimization.types import ErrorRecord

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.model.caching import Plans

__all__ = ["From", "PartOfInput", "build_stages"]


def build_stages(
    pipeline: CompletePipeline[Any, Any],
    alone: frozenset[int],
    codec: Codec,
    home: str = "",
    *,
    caches: Plans | None = None,
    totals: Codec | None = None,
    is_timed: bool = False,
    at_once: int = 1,
    quantum: float = QUANTUM,
) -> Mapping[str, Stage]:
    """Return what runs in a worker, by task name: the stage of the input, and that of each step.

    Args:
        pipeline: The pipeline.
        alone: The numbers of the steps that elements enter one by one.
        codec: Encodes elements between steps.
        home: The directory to which names of files are relative.
        caches: The caches of steps that have one.
        totals: Encodes the totals of the pipeline's end. By default ``codec`` does.
        is_timed: Whether the run limits the time of an item.
        at_once: How many elements a worker awaits at once in a loop of its own, if its orchestrator has no event loop.
        quantum: Seconds after which a bundle's rest goes back, unless elements are awaited.
    """
    runner = StepRunner(pipeline, alone, codec, totals or codec, Calls(pipeline.steps, caches or {}))
    directory = working_directory()
    part, steps = PartOfInput(runner, directory, home, is_timed, quantum), enumerate(pipeline.steps)
    items = {step.name: From(runner, directory, index, step) for index, step in steps}
    stages: dict[str, Stage] = {pipeline.input.task: part, **items, pipeline.delivery: _End(runner, directory)}
    if runner.awaited:
        # These take the places of the stages of the same names in which something is awaited.
        from pipeline_optimization.pipeline.model.awaited_bundles import awaited_stages  # noqa: PLC0415 - asyncio, for such pipelines only

        stages |= awaited_stages(part, items.values(), at_once)
    return stages


@frozen(eq=False, repr=False)
class PartOfInput:
    """Runs a part of the input through the steps. Closing it also closes the resources of all steps."""

    runner: StepRunner
    directory: str
    home: str
    is_timed: bool
    quantum: float

    def __call__(self, data: bytes) -> Bundled:
        passage, contents = self.runner.passage(0, is_item=False), self.contents(data)
        # A bundle that takes longer than the limit of an item is split. So with a limit no bundle works on beyond its quantum.
        if self.is_timed:
            time_slice = TimeSlice(self.quantum)
        else:
            # If much of the input comes after this part, no worker waits for what it gives back.
            quantum = QUANTUM if contents.is_early else self.quantum
            time_slice = TimeSlice(quantum, is_early=contents.is_early, merging=passage.merging)
        with restoring(self.directory):
            for block in self.blocks(contents, passage.outcome, time_slice):
                passage.advance(block, 0)
                time_slice.note(len(block))
            return self.finish(passage, time_slice)

    def contents(self, data: bytes) -> Contents:
        """Return the elements of the part."""
        return decode_contents(data, self.home)

    def blocks(
        self, contents: Contents, outcome: Outcome, time_slice: TimeSlice, most: Callable[[], int] = lambda: sys.maxsize
    ) -> Iterator[Batch]:
        """Yield elements block by block, at most ``most()`` at once, while there is time. Note in the outcome what is left or unreadable."""
        reads, select = contents.reads(), self.runner.pipeline.input.select
        # As soon as the rest is known, nothing more is read. The rest goes back, to be cut for all workers.
        while outcome.rest is None and (read := _next(reads, outcome)) is not None:
            elements, at = select(read.elements), 0
            while at < len(elements) and outcome.rest is None:
                block = elements.part(at, at + min(time_slice.size, most()))
                yield block
                # The block has been through all steps by now, and the time slice has noted it: ``__call__`` does both before it
                # asks for the next block.
                at += len(block)
                outcome.elements += len(block)
                if time_slice.is_over and at < len(elements):
                    # A path ends with the place of the element in its part of the input, where the rest of the bundle
                    # begins.
                    outcome.rest = elements.paths[at][-1]
            invalid, looks = read.damage(outcome.rest)
            outcome.invalid_bytes += invalid
            outcome.looks = outcome.looks or looks
            # The time was over just at the end of a read, so the rest begins behind it.
            if outcome.rest is None and time_slice.is_over:
                outcome.rest = read.rest

    def finish(self, passage: Passage, time_slice: TimeSlice) -> Bundled:
        """Return the outcome of the elements for which there was time, or that their source could not be read."""
        outcome = passage.outcome
        if outcome.unreadable is not None:
            return Outcome(unreadable=outcome.unreadable).to_bundled()
        outcome.seconds = time_slice.seconds
        return passage.finish()

    def close(self) -> None:
        self.runner.calls.close()

    async def close_async(self) -> None:
        await self.runner.calls.close_async()

    def close_thread(self) -> None:
        self.runner.calls.resources.close_thread()


def _next(reads: Iterator[Read], outcome: Outcome) -> Read | None:
    try:
        return next(reads, None)
    except InputError as error:
        outcome.unreadable = (error.source, str(error))
        return None


@frozen(eq=False, repr=False)
class From:
    """Runs one element from a step on."""

    runner: StepRunner
    directory: str
    index: int
    step: Step

    def __call__(self, data: bytes) -> Bundled:
        with restoring(self.directory):
            passage = self.runner.passage(self.index, is_item=True)
            passage.advance(self.runner.element(data), self.index, is_first=True)
            return passage.finish()

    def describe(self, error: BaseException) -> ErrorRecord:
        return failure_of(self.step.plain, error, self.step.spec.permanent)


@frozen(eq=False, repr=False)
class _End:
    """Takes one value to the end of the pipeline, behind all steps."""

    runner: StepRunner
    directory: str

    def __call__(self, data: bytes) -> Bundled:
        if not data:
            raise UnsendableError(
                "its value cannot be kept in a checkpoint, so that it cannot be tried again; start anew for it"
            )
        last = len(self.runner.pipeline.steps)
        with restoring(self.directory):
            passage = self.runner.passage(last, is_item=True)
            passage.advance(Batch.of([self.runner.codec.decode(data)]), last)
            return passage.finish()

    def describe(self, error: BaseException) -> ErrorRecord:
        return describe_error(error, is_permanent=True)
