"""Checks of fault profiles."""

from __future__ import annotations

import pickle
from collections.abc import Sequence

from pipeline_optimization.engine.faults import FaultPlan, TaskFaults
from pipeline_optimization.engine.profiles import faults_under
from pipeline_optimization.testing.checks import Check, require
from pipeline_optimization.testing.component_checks import REGISTRATION_CHECKS
from pipeline_optimization.testing.subject import Subject
from pipeline_optimization.types import FaultProfile

__all__ = ["FAULT_PROFILE_CHECKS"]

FaultProfileSubject = Subject[FaultProfile]

DECLARED = TaskFaults(failure_rate=0.1, sleep_time=0.2)
LOOK = 200


def is_a_profile(subject: FaultProfileSubject) -> None:
    """The result is a ``FaultProfile``, whose values have been checked."""
    profile: object = subject.make()
    require(isinstance(profile, FaultProfile), f"It is {profile!r}.")


def is_the_same_each_time(subject: FaultProfileSubject) -> None:
    """Each build gives an equal profile. Otherwise a resumed run would meet other faults than the first one."""
    require(subject.make() == subject.make(), "Two builds gave different profiles.")


def can_be_sent(subject: FaultProfileSubject) -> None:
    """The profile is equal to itself after it was sent to a worker."""
    profile = subject.make()
    require(pickle.loads(pickle.dumps(profile)) == profile, "The profile differs after it was pickled and unpickled.")


def draws_are_valid(subject: FaultProfileSubject) -> None:
    """Each call of each task, even of a task that the profile does not name, draws times that are finite and not negative."""
    profile = subject.make()
    tasks = {name: faults_under(profile, name, DECLARED) for name in (*profile.tasks, "a task that it does not name")}
    plan = FaultPlan(tasks=tasks, seed=1)
    for name in tasks:
        for number in range(LOOK):
            draw = plan.draw(name, str(number), 1)
            is_valid = 0 <= draw.latency < float("inf") and 0 <= draw.compute < float("inf")
            require(is_valid, f"A call of {name!r} draws {draw!r}.")


FAULT_PROFILE_CHECKS: Sequence[Check[FaultProfileSubject]] = (
    *REGISTRATION_CHECKS,
    Check.of(is_a_profile),
    Check.of(is_the_same_each_time, after=["is_a_profile"]),
    Check.of(can_be_sent, after=["is_the_same_each_time"]),
    Check.of(draws_are_valid, after=["is_a_profile"]),
)
