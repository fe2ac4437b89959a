"""Makes a fault profile of a recorded run, to rehearse with: how long its tasks took, and how they failed."""

from __future__ import annotations

import json

from pipeline_optimization.observing.digest import Digest, TaskDigest
from pipeline_optimization.types.step_time import StepTime

__all__ = ["profile_text"]

SHARES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

LEAST = 1e-4
"""Seconds of a call from which on a step of bundles is simulated: that costs an attempt for each element."""

NOTABLE = 0.05
"""The share of a step's time that computing, or waiting, must be to be told."""


def profile_text(digest: Digest) -> str:
    """Return a fault profile as TOML: for each task how often its attempts failed, with which errors, and how long they took.

    Attempts that were lost with a worker are left out, because they say nothing about their task. Of steps that run in bundles the means are known.
    """
    name, run = digest.name or "a run", "" if digest.started is None else digest.started.run_id
    lines = [
        f"# What the tasks of {json.dumps(name)} took and how they failed, as recorded; run {run}.",
        "# Rename latency to compute for a task that computes rather than waits.",
        "failures = 0",
        "times = 0",
    ]
    for task, one in digest.tasks.items():
        answered = one.outcomes["ok"] + one.outcomes["error"] + one.outcomes["timeout"]
        if answered and task not in digest.bundles and task not in digest.steps:
            lines += _begun(digest, task, calls=answered)
            if one.measured:
                lines.append(f"latency = {_quantiles(one)}")
    for name, step in digest.steps.items():
        lines += _of_step(digest, step, digest.tasks.get(name, TaskDigest()))
    return "\n".join(lines) + "\n"


def _begun(digest: Digest, task: str, *, calls: int) -> list[str]:
    """Return the first lines of a task: how often its calls failed, and with which errors."""
    outcomes = digest.tasks[task].outcomes if task in digest.tasks else TaskDigest().outcomes
    failed = outcomes["error"] + outcomes["timeout"]
    lines = ["", f"[task.{json.dumps(task)}]", f"failure_rate = {failed / calls:.6g}"]
    errors = {kind: example.attempts for (of, kind), example in digest.failures.items() if of == task}
    if failed and errors:
        lines.append(f"errors = {{ {', '.join(f'{json.dumps(kind)} = {count}' for kind, count in errors.items())} }}")
    return lines


def _of_step(digest: Digest, step: StepTime, alone: TaskDigest) -> list[str]:
    """Return the lines of a step that runs in bundles, of whose calls the mean is known. ``alone`` are those that were made again."""
    means = {
        "compute": step.computed_ns / step.calls / 1e9,
        "latency": (step.waited_ns + step.stalled_ns) / step.calls / 1e9,
    }
    whole = sum(means.values())
    if whole < LEAST:
        return ["", f"# {json.dumps(step.step)} took {whole * 1e6:.2g} µs a call: less than it costs to simulate one."]
    notable = [f"{what} = {seconds:.6g}" for what, seconds in means.items() if seconds > NOTABLE * whole]
    return [*_begun(digest, step.step, calls=step.calls + alone.measured), *notable]


def _quantiles(task: TaskDigest) -> str:
    """Return some quantiles of a task's times, which rise from the shortest to the longest."""
    points = {
        "min": task.shortest,
        **{f"p{share * 100:g}": task.quantile(share) for share in SHARES},
        "max": task.longest,
    }
    least = 0.0
    rising = {}
    for key, seconds in points.items():
        least = min(max(least, seconds), task.longest)
        rising[key] = least
    return f"{{ {', '.join(f'{key} = {seconds:.6g}' for key, seconds in rising.items())} }}"
