"""What contenders are given, as far as the harness knows it: an input, an answer that is right or wrong, and what task calls prove.

Words, stages and oracles are behind this border, in ``benchmarks.anagrams``; users' own pipelines are in ``benchmarks.pipelines``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from attrs import field, frozen

from pipeline_optimization.benchmarks.records import Problem
from pipeline_optimization.engine.faults import FaultPlan, FaultSettings
from pipeline_optimization.engine.journal import CallRecord

__all__ = ["BenchmarkCase", "Evidence", "Input", "Work"]


@frozen(kw_only=True)
class Evidence:
    """What the calls of an execution prove.

    ``missing`` is work without a successful call, as sentences; ``failed_items`` never got through.

    ``disorder`` says what was called before what it works on was there; it is empty where all was in order. ``predicted`` says
    whether every item that was called for got through in the end. ``floor`` is in seconds: the longest chain of drawn latencies,
    whatever runs beside it.
    """

    calls: int
    recovered: int
    exhausted: int
    predicted: bool
    missing: Sequence[str]
    disorder: str
    failed_items: Sequence[str]
    floor: float
    overshoot: float


class Input(Protocol):
    """One input, and what is right for it."""

    @property
    def data(self) -> bytes:
        """Return what is sent to the measured process."""
        ...

    @property
    def size(self) -> int:
        """Return how many words or elements it has: what throughput counts."""
        ...

    @property
    def distinct(self) -> int:
        """Return how many of them are different, 0 where that means nothing."""
        ...

    @property
    def expected_digest(self) -> str:
        """Return the SHA-256 of the right answer."""
        ...

    def judged_by(self, rules: object) -> Input:
        """Return the input with what is right by a contender's rules, None for those that are the default."""
        ...

    def judge(self, answer: Any, *, earlier: Sequence[Any], evidence: Evidence | None) -> Problem | None:
        """Return how an answer is wrong, None where it is right.

        Args:
            answer: What ``Work.read_answer`` made of it.
            earlier: Other inputs that the process had before.
            evidence: What its calls prove, None where nothing can wait or fail.
        """
        ...

    def examine(self, calls: Sequence[CallRecord], settings: FaultSettings) -> Evidence:
        """Hold the calls that an execution made against the input and its faults."""
        ...

    def occurrences(self, task: str, key: str) -> int:
        """Return how often an item stands in the input: that number of calls needs no retry. 0 where that is not known."""
        ...


class Work(Protocol):
    """What all contenders of a comparison do.

    ``module`` is imported in the measured process, where its ``load`` makes a contender; ``modules`` are what fork servers import
    before. ``directories`` hold files that contenders read, and must not change for others. ``noun`` is what problems call an input, and ``call`` what they call the function that is given it.
    """

    @property
    def noun(self) -> str: ...

    @property
    def call(self) -> str: ...

    @property
    def module(self) -> str: ...

    @property
    def modules(self) -> Sequence[str]: ...

    @property
    def directories(self) -> Sequence[str]: ...

    def prepare(self) -> None:
        """Make what samples find in the cache, as what a sample puts there goes with it."""
        ...

    def fault_plan(self, settings: FaultSettings) -> FaultPlan:
        """Return what happens to calls of the tasks."""
        ...

    def read_answer(self, body: bytes) -> object:
        """Return the answer that bytes are. Raises GarbledError where they are none."""
        ...


@frozen(kw_only=True)
class BenchmarkCase(ABC):
    """A kind of inputs under a profile.

    Where there are contenders of ``kind``, only these are measured. ``latency_scale`` is 0 where nothing waits. ``workers`` overrides
    the comparison's.
    """

    name: str
    profile: str
    faults: str
    latency_scale: float
    workers: int | None = None
    kind: Literal["plugin", "file"] | None = field(default=None)

    def is_for(self, kind: str) -> bool:
        """Return whether contenders of a kind are measured in it."""
        return self.kind is None or self.kind == kind

    @property
    def is_calm(self) -> bool:
        """Return whether no task can wait or fail."""
        return self.faults == "none"

    @property
    def repeats_its_input(self) -> bool:
        """Return whether all executions have the same input, so that nothing shows who remembers its answer."""
        return False

    @property
    @abstractmethod
    def work(self) -> Work:
        """Return what contenders do in it."""

    @abstractmethod
    def fresh_input(self, *parts: object, is_cold: bool = False) -> Input:
        """Return an input that depends on the parts (seed, round, execution) and on nothing else.

        ``is_cold``: it is the first of a process.
        """

    @abstractmethod
    def known_input(self) -> Input | None:
        """Return an input that contenders may know beforehand, if there is one."""
