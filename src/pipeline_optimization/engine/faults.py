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
from typing import TYPE_CHECKING

from attrs import field, frozen

from pipeline_optimization.engine.draws import uniform
from pipeline_optimization.errors import InjectedFault

if TYPE_CHECKING:
    from pipeline_optimization.engine.task_client import TaskClient

__all__ = [
    "CALM",
    "DEFAULT_LATENCY_SCALE",
    "PROFILES",
    "TASK_SERVER",
    "Draw",
    "FaultPlan",
    "FaultSettings",
    "Profile",
    "TaskFaults",
    "fault_key",
    "new_seed",
    "pass_latency",
    "pass_latency_async",
]

DEFAULT_LATENCY_SCALE = 0.05

MAX_KEY = 64

TASK_SERVER = "ANAGRAM_TASK_SERVER"
"""The environment variable that names the socket of the harness that measures this process."""


@frozen
class Profile:
    """The factors that multiply what each task declares.

    A share of ``stragglers`` of all calls takes ``slowness`` times as long as the others.
    """

    failures: float
    times: float
    stragglers: float = 0.0
    slowness: float = 1.0


PROFILES: Mapping[str, Profile] = {
    "exercise": Profile(failures=1.0, times=1.0),
    "heavy": Profile(failures=2.0, times=2.0),
    "latency": Profile(failures=0.0, times=1.0),
    "none": Profile(failures=0.0, times=0.0),
    "tail": Profile(failures=0.0, times=1.0, stragglers=0.03, slowness=20.0),
}
"""Fault profiles by name."""


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
    """How a task misbehaves: the share of calls that fail, the seconds that each call takes, and its stragglers."""

    failure_rate: float = 0.0
    sleep_time: float = 0.0
    stragglers: float = 0.0
    slowness: float = 1.0

    def scaled(self, profile: str) -> TaskFaults:
        """Return the faults under a profile; a rate above 1 is 1."""
        factors = PROFILES[profile]
        return TaskFaults(
            min(1.0, self.failure_rate * factors.failures),
            self.sleep_time * factors.times,
            factors.stragglers,
            factors.slowness,
        )


@frozen
class Draw:
    """What happens to one call: whether it fails, and the simulated seconds that it takes."""

    fails: bool
    latency: float

    def check(self, task: str, attempt: int = 0) -> None:
        """Raise InjectedFault if the call fails. ``attempt`` is its number, if its caller counts attempts."""
        if self.fails:
            which = f" on attempt {attempt}" if attempt else ""
            raise InjectedFault(f"{task} failed{which} (simulated)")


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
        return faults is not None and (faults.failure_rate > 0 or self.least_latency(task) > 0)

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
        fails = uniform(self.seed, self.case, task, item, attempt, "failure") < faults.failure_rate
        latency = self.least_latency(task)
        if faults.stragglers and uniform(self.seed, self.case, task, item, attempt, copy, "tail") < faults.stragglers:
            latency *= faults.slowness
        return Draw(fails=fails, latency=latency)

    def least_latency(self, task: str) -> float:
        """Return the simulated seconds that no call of a task takes less than."""
        faults = self.tasks.get(task)
        return 0.0 if faults is None else faults.sleep_time * self.latency_scale


@frozen(kw_only=True)
class FaultSettings:
    """Which faults calls meet, as somebody asks for them; all of it travels together.

    ``profile`` is a name in ``PROFILES``, ``latency_scale`` multiplies every simulated time, and ``case`` is the test case,
    whose draws are its own. ``seed`` is None until one is drawn.
    """

    profile: str = "none"
    latency_scale: float = DEFAULT_LATENCY_SCALE
    seed: int | None = None
    case: str = ""

    def plan(self, tasks: Mapping[str, TaskFaults]) -> FaultPlan:
        """Return what happens to calls of these tasks, which misbehave as they declare. Raises ValueError without a seed."""
        if self.seed is None:
            raise ValueError("faults cannot be planned before their seed is drawn")
        return FaultPlan(
            tasks={name: faults.scaled(self.profile) for name, faults in tasks.items()},
            latency_scale=self.latency_scale,
            seed=self.seed,
            case=self.case,
        )


def pass_latency(
    task: str,
    key: str,
    draw: Callable[[], Draw],
    *,
    number: int = 0,
    policy: str = "",
    sleep: Callable[[float], object] = time.sleep,
) -> Draw:
    """Let a call's latency pass and return what was drawn for it: by ``draw``, or by the harness that measures us.

    ``policy`` is the label of the retry policy that the call is under, for the harness's record.
    """
    client = _harness() if key else None
    if client is not None:
        return client.call(task, key, number=number, policy=policy)
    drawn = draw()
    if drawn.latency > 0:
        sleep(drawn.latency)
    return drawn


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
        return await client.call_async(task, key, number=number, policy=policy)
    drawn = draw()
    if drawn.latency > 0:
        import asyncio  # noqa: PLC0415 - 50 ms of start-up that only event loops should pay

        await asyncio.sleep(drawn.latency)
    return drawn
