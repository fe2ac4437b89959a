"""Random pipelines over random texts, and what plain Python makes of them: the result, the failures, and each call's entry in the ledger."""

from __future__ import annotations

import asyncio
import heapq
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from multiprocessing import parent_process
from operator import add
from random import Random
from typing import Any

from attrs import define, field, frozen

import pipeline_functions as f
from pipeline_optimization import Pipeline, task
from pipeline_optimization.ends import Count, Sum
from pipeline_optimization.engine.cutting import CutShort
from pipeline_optimization.engine.faults import FaultSettings, TaskFaults
from pipeline_optimization.engine.tally import hashes_of_positions
from pipeline_optimization.pipeline.model.elements import ElementPath, child, name_of, position
from pipeline_optimization.pipeline.model.steps import CompletePipeline, Step

__all__ = ["Expected", "Failure", "Scenario", "texts_of_files"]

ALPHABET = "abx   "
DEADLY = "d"

FILES = 40
"""Different texts of files: of one that is new, the product waits until a change would show."""

MODULUS = 1 << 128


def doubled(text: str) -> list[str]:
    return [text, text + "b"]


def deadly(text: str) -> str:
    """Kill the worker, if there is one."""
    if DEADLY in text:
        if parent_process() is not None:
            os._exit(1)
        raise CutShort  # the adversary takes it for a death
    return text


@task(failure_rate=0.4, sleep_time=1.0, permanent=(ValueError,))
def far_and_strict(text: str) -> str:
    return f.picky(text)


@task(limit=2)
def limited(text: str) -> str:
    return f.upper(text)


@task(failure_rate=0.4, sleep_time=1.0, limit=3, rate="5/s", burst=2)
def scarce(text: str) -> list[str]:
    return doubled(f.picky(text))


async def turns(text: str) -> None:
    """Await some turns of the event loop, of some texts more than of others."""
    for _ in range(len(text) % 3):
        await asyncio.sleep(0)


async def awaited(text: str) -> str:
    await turns(text)
    return f.picky(text).upper()


async def awaited_words(text: str) -> list[str]:
    await turns(text)
    return f.words(text)


async def awaited_is_long(text: str) -> bool:
    await turns(text)
    return f.is_long(text)


STEPS: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "words": ("flat_map", f.words),
    "letters": ("flat_map", f.letters),
    "doubled": ("flat_map", doubled),
    "upper": ("map", f.upper),
    "is_long": ("filter", f.is_long),
    "picky": ("map", f.picky),
    "strict": ("map", f.strict),
    "flaky": ("map", f.flaky),
    "far": ("map", f.far),
    "far_and_strict": ("map", far_and_strict),
    "limited": ("map", limited),
    "scarce": ("flat_map", scarce),
    "awaited": ("map", awaited),
    "awaited_words": ("flat_map", awaited_words),
    "awaited_is_long": ("filter", awaited_is_long),
}
FREQUENT = [*STEPS, "words", "flaky", "picky", "doubled", "upper"]


def _grouped(values: Sequence[str]) -> dict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    for value in values:
        found[len(value)].append(value)
    return dict(sorted(found.items()))


ENDS: Mapping[str, tuple[Callable[[Any], CompletePipeline[Any, Any]], Callable[[Sequence[Any]], object]]] = {
    "count": (lambda steps: steps.count(), lambda values: dict(Counter(values))),
    "collect": (lambda steps: steps.collect(), list),
    "top": (lambda steps: steps.top(3), lambda values: sorted(values, reverse=True)[:3]),
    "longest": (lambda steps: steps.top(2, len), lambda values: heapq.nlargest(2, values, key=len)),
    "sum": (lambda steps: steps.map(len).sum(), sum),
    "halves": (lambda steps: steps.map(len).map(f.half).sum(), sum),
    "reduce": (lambda steps: steps.map(len).reduce(f.nothing, add, add), sum),
    "group": (
        lambda steps: steps.group(len, Count()),
        lambda values: {size: dict(Counter(members)) for size, members in _grouped(values).items()},
    ),
    "sums": (
        lambda steps: steps.group(len, Sum(len)),
        lambda values: {size: size * len(members) for size, members in _grouped(values).items()},
    ),
}
"""What ends a pipeline, and what plain Python makes of the values."""


@frozen
class Scenario:
    """What a seed stands for."""

    seed: int
    kind: str
    lines: Sequence[str]
    steps: Sequence[str]
    end: str
    profile: str
    attempts: int
    chunk_size: int
    slots: int
    loss_rate: float
    stops: Sequence[int]
    crashes: bool

    @classmethod
    def of(cls, seed: int) -> Scenario:
        random = Random(seed)
        steps = [random.choice(FREQUENT) for _ in range(random.choice([0, 1, 2, 2, 3, 3, 4]))]
        loss_rate = random.choice([0.0, 0.0, 0.2, 0.6])
        has_deaths = random.random() < 0.25
        if has_deaths:
            steps.insert(random.randint(0, len(steps)), "deadly")
        kind = random.choice(["text", "file", "values"])
        alphabet = ALPHABET + DEADLY if has_deaths else ALPHABET
        lines = _lines(Random(seed % FILES) if kind == "file" else random, alphabet)
        is_stopped = kind != "values" and random.random() < (0.5 if has_deaths else 0.25)
        latest = 60 if has_deaths else 12  # it takes a while until a bundle is split, and its killer is given up
        return cls(
            seed=seed,
            kind=kind,
            lines=lines,
            steps=steps,
            end=random.choice(list(ENDS)),
            profile=random.choice(["none", "exercise", "heavy"]),
            attempts=random.choice([1, 2, 3, 5, 5, 30]),
            chunk_size=random.choice([1, 3, 10, 1000]),
            slots=random.choice([1, 2, 5, 50]),
            loss_rate=loss_rate,
            stops=[random.randint(0, latest) for _ in range(random.choice([1, 1, 3]))] if is_stopped else [],
            crashes=random.random() < 0.5,
        )

    @property
    def text(self) -> str:
        return _text(self.lines)

    @property
    def faults(self) -> FaultSettings:
        return FaultSettings(profile=self.profile, seed=self.seed)

    def build(self) -> CompletePipeline[Any, Any]:
        beginning = Pipeline(f"generated-{self.seed}")
        pipeline: Any = beginning.values(str) if self.kind == "values" else beginning.lines()
        for name in self.steps:
            kind, function = ("map", deadly) if name == "deadly" else STEPS[name]
            pipeline = getattr(pipeline, kind)(function)
        return ENDS[self.end][0](pipeline)

    def elements(self) -> Iterator[tuple[ElementPath, str]]:
        """Yield the elements of the input, known by their places."""
        before = 0
        for number, line in enumerate(self.lines):
            yield (0, number if self.kind == "values" else before), line
            before += len(line) + 1


def texts_of_files() -> Iterator[str]:
    """Yield the texts of all scenarios with files."""
    for alphabet in (ALPHABET, ALPHABET + DEADLY):
        yield from (_text(_lines(Random(number), alphabet)) for number in range(FILES))


def _text(lines: Sequence[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _lines(random: Random, alphabet: str) -> list[str]:
    return ["".join(random.choice(alphabet) for _ in range(random.randint(0, 6))) for _ in range(random.randint(0, 7))]


Failure = tuple[str, str, bool]
"""An item, its error, and whether it is poison."""


@define
class Expected:
    """What plain Python makes of a scenario: no bundles, no workers, no engine."""

    scenario: Scenario
    values: list[Any] = field(factory=list)
    failures: Counter[Failure] = field(factory=Counter)
    entries: int = 0
    ledger: int = 0

    @classmethod
    def of(cls, scenario: Scenario) -> Expected:
        expected = cls(scenario)
        pipeline = scenario.build()
        walk = _Walk(expected, pipeline.steps)
        for path, value in scenario.elements():
            walk.through([(path, value)], 0, who=pipeline.input.task)
        return expected

    @property
    def result(self) -> object:
        return ENDS[self.scenario.end][1](self.values)

    @property
    def elements(self) -> int:
        """How many elements the input has, those that kill included."""
        return len(self.scenario.lines)

    @property
    def digest(self) -> str:
        return f"{self.ledger % MODULUS:032x}"

    def enter(self, task: str, path: ElementPath, number: int, outcome: str) -> None:
        self.entries += 1
        self.ledger += hashes_of_positions(task, position(path), 1, number, outcome)


Call = tuple[Step, ElementPath, int, str]
Placed = tuple[ElementPath, Any]


class _Walk:
    """Follows elements through the steps, as far as one worker takes them together, and then each alone."""

    def __init__(self, expected: Expected, steps: Sequence[Step]) -> None:
        self.expected = expected
        self.scenario = expected.scenario
        self.steps = steps
        tasks: Mapping[str, TaskFaults] = {step.name: step.spec.faults for step in steps}
        self.plan = self.scenario.faults.plan(tasks)

    def is_alone(self, index: int) -> bool:
        step = self.steps[index]
        faults = step.spec.faults
        if self.scenario.profile != "none" and (faults.failure_rate > 0 or faults.sleep_time > 0):
            return True
        return any(near.spec.quota is not None for near in self.steps[max(0, index - 1) : index + 1])

    def through(self, elements: Sequence[Placed], first: int, *, who: str) -> None:
        """Take what one element became through further steps. ``who`` is the item that is poison if a worker dies."""
        calls: list[Call] = []
        alone: list[tuple[int, Placed, bool]] = []
        reached: list[str] = []
        try:
            self._segment(elements, first, calls, alone, reached)
        except CutShort:
            self.expected.failures[who, "WorkerLost", True] += 1
            return
        for step, path, number, outcome in calls:
            self.expected.enter(step.name, path, number, outcome)
        self.expected.values += reached
        for index, placed, has_failed in alone:
            self._alone(index, placed, has_failed=has_failed)

    def _segment(
        self,
        elements: Sequence[Placed],
        first: int,
        calls: list[Call],
        alone: list[tuple[int, Placed, bool]],
        reached: list[str],
    ) -> None:
        for index, step in enumerate(self.steps[first:], start=first):
            if self.is_alone(index):
                alone += [(index, placed, False) for placed in elements]
                return
            passed: list[Placed] = []
            for path, value in elements:
                try:
                    passed += outputs(step, path, value)
                except ValueError:
                    alone.append((index, (path, value), True))
                else:
                    calls.append((step, path, 1, "ok"))
            elements = passed
        reached += [value for _, value in elements]

    def _alone(self, index: int, placed: Placed, *, has_failed: bool) -> None:
        step, (path, value) = self.steps[index], placed
        who = f"{step.name}:{name_of(path)}"
        error = "ValueError"
        for number in range(1, self.scenario.attempts + 1):
            if (number == 1 and has_failed) or not self.plan.draw(step.name, name_of(path), number).fails:
                try:
                    passed = list(outputs(step, path, value))
                except CutShort:
                    self.expected.failures[who, "WorkerLost", True] += 1
                    return
                except ValueError as failure:
                    error = "ValueError"
                    is_permanent = isinstance(failure, step.spec.permanent)
                else:
                    self._go_on(step, path, number, passed, index, who)
                    return
            else:
                error, is_permanent = "InjectedFault", False
            self.expected.enter(step.name, path, number, error)
            if is_permanent:
                break
        self.expected.failures[who, error, False] += 1

    def _go_on(self, step: Step, path: ElementPath, number: int, passed: list[Placed], index: int, who: str) -> None:
        before = self.expected.failures.copy()
        self.through(passed, index + 1, who=who)
        if self.expected.failures[who, "WorkerLost", True] == before[who, "WorkerLost", True]:
            self.expected.enter(step.name, path, number, "ok")


def _awaited(coroutine: Coroutine[None, None, Any]) -> Any:
    """Return the result of a coroutine that awaits nothing but turns of the event loop."""
    try:
        while True:
            coroutine.send(None)
    except StopIteration as end:
        return end.value


def outputs(step: Step, path: ElementPath, value: Any) -> Iterable[Placed]:
    """Return what a step makes of one element."""
    result = step.plain(value)
    if step.is_async:
        result = _awaited(result)
    if step.kind == "map":
        return [(path, result)]
    if step.kind == "filter":
        return [(path, value)] if result else []
    return [(child(path, number), one) for number, one in enumerate(result)]
