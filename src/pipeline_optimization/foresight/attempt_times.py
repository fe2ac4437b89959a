"""What an attempt tells of its work: what it waited, was blocked and computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attrs import define, evolve, field, frozen

from pipeline_optimization.engine.wire import Answer
from pipeline_optimization.foresight.unequal import spread_of
from pipeline_optimization.types.events import AttemptEnded
from pipeline_optimization.types.step_time import StepTime

__all__ = ["AttemptTimes", "FirstAttempts", "times_of", "times_of_answer"]


@frozen(kw_only=True)
class AttemptTimes:
    """What an attempt waited, was blocked and computed, in seconds; ``beside`` is what it computed beside its steps, if that is known.

    ``elements`` is how many elements it had, and ``times`` how many attempts it stands for. ``spread`` is by how much their waits differ: the standard
    deviation of their logarithm.
    """

    wait: float
    blocked: float
    compute: float
    beside: float | None
    elements: int
    times: int
    spread: float = 0.0


def times_of(event: AttemptEnded, times: int) -> AttemptTimes:
    """Return what a recorded attempt took that began and ended."""
    assert event.began_ns is not None
    assert event.ended_ns is not None
    took = max(0, event.ended_ns - event.began_ns)
    return _divided(
        took,
        event.waited_ns,
        event.stalled_ns,
        event.latency_ns,
        steps=event.steps,
        elements=event.elements,
        times=times,
    )


def times_of_answer(answer: Answer) -> AttemptTimes:
    """Return what an attempt took, from the answer of a worker that measures times."""
    took, waited, stalled, latency = (
        round(1e9 * seconds) for seconds in (answer.seconds, answer.waited, answer.stalled, answer.latency)
    )
    return _divided(took, waited, stalled, latency, steps=answer.steps, elements=answer.elements, times=1)


def _divided(
    took: int, waited: int, stalled: int, latency: int, *, steps: Sequence[StepTime], elements: int, times: int
) -> AttemptTimes:
    """Return an attempt's nanoseconds by what it did in them.

    Elements that are awaited at once wait each for itself. What such an attempt takes beside their calls is a cost of event loops, measured apart.
    """
    elements = max(1, elements)
    in_steps = sum(step.computed_ns for step in steps)
    stood_still = sum(step.stalled_ns for step in steps)
    awaited = sum(step.waited_ns for step in steps)
    if awaited and elements > 1:
        return AttemptTimes(
            wait=awaited / 1e9,
            blocked=stood_still / 1e9,
            compute=in_steps / 1e9,
            beside=0.0,
            elements=elements,
            times=times,
            spread=_spread(steps, awaited / 1e9 / elements, elements),
        )
    waited = min(took, waited)
    # In an event loop, only blocks of elements tell where functions stood still.
    stalled = min(took - waited, max(stalled, stood_still))
    compute = took - waited - stalled
    # Computing for a simulation never blocks: what stalls beside it is what other programs took.
    is_simulated = latency > waited
    return AttemptTimes(
        wait=waited / 1e9,
        blocked=0.0 if is_simulated else stalled / 1e9,
        compute=compute / 1e9,
        beside=max(0, compute - in_steps) / 1e9 if steps and not latency else None,
        elements=elements,
        times=times,
    )


def _spread(steps: Sequence[StepTime], mean: float, elements: int) -> float:
    """Return by how much the waits of an attempt's elements differ. The slowest element is taken for slow in one of the steps, and usual in the others."""
    beyond = max(step.longest_wait_ns - step.waited_ns / max(1, step.calls) for step in steps) / 1e9
    return spread_of(mean + beyond, mean, elements)


@define
class FirstAttempts:
    """The first attempts of workers, which import what functions need: that is a part of the start, and no work of their elements.

    What the others computed beside their steps tells how much of it was work. Where there are no others, all of it counts.
    """

    _firsts: dict[str, AttemptTimes] = field(factory=dict)
    _beside: float = 0.0
    _elements: int = 0

    def holds_back(self, worker: str, one: AttemptTimes) -> bool:
        """Note an attempt, and return whether it is a worker's first: then it is not to be counted before the end."""
        if one.beside is None:
            return False
        if worker not in self._firsts:
            self._firsts[worker] = one
            return True
        self._beside += one.beside * one.times
        self._elements += one.elements * one.times
        return False

    def take(self) -> Iterator[AttemptTimes]:
        """Yield those that were held back, as far as they were work, and forget them."""
        firsts, self._firsts = self._firsts, {}
        for one in firsts.values():
            assert one.beside is not None
            usual = self._beside / self._elements * one.elements if self._elements else one.beside
            yield evolve(one, compute=one.compute - max(0.0, one.beside - usual))
