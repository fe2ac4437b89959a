"""Simulated failures and latency: a pure function of seed, case, task, item and attempt.

Stragglers alone depend on the copy of an attempt that runs, too: that one machine is slow says little of another. A call passes
its latency in this process, or, under the harness, in the harness's: the engine's attempts and tasks that are called directly go
this one way.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve, field, frozen

from pipeline_optimization.engine.draws import uniform
from pipeline_optimization.errors import InjectedFault

if TYPE_CHECKING:
    from pipeline_optimization.engine.task_client import TaskClient
    from pipeline_optimization.types.durations import Durations
    from pipeline_optimization.types.fault_profiles import FaultProfile

__all__ = [
    "BUILT_IN_PROFILES",
    "CALM",
    "DEFAULT_LATENCY_SCALE",
    "TASK_SERVER",
    "Draw",
    "FaultPlan",
    "FaultSettings",
    "TaskFaults",
    "fault_key",
    "new_seed",
    "pass_latency",
    "pass_latency_async",
]

BUILT_IN_PROFILES = ("exercise", "heavy", "latency", "none", "tail")
"""The names of the project's own fault profiles."""

DEFAULT_LATENCY_SCALE = 0.05

MAX_KEY = 64

TASK_SERVER = "ANAGRAM_TASK_SERVER"
"""The environment variable that names the socket of the harness that measures this process."""


def new_seed() -> int:
    """Return a seed of 31 bits that nobody can foresee."""
    return int.from_bytes(os.urandom(4), "big") >> 1


def fault_key(argument: str) -> str:
    """Return what fault draws know a task's argument by: itself without case, or a digest where it is long.

    By content, so that the same argument fails alike wherever it comes from and whoever calls the task.
    """
    lowered = argument.lower()
    if len(lowered) <= MAX_KEY:
        return lowered
    return blake2b(lowered.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@frozen
class TaskFaults:
    """How a task misbehaves: the share of calls that fail, the seconds that each call takes, and its stragglers.

    With ``latency``, what a call waits is drawn from it, and ``sleep_time`` and stragglers do not count. ``compute`` is what a call
    keeps its worker's core busy, beyond what its function does. ``errors`` are the names of the exceptions that failures stand for,
    each with its share of them.
    """

    failure_rate: float = 0.0
    sleep_time: float = 0.0
    stragglers: float = 0.0
    slowness: float = 1.0
    latency: Durations | None = None
    compute: Durations | None = None
    errors: tuple[tuple[str, float], ...] = ()

    @property
    def least_time(self) -> float:
        """Return the seconds that no call waits less than."""
        return self.sleep_time if self.latency is None else self.latency.least

    @property
    def is_simulated(self) -> bool:
        """Return whether calls can fail, wait or compute."""
        may_wait = self.sleep_time > 0 if self.latency is None else self.latency.most > 0
        return self.failure_rate > 0 or may_wait or (self.compute is not None and self.compute.most > 0)

    def error_at(self, share: float) -> str:
        """Return the name of the exception that stands at a ``share`` of all failures; empty where none is named."""
        for name, part in self.errors:
            share -= part
            if share < 0:
                return name
        return self.errors[-1][0] if self.errors else ""


class Draw(NamedTuple):
    """What happens to one call: whether it fails, the simulated seconds that it waits, and those that it computes.

    ``error`` is the name of the exception that a failure stands for; empty where the profile names none.
    """

    fails: bool
    latency: float
    compute: float = 0.0
    error: str = ""

    @property
    def time(self) -> float:
        """Return the simulated seconds that the call takes its worker."""
        return self.latency + self.compute

    def check(self, task: str, attempt: int = 0) -> None:
        """Raise InjectedFault if the call fails. ``attempt`` is its number, if its caller counts attempts."""
        if self.fails:
            which = f" on attempt {attempt}" if attempt else ""
            raise InjectedFault(f"{task} failed{which} (simulated)", stands_for=self.error)


CALM = Draw(fails=False, latency=0.0)
"""What happens to a call that nothing is planned for."""


@frozen(kw_only=True)
class FaultPlan:
    """The faults of a run. ``latency_scale`` multiplies every simulated time; ``case`` keeps test cases apart."""

    tasks: Mapping[str, TaskFaults] = field(factory=dict)
    latency_scale: float = 1.0
    seed: int = 0
    case: str = ""

    @property
    def is_calm(self) -> bool:
        """Return whether no task can fail or wait."""
        return not any(map(self.is_simulated, self.tasks))

    def is_simulated(self, task: str) -> bool:
        """Return whether calls of a task can fail or wait."""
        faults = self.tasks.get(task)
        if faults is None:
            return False
        return faults.failure_rate > 0 or (self.latency_scale > 0 and faults.is_simulated)

    @property
    def time_scale(self) -> float:
        """Return the real seconds that a second of the run's time takes: 1 where nothing is simulated."""
        return 1.0 if self.is_calm else self.latency_scale

    def draw(self, task: str, item: str, attempt: int, copy: int = 0) -> Draw:
        """Return what happens to attempt number ``attempt`` of ``item``, the same wherever and whenever it is asked.

        All copies of an attempt fail alike; another copy may be a straggler where the first is none.
        """
        faults = self.tasks.get(task)
        if faults is None:
            return CALM
        key = self.seed, self.case, task, item, attempt
        fails = faults.failure_rate > 0 and uniform(*key, "failure") < faults.failure_rate
        error = faults.error_at(uniform(*key, "error")) if fails and faults.errors else ""
        if faults.latency is not None:
            latency = faults.latency.at(uniform(*key, copy, "latency")) * self.latency_scale
        else:
            latency = self.least_latency(task)
            if faults.stragglers and uniform(*key, copy, "tail") < faults.stragglers:
                latency *= faults.slowness
        compute = 0.0 if faults.compute is None else faults.compute.at(uniform(*key, "compute")) * self.latency_scale
        return Draw(fails=fails, latency=latency, compute=compute, error=error)

    def least_latency(self, task: str) -> float:
        """Return the simulated seconds that no call of a task waits less than."""
        faults = self.tasks.get(task)
        return 0.0 if faults is None else faults.least_time * self.latency_scale


@frozen(kw_only=True)
class FaultSettings:
    """Which faults calls meet, as somebody asks for them; all of it travels together.

    ``profile`` names the profile: one of the project's own, unless the profile itself is in ``own``. ``latency_scale`` multiplies every
    simulated time, and ``case`` is the test case, whose draws are its own. ``seed`` is None until one is drawn.
    """

    profile: str = "none"
    latency_scale: float = DEFAULT_LATENCY_SCALE
    seed: int | None = None
    case: str = ""
    own: FaultProfile | None = None

    def plan(self, tasks: Mapping[str, TaskFaults]) -> FaultPlan:
        """Return what happens to calls of these tasks, which misbehave as they declare. Raises ValueError without a seed."""
        if self.seed is None:
            raise ValueError("faults cannot be planned before their seed is drawn")
        return FaultPlan(
            tasks=self._misbehaving(tasks),
            latency_scale=self.latency_scale,
            seed=self.seed,
            case=self.case,
        )

    @property
    def identity(self) -> str:
        """Return the profile's name, with a digest of the profile itself where others may be called alike."""
        if self.own is None:
            return self.profile
        text = repr(evolve(self.own, tasks=dict(sorted(self.own.tasks.items()))))
        return f"{self.profile} {blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"

    def _misbehaving(self, tasks: Mapping[str, TaskFaults]) -> Mapping[str, TaskFaults]:
        if self.own is None and self.profile == "none":
            return dict.fromkeys(tasks, TaskFaults())
        from pipeline_optimization.engine.profiles import PROFILES, faults_under  # noqa: PLC0415 - most runs simulate nothing

        profile = PROFILES[self.profile] if self.own is None else self.own
        return {name: faults_under(profile, name, faults) for name, faults in tasks.items()}


def pass_latency(
    task: str,
    key: str,
    draw: Callable[[], Draw],
    *,
    number: int = 0,
    policy: str = "",
    sleep: Callable[[float], object] = time.sleep,
) -> Draw:
    """Let a call's latency pass, compute as long as it does, and return what was drawn for it: by ``draw``, or by the harness that measures us.

    ``policy`` is the label of the retry policy that the call is under, for the harness's record.
    """
    client = _harness() if key else None
    if client is not None:
        drawn = client.call(task, key, number=number, policy=policy)
    else:
        drawn = draw()
        if drawn.latency > 0:
            sleep(drawn.latency)
    _compute(drawn.compute)
    return drawn


def _compute(seconds: float) -> None:
    """Keep a core busy for ``seconds`` of this thread's processor time."""
    if seconds <= 0:
        return
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def _harness() -> TaskClient | None:
    """Return what asks the harness that measures this process, None where none does."""
    address = os.environ.get(TASK_SERVER)
    if not address:
        return None
    from pipeline_optimization.engine.task_client import client_of  # noqa: PLC0415 - sockets, for the harness only

    return client_of(address)


async def pass_latency_async(
    task: str, key: str, draw: Callable[[], Draw], *, number: int = 0, policy: str = ""
) -> Draw:
    """Do the same while an event loop serves others."""
    client = _harness() if key else None
    if client is not None:
        drawn = await client.call_async(task, key, number=number, policy=policy)
    else:
        drawn = draw()
        if drawn.latency > 0:
            import asyncio  # noqa: PLC0415 - 50 ms of start-up that only event loops should pay

            await asyncio.sleep(drawn.latency)
    _compute(drawn.compute)  # which keeps the loop busy, as a function that computes does
    return drawn
