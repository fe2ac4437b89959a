"""Simulated faults: failures, latencies and computing. They depend only on the seed, the test case, the task, the item and the attempt.

So an attempt meets the same faults on every orchestrator. There is one exception: if an orchestrator runs two copies of an attempt, each
has a wait of its own, since only one of two machines may be slow.

Attempts of the engine and tasks that are called directly meet faults in the same way, with ``pass_latency``. In a process that the
comparison harness measures, the latency passes in the harness and not in the process.
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
"""The latency scale of the project's own profiles, unless somebody chooses another one. Their seconds are invented, and runs need not take so long."""

MAX_KEY = 64  # characters; longer fault keys are replaced by a digest

TASK_SERVER = "ANAGRAM_TASK_SERVER"
"""The environment variable that names the socket of the harness, in a process that the harness measures."""


def new_seed() -> int:
    """Return a random seed of 31 bits."""
    return int.from_bytes(os.urandom(4), "big") >> 1


def fault_key(argument: str) -> str:
    """Return the key under which faults are drawn for an argument of a task: itself in lower case, or a digest if it is long.

    So equal arguments meet the same faults, wherever in the input they stand and whichever program calls the task. Capital and small
    letters count as the same, because one program may convert the argument to lower case before it calls the task, and another one in the task.
    """
    lowered = argument.lower()
    if len(lowered) <= MAX_KEY:
        return lowered
    return blake2b(lowered.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


@frozen
class TaskFaults:
    """The faults of a task.

    Attributes:
        failure_rate: The share of calls that fail.
        sleep_time: The seconds that each call waits.
        stragglers: The share of calls that wait longer.
        slowness: How many times as long a straggler waits.
        latency: If given, the wait of each call is drawn from it, and ``sleep_time``, ``stragglers`` and ``slowness`` do not count.
        compute: The time for which each call keeps a processor core busy, in addition to what its function does.
        errors: The names of the exceptions that failures stand for, each with its share of the failures.
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
        """Return the shortest wait of a call in seconds, before it is scaled. Unlike ``Draw.time``, it does not include computing."""
        return self.sleep_time if self.latency is None else self.latency.least

    @property
    def is_simulated(self) -> bool:
        """Return whether a call can fail, wait or compute."""
        may_wait = self.sleep_time > 0 if self.latency is None else self.latency.most > 0
        return self.failure_rate > 0 or may_wait or (self.compute is not None and self.compute.most > 0)

    def error_at(self, share: float) -> str:
        """Return the name of an exception for a failure, selected by a uniform number below 1; empty if there are no names."""
        for name, part in self.errors:
            share -= part
            if share < 0:
                return name
        return self.errors[-1][0] if self.errors else ""  # the shares are rounded, and their sum may be below 1


class Draw(NamedTuple):
    """The faults of one call: whether it fails, and for how many simulated seconds it waits and computes.

    ``error`` is the name of the exception that a failure stands for. It is empty if the profile names none.
    """

    fails: bool
    latency: float
    compute: float = 0.0
    error: str = ""

    @property
    def time(self) -> float:
        """Return how many simulated seconds the call takes."""
        return self.latency + self.compute

    def raise_if_fails(self, task: str, attempt: int = 0) -> None:
        """Raise InjectedFault if the call fails. Its message names ``task``, and the number ``attempt`` unless that is 0."""
        if self.fails:
            which = f" on attempt {attempt}" if attempt else ""
            raise InjectedFault(f"{task} failed{which} (simulated)", stands_for=self.error)


CALM = Draw(fails=False, latency=0.0)
"""The draw of a call without faults."""


@frozen(kw_only=True)
class FaultPlan:
    """The faults of a run by task. ``latency_scale`` multiplies every simulated time.

    ``seed`` decides which calls meet which faults. Each test case, named by ``case``, has draws of its own under the same seed.
    """

    tasks: Mapping[str, TaskFaults] = field(factory=dict)
    latency_scale: float = 1.0
    seed: int = 0
    case: str = ""

    @property
    def is_calm(self) -> bool:
        """Return whether the plan has no faults: no call can fail, wait or compute."""
        return not any(self.simulates(task) for task in self.tasks)

    def simulates(self, task: str) -> bool:
        """Return whether calls of a task can fail, wait or compute."""
        faults = self.tasks.get(task)
        if faults is None:
            return False
        return faults.failure_rate > 0 or (self.latency_scale > 0 and faults.is_simulated)

    @property
    def time_scale(self) -> float:
        """Return how many real seconds a second of a retry policy takes: as many as a simulated second takes, or 1 if nothing is simulated."""
        return 1.0 if self.is_calm else self.latency_scale

    def draw(self, task: str, key: str, attempt: int, copy: int = 0) -> Draw:
        """Return the faults of an attempt. The same arguments give the same faults, in any process and at any time.

        Args:
            task: The name of the task.
            key: The fault key of the item.
            attempt: The number of the attempt.
            copy: The number of the copy, if an orchestrator runs several. All copies fail, or none does, but each has a wait of its own.
        """
        faults = self.tasks.get(task)
        if faults is None:
            return CALM
        call = self.seed, self.case, task, key, attempt
        fails = faults.failure_rate > 0 and uniform(*call, "failure") < faults.failure_rate
        error = faults.error_at(uniform(*call, "error")) if fails and faults.errors else ""
        if faults.latency is not None:
            latency = faults.latency.at(uniform(*call, copy, "latency")) * self.latency_scale
        else:
            latency = faults.sleep_time * self.latency_scale
            if faults.stragglers and uniform(*call, copy, "tail") < faults.stragglers:
                latency *= faults.slowness
        compute = 0.0 if faults.compute is None else faults.compute.at(uniform(*call, "compute")) * self.latency_scale
        return Draw(fails=fails, latency=latency, compute=compute, error=error)

    def least_latency(self, task: str) -> float:
        """Return the shortest simulated wait of a call of a task, in seconds."""
        faults = self.tasks.get(task)
        return 0.0 if faults is None else faults.least_time * self.latency_scale


@frozen(kw_only=True)
class FaultSettings:
    """The faults that a user asks for: the name of a profile, and in ``own`` the profile itself if it is the user's own.

    With the faults that tasks declare, they become a ``FaultPlan``. ``seed`` is None until one is drawn.
    """

    profile: str = "none"
    latency_scale: float = DEFAULT_LATENCY_SCALE
    seed: int | None = None
    case: str = ""
    own: FaultProfile | None = None

    def plan(self, tasks: Mapping[str, TaskFaults]) -> FaultPlan:
        """Return the faults of a run whose tasks declare these faults. Raises ValueError if the seed is None."""
        if self.seed is None:
            raise ValueError("faults cannot be planned before their seed is drawn")
        found = self._under_profile(tasks)
        return FaultPlan(tasks=found, latency_scale=self.latency_scale, seed=self.seed, case=self.case)

    @property
    def identity(self) -> str:
        """Return a text that identifies the profile: its name, and a digest if it is a user's, since users may give two profiles one name."""
        if self.own is None:
            return self.profile
        text = repr(evolve(self.own, tasks=dict(sorted(self.own.tasks.items()))))
        return f"{self.profile} {blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=8).hexdigest()}"

    def _under_profile(self, tasks: Mapping[str, TaskFaults]) -> Mapping[str, TaskFaults]:
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
    """Let a call wait and compute as its draw says, and return the draw. The caller still has to let it fail (``Draw.raise_if_fails``).

    Args:
        task: The name of the task.
        key: The fault key of the argument. It is empty for a bundle: steps with faults are not made in bundles, so the harness is not asked.
        draw: Returns the draw. It is not called if the harness measures this process, since the harness draws then.
        number: The number of the attempt; 0 if the caller does not count attempts.
        policy: The label of the retry policy of the call, for the harness's record.
        sleep: Called with the seconds to wait.
    """
    client = _harness() if key else None
    if client is not None:
        drawn = client.draw(task, key, number=number, policy=policy)
    else:
        drawn = draw()
        if drawn.latency > 0:
            sleep(drawn.latency)
    _compute(drawn.compute)
    return drawn


def _compute(seconds: float) -> None:
    """Keep a processor core busy until this thread has computed for a number of seconds, other threads not counted."""
    if seconds <= 0:
        return
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def _harness() -> TaskClient | None:
    """Return the client of the harness that measures this process; None if none does."""
    address = os.environ.get(TASK_SERVER)
    if not address:
        return None
    from pipeline_optimization.engine.task_client import client_of  # noqa: PLC0415 - sockets, for the harness only

    return client_of(address)


async def pass_latency_async(
    task: str, key: str, draw: Callable[[], Draw], *, number: int = 0, policy: str = ""
) -> Draw:
    """Do what ``pass_latency`` does, while the event loop serves others."""
    client = _harness() if key else None
    if client is not None:
        drawn = await client.draw_async(task, key, number=number, policy=policy)
    else:
        drawn = draw()
        if drawn.latency > 0:
            import asyncio  # noqa: PLC0415 - slow to import, and only event loops need it

            await asyncio.sleep(drawn.latency)
    _compute(drawn.compute)  # the event loop stands still meanwhile, as it does for a real function that computes
    return drawn
