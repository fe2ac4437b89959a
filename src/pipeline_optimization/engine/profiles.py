"""Fault profiles: which faults a task has under a profile, and the project's own profiles.

A task may declare faults of its own (``@task``). A profile multiplies these by its factors, or replaces them for tasks that it names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from pipeline_optimization.engine.faults import BUILT_IN_PROFILES, TaskFaults
from pipeline_optimization.spelling_hint import did_you_mean
from pipeline_optimization.types.fault_profiles import FaultProfile, TaskProfile

__all__ = ["PROFILES", "faults_under", "misnamed_tasks"]

_AS_DECLARED = TaskProfile()
"""What a profile says of a task that it does not name: nothing, so that the task has the faults that it declares."""


def faults_under(profile: FaultProfile, task: str, declared: TaskFaults) -> TaskFaults:
    """Return the faults of a task under a profile. If a factor makes a failure rate larger than 1, it is 1.

    Args:
        profile: The fault profile.
        task: The name of the task.
        declared: The faults that the task declares.
    """
    named = profile.tasks.get(task, _AS_DECLARED)
    all_weights = sum(named.errors.values())
    rate = min(1.0, declared.failure_rate * profile.failures) if named.failure_rate is None else named.failure_rate
    return TaskFaults(
        failure_rate=rate,
        sleep_time=declared.sleep_time * profile.times,
        stragglers=profile.stragglers,
        slowness=profile.slowness,
        latency=named.latency,
        compute=named.compute,
        errors=tuple((error, weight / all_weights) for error, weight in named.errors.items()),
    )


def misnamed_tasks(profile: FaultProfile, known: Sequence[str]) -> Sequence[str]:
    """Return what to tell of tasks that a profile names and a run does not have, as ends of a sentence about the profile.

    A profile may be for several pipelines. So a name is told only if it resembles one of the run's, or if the profile names no task of the run.
    """
    unknown = [name for name in profile.tasks if name not in known]
    told = [
        f"names the task {name!r}, which this run does not have.{hint}"
        for name in unknown
        if (hint := did_you_mean(name, known))
    ]
    if unknown and not told and len(unknown) == len(profile.tasks):
        return (f"names no task of this run. Its tasks: {', '.join(known)}.",)
    return told


@cache
def _built_in(name: str) -> FaultProfile:
    from pipeline_optimization.engine.profile_files import read_profile  # noqa: PLC0415 - not for runs without faults

    return read_profile(Path(__file__).parents[1] / "fault_profiles" / f"{name}.toml")


class _BuiltIn(Mapping[str, FaultProfile]):
    """The project's own profiles by name. Each is a file, as a user's profile may be, and is read when it is first needed."""

    def __getitem__(self, name: str) -> FaultProfile:
        if name not in BUILT_IN_PROFILES:
            raise KeyError(name)
        return _built_in(name)

    def __iter__(self) -> Iterator[str]:
        return iter(BUILT_IN_PROFILES)

    def __len__(self) -> int:
        return len(BUILT_IN_PROFILES)


PROFILES: Mapping[str, FaultProfile] = _BuiltIn()
"""The project's own fault profiles by name."""
