"""Quotas as events tell them, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pipeline_optimization.engine.quota import Quota, Rate
from pipeline_optimization.types.task_quota import TaskQuota

__all__ = ["kept_quotas", "told_quotas"]


def told_quotas(quotas: Mapping[str, Quota]) -> Sequence[TaskQuota]:
    """Return the quotas of tasks as events tell them. Tasks that share a quota are told together."""
    sharing: dict[Quota, list[str]] = {}
    for task, quota in quotas.items():
        sharing.setdefault(quota, []).append(task)
    return [_told(quota, tasks) for quota, tasks in sharing.items()]


def _told(quota: Quota, tasks: Sequence[str]) -> TaskQuota:
    limit, rate = quota.limit or 0, quota.rate
    if rate is None:
        return TaskQuota(tasks=tuple(tasks), limit=limit)
    return TaskQuota(tasks=tuple(tasks), limit=limit, calls=rate.calls, period=rate.period, burst=rate.burst)


def kept_quotas(told: Iterable[TaskQuota]) -> Mapping[str, Quota]:
    """Return quotas by task, made of what events tell."""
    found = {}
    for one in told:
        rate = Rate(calls=one.calls, period=one.period, burst=one.burst) if one.calls else None
        quota = Quota(limit=one.limit or None, rate=rate)
        found.update(dict.fromkeys(one.tasks, quota))
    return found
