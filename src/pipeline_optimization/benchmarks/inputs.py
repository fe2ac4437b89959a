"""The harness's knowledge of the work: an input, whether an answer is right, and what calls of tasks prove.

Words, stages and oracles are not known here, but in ``benchmarks.anagrams``. Users' own pipelines are in ``benchmarks.pipelines``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from attrs import field, frozen

from pipeline_optimization.benchmarks.results import Problem
from pipeline_optimization.engine.faults import FaultPlan, FaultSettings
from pipeline_optimization.engine.journal import CallRecord

__all__ = ["BenchmarkCase", "Evidence", "Input", "Work"]


@frozen(kw_only=True)
class Evidence:
    """The evidence that the calls of an execution give.

    Attributes:
        calls: How many calls there were.
        recovered: How many items failed and then succeeded.
        exhausted: How many items never succeeded.
        predicted: Whether every item that was called for succeeded in the end.
        missing: Sentences about work without a successful call.
        disorder: A sentence about a call that came before its own input was there, or empty.
        failed_items: The items that never succeeded.
        floor: Seconds of the longest chain of drawn latencies, with any number of workers.
        overshoot: By how many seconds calls took longer than was drawn, in total.
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
    """One input, and its right answer."""

    @property
    def data(self) -> bytes:
        """Return the bytes that are sent to the measured process."""
        ...

    @property
    def size(self) -> int:
        """Return how many words or elements it has, which throughput counts."""
        ...

    @property
    def distinct(self) -> int:
        """Return how many of them are different, or 0 if that means nothing."""
        ...

    @property
    def expected_digest(self) -> str:
        """Return the SHA-256 of the right answer."""
        ...

    def judged_by(self, rules: object) -> Input:
        """Return the input with the right answer by a contender's rules. None means the default rules."""
        ...

    def judge(self, answer: Any, *, earlier: Sequence[Any], evidence: Evidence | None) -> Problem | None:
        """Return how an answer is wrong, or None if it is right.

        Args:
            answer: The result of ``Work.read_answer``.
            earlier: Other inputs that the process had before.
            evidence: What its calls prove, or None if nothing can wait or fail.
        """
        ...

    def examine(self, calls: Sequence[CallRecord], settings: FaultSettings) -> Evidence:
        """Compare the calls of an execution with the input and its faults."""
        ...

    def occurrences(self, task: str, key: str) -> int:
        """Return how often an item occurs in the input, or 0 if that is not known. That many calls need no retry."""
        ...


class Work(Protocol):
    """The work that all contenders of a comparison do.

    Attributes:
        noun: What messages call an input.
        call: What messages call the function that gets the input.
        module: A module that is imported in the measured process. Its function ``load`` makes a contender.
        modules: What fork servers import beforehand.
        directories: Directories with files that contenders read. What one contender writes there must not reach the others.
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
        """Put into the cache what samples need. What a sample writes there is lost with the sample."""
        ...

    def fault_plan(self, settings: FaultSettings) -> FaultPlan:
        """Return the faults of the tasks."""
        ...

    def read_answer(self, body: bytes) -> object:
        """Return the answer that the bytes contain. Raises GarbledError if they contain none."""
        ...


@frozen(kw_only=True)
class BenchmarkCase(ABC):
    """A kind of inputs under a profile.

    Attributes:
        name: Its name.
        profile: The profile's name.
        faults: The fault profile.
        latency_scale: The factor of simulated times, 0 if nothing waits.
        workers: The number of workers, if it differs from the comparison's.
        kind: If there are contenders of this kind, only they are measured.
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
        """Return whether all executions have the same input. Then it is not visible which contenders remember its answer."""
        return False

    @property
    @abstractmethod
    def work(self) -> Work:
        """Return what contenders do in it."""

    @abstractmethod
    def fresh_input(self, *parts: object, is_cold: bool = False) -> Input:
        """Return an input that depends only on the parts (seed, round, execution). ``is_cold``: it is the first input of a process."""

    @abstractmethod
    def known_input(self) -> Input | None:
        """Return an input that contenders may know beforehand, if there is one."""
