"""The orders of samples, and the observations of each, before anything is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import define, field, frozen

from pipeline_optimization.benchmarks.inputs import Work
from pipeline_optimization.benchmarks.measuring.messages import Event
from pipeline_optimization.benchmarks.measuring.subject_process import Output
from pipeline_optimization.engine.faults import FaultSettings
from pipeline_optimization.engine.journal import CallRecord
from pipeline_optimization.tasks.retry_settings import RetrySettings

__all__ = ["ExecutionKind", "RawExecution", "RawSample", "SampleOrder"]

ExecutionKind = Literal["cold", "warm", "replay", "known"]


@frozen(kw_only=True)
class SampleOrder:
    """The order to take a sample: of which contender, with which inputs, settings and limits.

    Attributes:
        text: The content of the file ``source``.
        inputs: The inputs, in the order in which they are executed.
        settings: The faults, or None if nothing can wait or fail.
        timeout: Seconds that an execution may take.
        memory_limit: Bytes that the process tree may take.
    """

    work: Work
    kind: str
    source: str
    text: bytes = field(repr=False)
    options: Mapping[str, object]
    arguments: Mapping[str, object] = field(factory=dict)
    inputs: Sequence[tuple[ExecutionKind, bytes]]
    settings: FaultSettings | None
    timeout: float
    hash_seed: int
    workers: int
    measures_memory: bool
    memory_limit: int
    retry: RetrySettings = field(factory=RetrySettings)

    @property
    def repeats_inputs(self) -> bool:
        """Return whether some inputs may be known to the contender. Then more than times is measured."""
        return any(kind in {"replay", "known"} for kind, _ in self.inputs)


@define(kw_only=True)
class RawExecution:
    """One answer as it was seen.

    Attributes:
        wall_ms: The time from sending the input to having received the whole answer.
        delayed_ms: For up to this much of it, the subject or the harness waited for a processor.
        cpu_ms: The processor time of all processes, or None if it was not measured.
        answer: The answer.
        told: What the subject told after it.
        threads: The threads of the subject after it.
        calls: The recorded calls of tasks.
    """

    kind: ExecutionKind
    wall_ms: float
    delayed_ms: float = 0.0
    cpu_ms: float | None = None
    answer: Event
    told: Event
    threads: int = 0
    calls: Sequence[CallRecord] = ()


@define(kw_only=True)
class RawSample:
    """All that was seen of a subject.

    If ``failed`` or ``exit`` say that it broke off, the rest is what came before. ``isolation`` says how what it wrote was kept from others.
    """

    executions: list[RawExecution] = field(factory=list)
    failed: Event | None = None
    phases_ms: dict[str, float] = field(factory=dict)
    exit: str = "0"
    is_ended: bool = False
    too_large: str = ""
    garbled: str = ""
    has_forked: bool = False
    isolation: str = ""
    left_files: list[str] = field(factory=list)
    raised_priority: str = ""
    threads_left: int = 0
    leaked: list[str] = field(factory=list)
    stdout: Output = field(factory=Output)
    stderr: Output = field(factory=Output)
    cpu_s: float | None = None
    cpu_wall_s: float = 0.0
    cpu_method: str = ""
    memory_peak_mib: float | None = None
    memory_growth_mib: float | None = None
    memory_upper_mib: float | None = None
    memory_method: str = ""
    memory_series: list[tuple[float, float]] = field(factory=list)
    cpu_series: list[tuple[float, float]] = field(factory=list)
    processes: int = 0
    control_ms: float = 0.0
    load1: float = 0.0
    sampler_cpu_s: float = 0.0
    wall_s: float = 0.0
