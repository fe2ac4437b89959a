"""What is known of the work that ``anagram advise`` is about: from a recorded run, a probe, or a fault profile and a number of elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from attrs import evolve, field, frozen

from pipeline_optimization.cli.advise.recorded_retry import recorded_retry
from pipeline_optimization.cli.observe.runs import record_at
from pipeline_optimization.cli.pipeline_option import found_pipeline
from pipeline_optimization.engine.faults import TaskFaults
from pipeline_optimization.engine.profile_files import read_profile
from pipeline_optimization.engine.profiles import faults_under
from pipeline_optimization.engine.work import TaskPolicy
from pipeline_optimization.errors import OptionError
from pipeline_optimization.foresight.observed import observed
from pipeline_optimization.foresight.profiled import profiled
from pipeline_optimization.foresight.work import WorkModel
from pipeline_optimization.pipeline.plan import RunOptions, check_latency_scale
from pipeline_optimization.registry import Registry
from pipeline_optimization.tasks.retry_settings import RetrySettings

__all__ = ["KnownWork", "known_work"]


@frozen(kw_only=True)
class KnownWork:
    """What the work takes, and where that is known from.

    ``retry`` is the policy of the run that showed the work, ``workers`` its number of workers (None if it is known from a profile), and
    ``notes`` say what a user must know of both.
    """

    work: WorkModel
    retry: RetrySettings = field(factory=RetrySettings)
    notes: Sequence[str] = ()
    workers: int | None = None


def known_work(
    registry: Registry,
    *,
    path: str | None,
    faults: str | None,
    items: int | None,
    pipeline: str | None,
    latency_scale: float | None,
    probe: float | None,
    inputs: Sequence[str],
) -> KnownWork:
    """Return what the work takes. Raises UsageError for options that exclude each other, or that do not tell what the work takes."""
    if probe is not None:
        if path is not None or pipeline is None or not inputs:
            raise click.UsageError(
                "--probe runs a pipeline for some seconds: anagram advise --probe 5 --pipeline FILE.py INPUT…"
            )
        from pipeline_optimization.cli.advise.probe import probed  # noqa: PLC0415 - for probes only

        seen = probed(
            registry, pipeline, inputs, seconds=probe, items=items, faults=faults or "none", latency_scale=latency_scale
        )
        return KnownWork(work=seen.work, notes=seen.notes, workers=seen.workers)
    if inputs:
        raise click.UsageError("Inputs go with --probe; events and profiles do not read them.")
    if (path is None) == (faults is None):
        raise click.UsageError(
            "Say what the work takes, in one way: --from EVENTS of a run (anagram run … --events EVENTS), or --faults PROFILE with --items N, or --probe 5 --pipeline FILE.py INPUT…."
        )
    if path is not None:
        if pipeline is not None or latency_scale is not None:
            raise click.UsageError(
                "--pipeline and --latency-scale go with --faults: events tell the steps and their times."
            )
        events = record_at(path).events
        seen = observed(events, registry)
        work = seen.work if items is None else seen.work.scaled(items)
        has_failures = any(task.failure_rate for task in work.tasks.values())
        retry, notes = recorded_retry(events, has_failures=has_failures)
        return KnownWork(work=work, retry=retry, notes=[*seen.notes, *notes], workers=seen.workers)
    assert faults is not None
    if items is None:
        raise click.UsageError("How many elements are there? A profile does not say: add --items N.")
    found, source, scale, policies = _faults(registry, faults, pipeline, latency_scale)
    if not any(one.is_simulated for one in found.values()):
        raise OptionError(
            f"The fault profile {faults!r} lets no task wait, compute or fail, so that it tells nothing of the work."
        )
    note = "What the tasks' functions take themselves is not in a profile; a recorded run shows it (--from EVENTS)."
    quotas = {name: one.quota for name, one in policies.items() if one.quota is not None}
    retries = {name: one.retry for name, one in policies.items() if one.retry is not None}
    work = evolve(profiled(found, items, source=source, scale=scale), quotas=quotas, retries=retries)
    return KnownWork(work=work, notes=[note])


def _faults(
    registry: Registry, faults: str, pipeline: str | None, latency_scale: float | None
) -> tuple[Mapping[str, TaskFaults], str, float, Mapping[str, TaskPolicy]]:
    """Return the faults of each task in the order of the pipeline, the name of the task that reads the input, the factor of all times, and the tasks' policies."""
    if pipeline is not None:
        found = found_pipeline(pipeline, {}, registry)
        plan = found.plan(
            registry,
            RunOptions.called(
                {"faults": faults, "latency_scale": latency_scale, "orchestrator": "sequential", "seed": 0}
            ),
        )
        return plan.faults.tasks, found.pipeline.input.task, plan.faults.latency_scale, plan.policies
    profile = read_profile(Path(faults)) if faults.endswith(".toml") else registry.fault_profile(faults).build()
    if not profile.tasks:
        raise OptionError(
            f"The fault profile {faults!r} names no task: say whose tasks it is for, with --pipeline FILE.py."
        )
    tasks = {name: faults_under(profile, name, TaskFaults()) for name in profile.tasks}
    scale = 1.0 if latency_scale is None else latency_scale
    check_latency_scale(scale)
    return tasks, "input", scale, {}
