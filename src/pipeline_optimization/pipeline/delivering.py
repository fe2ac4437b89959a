"""Delivers the rows of a result to a sink, each exactly once. Only runs with a sink import this module.

Before a delivery, the checkpoint notes which items it contains. With its rows, the sink commits the delivery's number. If the run dies, both together
tell what must be done again (``DeliveryLog.settle``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define, evolve, field

from pipeline_optimization.checkpoint import DeliveryLog
from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.work import Item, ItemState, Retrying
from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.errors import AnagramError, RefusedRowsError, SinkError
from pipeline_optimization.foreign_code import ForeignCodeError, call_foreign
from pipeline_optimization.pipeline.job import Outbox, Parcel
from pipeline_optimization.pipeline.plan import RunPlan
from pipeline_optimization.types import ErrorRecord, Row

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.absent import NoCheckpoint
    from pipeline_optimization.pipeline.destinations import Destination
    from pipeline_optimization.pipeline.run_checkpoint import RunCheckpoint

__all__ = ["Delivering", "delivering"]

SHARE = 0.02
"""The share of a run's time that deliveries may take before they are full."""

R = TypeVar("R")


@contextmanager
def delivering(
    plan: RunPlan[Any], outbox: Outbox, checkpoint: RunCheckpoint | NoCheckpoint, engine: Engine, clock: Clock
) -> Iterator[Delivering]:
    """Open the plan's sink for a run, and close it at the end, even after an error. Raises SinkError and CheckpointError."""
    assert plan.sink is not None
    one = Delivering(plan, plan.sink, outbox, checkpoint, engine, clock)
    one.open()
    is_complete = False
    try:
        yield one
        is_complete = engine.stop is None
    except BaseException:
        one.abandon()
        raise
    one.close(is_complete=is_complete)


@define(eq=False)
class Delivering:
    """The deliveries of one run."""

    plan: RunPlan[Any]
    destination: Destination
    outbox: Outbox
    checkpoint: RunCheckpoint | NoCheckpoint
    engine: Engine
    clock: Clock
    _log: DeliveryLog | None = field(init=False, default=None)
    _number: int = field(init=False, default=0)
    _begun: float = field(init=False, default=0.0)
    _spent: float = field(init=False, default=0.0)

    @cached_property
    def _retrying(self) -> Retrying:
        faults = self.plan.faults
        return Retrying(self.plan.retry.build(), seed=faults.seed, case=faults.case)

    def open(self) -> None:
        """Open the sink, and compare its last delivery with the checkpoint's."""
        log = self._log = self.checkpoint.deliveries()
        last: object = self._call(self.destination.sink.open, None if log is None else log.run)
        if not isinstance(last, int) or last < 0:
            self.abandon()
            raise SinkError(
                f"The sink {self.destination.name!r} said that its last delivery is {last!r}. open() must return a number."
            )
        try:
            if log is not None:
                log.settle(last)
                self.checkpoint.commit(at_once=True)
                self.outbox.delivered = log.rows
        except BaseException:
            self.abandon()
            raise
        self._number = last
        self._begun = self.clock.now()

    def commit(self, *, at_once: bool = False) -> bool:
        """Deliver the rows that wait, and make them safe. Return whether the checkpoint has anything new.

        Unless ``at_once``, rows wait while deliveries have taken too much of the run's time, as long as there are not too many.
        """
        begun = self.clock.now()
        is_due = at_once or (self.checkpoint.is_due and self._spent <= SHARE * (begun - self._begun))
        if not (is_due or self.outbox.is_full):
            return False
        parcels = self.outbox.take()
        if not parcels:
            return self.checkpoint.commit(at_once=at_once)
        self._deliver(parcels)
        self._spent += self.clock.now() - begun
        return self._log is not None

    def close(self, *, is_complete: bool) -> None:
        self._call(self.destination.sink.close, is_complete=is_complete)
        if self._log is not None:
            self._log.confirm()
            self.checkpoint.commit(at_once=True)

    def abandon(self) -> None:
        """Close the sink of a run that has failed. Errors of closing are ignored, because the first error counts."""
        try:
            call_foreign(self.destination.sink.close, is_complete=False)
        except ForeignCodeError:
            return

    def _deliver(self, parcels: Sequence[Parcel]) -> None:
        number = self._number + 1
        while rows := [row for parcel in parcels for row in parcel.rows]:
            if self._log is not None:
                # The checkpoint knows of the delivery before the sink gets it. Whenever the run dies, the next one can
                # ask the sink for its last number, and knows whether these rows must be delivered again.
                self._log.intend(number, len(rows))
                self.checkpoint.commit(at_once=True)
            try:
                self._insist(number, rows)
            except RefusedRowsError as error:
                # The sink has committed none of the rows, so the others are delivered under the same number.
                parcels = self._refuse(parcels, self._sound(error, len(rows)))
                continue
            self._number = number
            self.outbox.delivered += len(rows)
            return
        if self._log is not None:
            # Every row was refused, so there is no delivery with this number.
            self._log.withdraw()
            self.checkpoint.commit(at_once=True)

    def _insist(self, number: int, rows: Sequence[Row]) -> None:
        """Make a delivery. Repeat it while the sink says that this may help, as the run's retry policy allows."""
        state = ItemState(item=Item(id=str(number), task="sink"), earliest=0.0)
        while True:
            try:
                return self._call(self.destination.sink.deliver, number, rows)
            except SinkError as error:
                record = ErrorRecord(type="SinkError", message=str(error))
                delay = self._retrying.next_delay(state, record, self.clock.now()) if error.is_transient else None
                if delay is None:
                    raise
                self.clock.sleep(delay)

    def _refuse(self, parcels: Sequence[Parcel], refused: Mapping[int, str]) -> list[Parcel]:
        """Let each element of a refused row fail for good, and return the parcels without them."""
        left, first = [], 0
        for parcel in parcels:
            bad = [at for at in range(len(parcel.rows)) if first + at in refused]
            if bad:
                alone = self.outbox.alone(parcel, bad)
                self._part(parcel, alone)
                for at, item in zip(bad, alone, strict=True):
                    self._fail(item, refused[first + at], is_new=item.name != parcel.item.name)
            good = sorted(set(range(len(parcel.rows))).difference(bad))
            left.append(parcel._replace(rows=[parcel.rows[at] for at in good], ids=[parcel.ids[at] for at in good]))
            first += len(parcel.rows)
        return left

    def _part(self, parcel: Parcel, alone: Sequence[Item]) -> None:
        """Note in the checkpoint that some rows of an item are not finished with it, but are items of their own."""
        item = parcel.item
        if self._log is None:
            return
        if [one.name for one in alone] == [item.name]:
            self._log.remove(item.task, item.id)  # the item is one of these already
            return
        self._log.replace(item.task, item.id, self.outbox.parted(self._log.result_of(item.task, item.id), alone))

    def _fail(self, item: Item, message: str, *, is_new: bool) -> None:
        tally, state = self.engine.tally, ItemState(item=evolve(item, size=0), earliest=0.0)
        error = ErrorRecord(type="RefusedRow", message=message, is_permanent=True)
        if is_new:
            tally.of(item.task).items += 1
            tally.record(item, state.number, error.type)
        else:
            tally.take_back_end()
        tally.of(item.task).errors[error.type] += 1
        self.engine.give_up(state, error, is_poison=False)

    def _sound(self, error: RefusedRowsError, rows: int) -> Mapping[int, str]:
        """Return the reasons by row. Raises SinkError if the sink names no row, or a row that it was not given."""
        if not error.refused or not set(error.refused) <= set(range(rows)):
            raise SinkError(
                f"The sink {self.destination.name!r} refused the rows {sorted(error.refused)} of {rows}. It must name at least one that it was given."
            ) from error
        return error.refused

    def _call(self, function: Callable[..., R], *args: Any, **options: Any) -> R:
        """Call the sink. Its AnagramErrors and MemoryError are raised as they are, and any other exception as SinkError."""
        try:
            return call_foreign(function, *args, **options)
        except ForeignCodeError as error:
            raised = error.raised
        if isinstance(raised, AnagramError | MemoryError):
            raise raised
        raise SinkError(f"The sink {self.destination.name!r} failed: {describe_with_place(raised)}.") from raised
