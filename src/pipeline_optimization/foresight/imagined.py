"""The items of a foreseen run, as the engine consumes them, and what each of their attempts takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import define, evolve, field

from pipeline_optimization.engine.wire import Answer, decode_call, encode_answer
from pipeline_optimization.engine.work import Item
from pipeline_optimization.foresight.awaiting import awaited
from pipeline_optimization.foresight.bundle_pace import BundlePace
from pipeline_optimization.foresight.draws import FAILURE, Draws
from pipeline_optimization.foresight.machine import Call
from pipeline_optimization.foresight.progress import VALUES
from pipeline_optimization.foresight.work import FollowUp, TaskWork, WorkModel
from pipeline_optimization.pipeline.model.time_slice import MOST_PIECES, QUANTUM, elements_for_a_slice
from pipeline_optimization.types import Attempt, ErrorRecord
from pipeline_optimization.types.durations import Durations

__all__ = ["ImaginedWork"]

UNKNOWN_ERROR = "Exception"
"""The type of failures of which nobody knows the error: every policy but ``none`` tries them again."""


@define(eq=False)
class ImaginedWork:
    """The workload of a model. What attempts take is drawn by item and number of the attempt, so it is the same for every orchestrator.

    ``progress`` is how much is done at which time, as ``now`` tells it if it is given: the seconds that finished elements should take on average,
    or how many attempts gave a result if no task takes time. ``awaiting`` are the seconds for which each element of a bundle
    that awaits keeps its thread busy besides. ``quantum`` is after how many seconds an attempt gives the rest of another bundle back.
    """

    model: WorkModel
    draws: Draws
    now: Callable[[], float] | None = None
    awaiting: float = 0.0
    quantum: float = QUANTUM
    progress: list[tuple[float, float]] = field(factory=list)
    _errors: Mapping[str, _Errors] = field(init=False)
    _times: Mapping[str, Sequence[Callable[[float], float]]] = field(init=False)
    _paces: Mapping[str, BundlePace] = field(init=False)
    _made: dict[FollowUp, float] = field(factory=dict)
    _numbers: dict[str, int] = field(factory=dict)
    _takes_time: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._times = {
            name: [_drawing(times) for times in (task.wait, task.compute, task.blocked)]
            for name, task in self.model.tasks.items()
        }
        self._paces = {
            name: BundlePace(task.wait, task.compute, task.blocked, self.quantum, task.together, task.spread)
            for name, task in self.model.tasks.items()
            if task.is_bundled
        }
        self._errors = {name: _Errors.of(name, task) for name, task in self.model.tasks.items()}
        self._takes_time = any(task.seconds for task in self.model.tasks.values())

    def items(self) -> Iterator[Item]:
        """Yield the items of the source."""
        model, source = self.model, self.model.tasks[self.model.source]
        number = model.items
        if model.source == VALUES and self.quantum < QUANTUM and not source.is_awaited:
            number = max(number, -(-model.elements // elements_for_a_slice(source.seconds)))
        yield from self._parts(model.source, model.elements, number)

    def accept(self, item: Item, result: bytes) -> Iterator[Item]:
        """Note what is done. Return what finished elements make possible, and the rest of a bundle."""
        done = int(result)
        if self.now is not None:
            before = self.progress[-1][1] if self.progress else 0.0
            more = done * self.model.tasks[item.task].seconds if self._takes_time else 1.0
            self.progress.append((self.now(), before + more))
        return self._made_possible(item, done)

    def _made_possible(self, item: Item, done: int) -> Iterator[Item]:
        rest = item.weight - done
        for one in self.model.tasks[item.task].follow_ups:
            yield from self._follow_ups(one, done)
        if rest:
            yield from self._parts(item.task, rest, min(MOST_PIECES, max(1, -(-rest // done))))

    def call_of(self, attempt: Attempt, rate: float, places: int) -> Call:
        """Return what an attempt takes, where one that computes has the ``rate`` of a core, and ``places`` elements are awaited at once."""
        asked = decode_call(attempt.payload)
        task = self.model.tasks[asked.task]
        draws = self.draws.of(asked.task, int(asked.fault_key), asked.number)
        elements = int(asked.data)
        if task.is_bundled:
            pace = self._paces[asked.task]
            wait, compute, blocked = pace.at(draws[0], elements, places)
            if task.is_awaited:
                times = (wait, compute + self.awaiting, blocked)
                call, elements = _awaiting(times, elements, rate, places, spread=pace.spread, share=draws[1])
            else:
                elements = pace.taken((wait, compute / rate, blocked), elements)
                wait = wait * elements
                call = Call(wait, blocked * elements, compute * elements)
        else:
            wait, compute, blocked = (at(draw) for at, draw in zip(self._times[asked.task], draws, strict=False))
            call = Call(wait, blocked, compute)
        error = self._errors[asked.task].at(draws[4]) if draws[FAILURE] < task.failure_rate else None
        # What no number of workers makes shorter: with a place for each, elements that are awaited wait all at once.
        took = wait + call.compute + call.blocked
        answer = Answer(result=b"%d" % elements, error=error, latency=took, seconds=took)
        call.moved, call.answer = task.bytes_moved, lambda: encode_answer(answer)
        return call

    def _parts(self, task: str, elements: int, number: int) -> Iterator[Item]:
        """Yield as many items as ``number`` says, which have all elements together, and about as many each."""
        for left in range(number, 0, -1):
            part = elements // left
            elements -= part
            yield self._item(task, part)

    def _follow_ups(self, one: FollowUp, done: int) -> Iterator[Item]:
        # The sum is exact: what is left of a share goes to the next element.
        made = self._made.get(one, 0.0) + one.share * done
        number = int(made + 1e-9)
        self._made[one] = made - number
        for _ in range(number):
            failed = self._errors[one.task].first if one.has_failed else None
            if failed is not None and one.is_permanent:
                failed = evolve(failed, is_permanent=True)
            yield self._item(one.task, 1, failed=failed)

    def _item(self, task: str, elements: int, *, failed: ErrorRecord | None = None) -> Item:
        number = self._numbers[task] = self._numbers.get(task, 0) + 1
        name = str(number)
        return Item(
            id=name,
            task=task,
            fault_key=name,
            data=b"%d" % elements,
            weight=elements,
            size=0,
            position=number,  # the ledger needs no hash for it then
            first_error=failed,
        )


def _awaiting(
    times: tuple[float, float, float], elements: int, rate: float, places: int, *, spread: float, share: float
) -> tuple[Call, int]:
    """Return what an attempt takes that awaits elements at once, each of which waits, computes and is blocked for these seconds, and how many of them it takes.

    The logarithm of their waits has a standard deviation of ``spread``. A ``share`` of attempts has a slowest element that is faster.
    """
    wait, compute, blocked = times
    busy = blocked + compute / rate
    number, seconds = awaited(elements, wait=wait, busy=busy, places=places, spread=spread, share=share)
    call = Call(seconds - number * busy, blocked * number, compute * number)
    call.wanted, call.places = elements, min(places, number)
    call.held = number * (wait + busy) / call.places
    return call, number


def _drawing(times: Durations) -> Callable[[float], float]:
    """Return what draws from a distribution, quickly where it is the same each time."""
    least = times.least
    return times.at if times.most > least else lambda share: least


@define(eq=False)
class _Errors:
    """The errors of a task, by their weights."""

    records: Sequence[ErrorRecord]
    weights: Sequence[float]
    permanent: float

    @classmethod
    def of(cls, name: str, task: TaskWork) -> _Errors:
        named = task.errors or {UNKNOWN_ERROR: 1.0}
        records = [ErrorRecord(type=error, message=f"{name} failed (imagined)") for error in named]
        whole = sum(named.values())
        return cls(records, [weight / whole for weight in named.values()], task.permanent)

    @property
    def first(self) -> ErrorRecord:
        return self.records[0]

    def at(self, share: float) -> ErrorRecord:
        """Return the error at a ``share`` of all failures. Within those of a type, the permanent ones come first."""
        at = 0
        while at < len(self.weights) - 1 and share >= self.weights[at]:
            share -= self.weights[at]
            at += 1
        is_permanent = share < self.weights[at] * self.permanent
        return evolve(self.records[at], is_permanent=True) if is_permanent else self.records[at]
