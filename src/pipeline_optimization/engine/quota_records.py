"""Converts the quotas of tasks to the records that events and orchestrators get of them (``TaskQuota``), and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline_optimization.engine.quota import Quota, Rate
from pipeline_optimization.engine.work import TaskPolicy
from pipeline_optimization.types.task_quota import TaskQuota

__all__ = ["quotas_in", "records_of_quotas"]


def records_of_quotas(policies: Mapping[str, TaskPolicy]) -> Sequence[TaskQuota]:
    """Return the records of the quotas of tasks, whose policies are given by task. Tasks that share a quota share its record."""
    sharing: dict[Quota, list[str]] = {}
    for task, policy in policies.items():
        if policy.quota is not None:
            sharing.setdefault(policy.quota, []).append(task)
    return [_record(quota, tasks) for quota, tasks in sharing.items()]


def _record(quota: Quota, tasks: Sequence[str]) -> TaskQuota:
    limit, rate = quota.limit or 0, quota.rate
    if rate is None:
        return TaskQuota(tasks=tuple(tasks), limit=limit)
    return TaskQuota(tasks=tuple(tasks), limit=limit, calls=rate.calls, period=rate.period, burst=rate.burst)


def quotas_in(records: Iterable[TaskQuota]) -> Mapping[str, Quota]:
    """Return the quotas that records describe, by task."""
    found = {}
    for one in records:
        rate = Rate(calls=one.calls, period=one.period, burst=one.burst) if one.calls else None
        quota = Quota(limit=one.limit or None, rate=rate)
        found.update(dict.fromkeys(one.tasks, quota))
    return found
