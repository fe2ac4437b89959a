"""A fault profile of a recorded run: what its tasks took, and how they failed, to rehearse with."""

from __future__ import annotations

import json

from pipeline_optimization.observing.digest import Digest, TaskDigest

__all__ = ["profile_text"]

SHARES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


def profile_text(digest: Digest) -> str:
    """Return a fault profile as TOML: for each task how often its attempts failed, with which errors, and what they took.

    Attempts that were lost with a worker say nothing of their task, and are left out.
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
        if not answered:
            continue
        failed = answered - one.outcomes["ok"]
        lines += ["", f"[task.{json.dumps(task)}]", f"failure_rate = {failed / answered:.6g}"]
        errors = {kind: example.attempts for (of, kind), example in digest.failures.items() if of == task}
        if failed and errors:
            lines.append(
                f"errors = {{ {', '.join(f'{json.dumps(kind)} = {count}' for kind, count in errors.items())} }}"
            )
        if one.measured:
            lines.append(f"latency = {_quantiles(one)}")
    return "\n".join(lines) + "\n"


def _quantiles(task: TaskDigest) -> str:
    """Return some quantiles of a task's times, which rise from the least to the longest."""
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
