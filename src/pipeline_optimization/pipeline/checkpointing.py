"""Keeps a run's finished items, so that a later run goes on where this one ended, whatever ended it."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import evolve

from pipeline_optimization.checkpoint import CheckpointStore, Failure, FileSpan
from pipeline_optimization.engine.interruption import uninterrupted
from pipeline_optimization.engine.tally import FailedItem, Tally
from pipeline_optimization.engine.work import Item
from pipeline_optimization.errors import CheckpointError
from pipeline_optimization.pipeline.job import KeptWorkload
from pipeline_optimization.pipeline.plan import SEED, RunPlan
from pipeline_optimization.shell_quoting import quoted
from pipeline_optimization.sources import UTF_8, FileSource, Source, identify, name_of_time
from pipeline_optimization.types import ErrorRecord

__all__ = ["CheckpointedWorkload", "run_facts", "run_remedies"]


SINK = "the sink"
"""The name of the sink among the facts of a checkpoint. The sink's options are not kept, because they may hold a password."""

SAME_SINK = "Send the rows to the same place, with --output FILE or --sink NAME and its options, or start anew with another checkpoint."


def run_facts(plan: RunPlan[Any], sources: Sequence[Source], job: Mapping[str, str]) -> Mapping[str, str]:
    """Return what a run's results depend on, by its name for people: its input, the facts of its ``job``, and its own options.

    How the work is executed, such as by which orchestrator, is not among these facts.
    """
    options, faults = plan.options, plan.faults
    facts = {
        **identify(sources),
        **job,
        "the chunk size": str(options.chunk_size),
        "reading": "in the workers" if plan.executor.capabilities.shared_files else "in the parent",
        "the kind of run": "without faults" if faults.is_calm else f"with faults ({options.faults.identity})",
    }
    if plan.sink is not None:
        facts |= {SINK: plan.sink.name}
    if options.encoding != UTF_8:
        facts |= {"the encoding": options.encoding}
    if not faults.is_calm:
        facts |= {SEED: str(faults.seed), "the test case": faults.case or "none"}
    return facts


def run_remedies(sources: Sequence[Source]) -> Mapping[str, str]:
    """Return what to do about facts that may differ although the results would be the same."""
    return {SINK: SAME_SINK} | {
        name_of_time(number, source): "If nothing else has changed, set it back and go on: "
        f"touch -d '{{was}}' {quoted(source.path)}. Otherwise start anew with another file."
        for number, source in enumerate(sources, start=1)
        if isinstance(source, FileSource)
    }


class CheckpointedWorkload:
    """Puts each result into a checkpoint before it counts, and hands out only items that are not in the checkpoint yet.

    The results of finished items go through ``accept`` of the inner workload, as new results do. So their follow-up items are found again. If a
    workload sums up its results, the checkpoint keeps the sum instead of each result. Items that failed for good are not handed out again, except
    with ``retries_failed``, or if the failure stopped its run. A bundle that an earlier run has split is replaced by its pieces, to which all
    this applies as well.

    Attributes:
        store: The checkpoint.
        resumed: How many finished items were found in it.
        failed: The items that an earlier run gave up and this run does not try.
    """

    def __init__(
        self,
        workload: KeptWorkload,
        store: CheckpointStore,
        *,
        retries_failed: bool,
        kept: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self._workload = workload
        self.store = store
        self._retries_failed = retries_failed
        self._kept = kept
        self._sums_up = workload.snapshot() is not None
        self._is_sum_stale = False
        self.resumed = 0
        self.failed = Tally()
        total = store.stored_sum()
        if total is not None:
            with self._plausible():
                workload.restore(total)

    def items(self) -> Iterator[Item]:
        return self._unfinished(self._workload.items())

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        """Keep a result with its item's identity. Return the items that the result makes possible."""
        # The workload comes first: if it refuses the result, nothing of the result is kept.
        follow_ups = self._workload.accept(item, result)
        self.store.put(
            item.task,
            item.id,
            self._workload.content(item),
            None if self._sums_up else self._kept(result),
            self._span(item),
        )
        self._is_sum_stale = self._sums_up
        return self._unfinished(follow_ups)

    def _unfinished(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items that must run. The results of finished items are accepted instead, in the order in which the items come."""
        for item in items:
            found = self.store.find(item.task, item.id, self._workload.content(item))
            if found is None:
                if (failure := self._failure_of(item)) is None:
                    yield from self._whole_or_pieces(item)
                elif self._retries_failed or failure.stopped_run:
                    yield self._noting_split(evolve(item, first_attempt=_next_attempt(failure), first_error=None))
                else:
                    self._report(item, failure)
                continue
            self.resumed += 1
            with self._plausible():
                # An item without a result of its own is in the sum. In a run that keeps no sum it would be missing. In
                # a run that keeps one, an item with a result would be counted twice.
                if (found.result is None) != self._sums_up:
                    raise ValueError("a result is not where its kind of run keeps it")
                follow_ups: Iterable[Item] = ()
                if found.result is not None:
                    # A signal may interrupt the engine while it reads items. A result must not be torn.
                    with uninterrupted():
                        follow_ups = self._workload.accept(item, found.result)
            yield from self._unfinished(follow_ups)

    def _whole_or_pieces(self, item: Item) -> Iterator[Item]:
        """Yield an item that has not ended, or what is left of its pieces if an earlier run has split it."""
        if item.split is not None and self.store.is_split(item.task, item.id, self._workload.content(item)):
            yield from self._unfinished(item.split() or ())
        else:
            yield self._noting_split(item)

    def _noting_split(self, item: Item) -> Item:
        """Return an item whose pieces will be found again, if it is split. Pieces that have ended are not handed out."""
        split = item.split
        if split is None:
            return item

        def noted() -> Iterable[Item] | None:
            pieces = split()
            if pieces is None:
                return None
            self.store.put_split(item.task, item.id, self._workload.content(item))
            return self._unfinished(pieces)

        return evolve(item, split=noted)

    def _failure_of(self, item: Item) -> Failure | None:
        return self.store.find_failure(item.task, item.id, self._workload.content(item), is_bundle=item.is_bundle)

    def _report(self, item: Item, failure: Failure) -> None:
        if item.on_failure is not None:
            item.on_failure()  # so that it is counted as in its own run
        self.failed.add_failed(
            FailedItem(
                item=failure.name,
                task=item.task,
                error=ErrorRecord(type=failure.error, message=failure.message),
                attempts=failure.attempts,
                place=failure.place,
                is_poison=failure.is_poison,
            )
        )

    def quarantine(self, item: Item, failed: FailedItem, *, stopped_run: bool = False) -> None:
        """Keep the failure of an item, and whether it stopped the run."""
        failure = Failure(
            name=failed.item,
            place=failed.place,
            error=failed.error.type,
            message=failed.error.message,
            attempts=failed.attempts,
            is_poison=failed.is_poison,
            stopped_run=stopped_run,
        )
        self.store.put_failure(item.task, item.id, self._workload.content(item), failure)

    def commit(self) -> bool:
        """Make safe what was finished since the last commit. Return whether there was anything."""
        if self._is_sum_stale:
            total = self._workload.snapshot()
            assert total is not None
            self.store.put_sum(total)
            self._is_sum_stale = False
        return self.store.commit()

    def _span(self, item: Item) -> FileSpan | None:
        span = self._workload.span(item)
        return None if span is None else FileSpan(os.fsencode(span.path), span.start, span.stop)

    @contextmanager
    def _plausible(self) -> Iterator[None]:
        try:
            yield
        except (ArithmeticError, LookupError, ValueError, struct.error) as error:
            # Its checksum is right, so it is as it was written, but not by a run like this one.
            raise CheckpointError(
                f"The checkpoint {self.store.path!r} holds a result that no run wrote ({error}). Start anew with "
                "another file.",
                path=self.store.path,
            ) from error


def _next_attempt(failure: Failure) -> int:
    """Return the number of the next attempt. Repeating the old numbers would draw the same faults again.

    An attempt that was lost with its worker has no outcome, so it is made again under its number.
    """
    return failure.attempts if failure.is_poison else failure.attempts + 1
