"""Fault profiles: how calls of tasks misbehave in a simulated run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from pipeline_optimization.types.durations import Durations

__all__ = ["FaultProfile", "TaskProfile"]


@frozen(kw_only=True)
class TaskProfile:
    """How calls of one task misbehave. A field that is None leaves what the task declares.

    Args:
        failure_rate: The share of calls that fail, from 0 to 1.
        latency: How long calls wait, in seconds.
        compute: How long calls keep a core busy, in seconds, beyond the work of the task's function.
        errors: The names of the exceptions that failures stand for, each with its weight.

    Raises:
        ValueError: If the rate is not from 0 to 1, or a weight is not above 0.
    """

    failure_rate: float | None = None
    latency: Durations | None = None
    compute: Durations | None = None
    errors: Mapping[str, float] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if self.failure_rate is not None and not 0 <= self.failure_rate <= 1:
            raise ValueError(f"failure_rate must be from 0 to 1, not {self.failure_rate!r}")
        for name, weight in self.errors.items():
            if not 0 < weight <= sys.float_info.max:
                raise ValueError(f"the weight of {name} in errors must be a number above 0, not {weight!r}")


@frozen(kw_only=True)
class FaultProfile:
    """Factors for what every task declares, and replacements for some tasks.

    Args:
        failures: Multiplies the failure rates that tasks declare.
        times: Multiplies the seconds that tasks declare.
        stragglers: The share of calls that take ``slowness`` times as long, from 0 to 1.
        slowness: How many times as long stragglers take, at least 1.
        tasks: How calls of single tasks misbehave instead, by the task's name.

    Raises:
        ValueError: If a factor is negative, or a share is not from 0 to 1.
    """

    failures: float = 0.0
    times: float = 0.0
    stragglers: float = 0.0
    slowness: float = 1.0
    tasks: Mapping[str, TaskProfile] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for name, value, least in (
            ("failures", self.failures, 0),
            ("times", self.times, 0),
            ("slowness", self.slowness, 1),
        ):
            if not least <= value <= sys.float_info.max:
                raise ValueError(f"{name} must be a number of at least {least}, not {value!r}")
        if not 0 <= self.stragglers <= 1:
            raise ValueError(f"stragglers must be from 0 to 1, not {self.stragglers!r}")

    @property
    def can_fail(self) -> bool:
        """Return whether any call may fail, given a task that declares failures."""
        return self.failures > 0 or any(task.failure_rate for task in self.tasks.values())
