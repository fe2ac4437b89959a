"""The observations of one fresh process, as plain records: its executions, and its faults.

Times are in milliseconds unless a name says otherwise, memory is in MiB, and moments are in seconds since the run began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import field, frozen

from pipeline_optimization.printable import printable

__all__ = ["NAMESPACE", "Execution", "Point", "Problem", "Sample", "SampleKind"]

NAMESPACE = "mount namespace"
"""The strongest isolation of a sample (``Sample.isolation``). Any other text says why the isolation is weaker."""

SampleKind = Literal["warm_up", "timed", "memory", "probe"]
"""Why a sample was taken: to fill caches, for its times, for its memory, or to see whether answers are remembered."""

Point = tuple[float, float]


@frozen(kw_only=True)
class Problem:
    """A fault of a contender (``problems.PROBLEMS``), with the facts of this occurrence."""

    code: str
    text: str = field(default="", converter=printable)  # it may quote whatever a contender wrote


@frozen(kw_only=True)
class Execution:
    """One call of ``process_text``.

    Attributes:
        kind: The first of its process (``cold``), a later one (``warm``), one with a repeated input (``replay``), or one with a built-in input
            (``known``).
        wall_ms: The time by the harness's clock.
        is_correct: Whether the answer is right.
        words: The words of the input.
        reported_ms: The time that the contender reports.
        startup_ms: How long its workers took to be ready, if the contender tells.
        error: The type of the exception, or empty.
        predicted: Whether the call could succeed, given the draws that it asked for. It is None if no fault can be injected.
        floor_ms: The longest chain of simulated latency, which no concurrency can shorten.
        calls: The calls of stages.
        recovered: The items that failed and then succeeded.
        exhausted: The items that never succeeded.
        overshoot_ms: By how much calls took longer than was drawn, in total.
    """

    kind: Literal["cold", "warm", "replay", "known"]
    wall_ms: float
    is_correct: bool
    words: int
    reported_ms: float | None = None
    startup_ms: float | None = None
    error: str = ""
    predicted: bool | None = None
    floor_ms: float = 0.0
    calls: int = 0
    recovered: int = 0
    exhausted: int = 0
    overshoot_ms: float = 0.0


@frozen(kw_only=True)
class Sample:
    """One fresh process that ran one contender: import, set-up, a cold execution, warm ones, tear-down.

    Attributes:
        started_s: When it was started.
        exit: ``0``, another exit code, the name of a signal, ``timeout``, or ``out of memory``.
        notes: Facts that do not change the verdict.
        cpu_s: CPU seconds of the process tree in the warm executions.
        cpu_wall_s: Seconds that these took.
        memory_peak_mib: The highest memory that was seen. All ``memory_`` figures are None outside memory rounds.
        retry: What decided on retries, as in ``ContenderRecord``.
        control_ms: The time of a fixed piece of work just before, which tells changes of the machine.
        load1: The load average of the last minute.
        sampler_cpu_s: CPU seconds of the harness itself while executions ran.
    """

    contender: str
    case: str
    profile: str
    kind: SampleKind
    round: int
    order_index: int
    started_s: float
    import_ms: float | None = None
    setup_ms: float | None = None
    teardown_ms: float | None = None
    executions: Sequence[Execution] = ()
    problems: Sequence[Problem] = ()
    notes: Sequence[Problem] = ()
    exit: str = "0"
    cpu_s: float | None = None
    cpu_wall_s: float | None = None
    cpu_method: str = ""
    memory_peak_mib: float | None = None
    memory_growth_mib: float | None = None
    memory_upper_mib: float | None = None
    memory_method: str = ""
    isolation: str = ""
    memory_series: Sequence[Point] = ()
    cpu_series: Sequence[Point] = ()
    processes: int = 0
    threads: int = 0
    task_ms_quantiles: Mapping[str, float] = field(factory=dict)
    retry: Sequence[str] = ()
    control_ms: float = 0.0
    load1: float = 0.0
    sampler_cpu_s: float = 0.0
    wall_s: float = 0.0

    @property
    def warm(self) -> list[Execution]:
        return [execution for execution in self.executions if execution.kind == "warm"]
