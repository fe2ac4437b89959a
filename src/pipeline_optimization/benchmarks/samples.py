"""What was seen of one fresh process, as plain records: its executions, and what was wrong.

Times are in milliseconds unless a name says otherwise, memory in MiB, moments in seconds since the run began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import field, frozen

__all__ = ["NAMESPACE", "Execution", "Point", "Problem", "Sample", "SampleKind"]

NAMESPACE = "mount namespace"
"""How samples are isolated at best (``Sample.isolation``); anything else says why it is weaker."""

SampleKind = Literal["warm_up", "timed", "memory", "probe"]
"""Why a sample was taken: to fill caches, for its times, for its memory, or to see whether answers are remembered."""

Point = tuple[float, float]


@frozen(kw_only=True)
class Problem:
    """A fault of a contender (``problems.PROBLEMS``) with the facts of this occurrence."""

    code: str
    text: str = ""


@frozen(kw_only=True)
class Execution:
    """One call of ``process_text``.

    ``error`` is the type of what it raised, else empty. ``predicted`` says whether the draws that the call asked for
    let it succeed; None where no fault can be injected. ``floor_ms`` is the longest chain of simulated latency that
    no concurrency can shorten. ``startup_ms`` is what the contender says that its workers took to be ready, if it says so.
    ``calls`` are calls of stages; of their items ``recovered`` failed and then succeeded, ``exhausted`` never did.
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

    CPU seconds and the wall time they relate to cover the warm executions. ``memory_*`` are None outside memory
    rounds. ``retry`` has what was seen to decide on retries, as in ``ContenderRecord``. ``sampler_cpu_s`` is what the harness itself used while executions ran. ``exit`` is ``0``, another exit code,
    the name of a signal, ``timeout``, or ``out of memory``. ``notes`` are facts that do not change the verdict.
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
