"""Advice on the kind of time that took most of a run."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["ADVICE", "advice_for"]

ADVICE: Mapping[str, str] = {
    "compute": "Processes on more cores, or faster functions, would shorten the run. If functions wait in calls that block, more threads would.",
    "wait": "More slots would let more waits overlap: more workers, or asyncio with async functions.",
    "retry delay": "The run waited for items that had failed: a policy with shorter delays would retry sooner, if the service allows it.",
    "transport": "Attempts take little time compared with their way to the workers: choose larger chunks, or fewer workers.",
    "driver": "The run's own process started the workers, or could not keep them busy: choose larger chunks, or fewer workers.",
    "idle": "There was too little to do at once: smaller chunks would spread it, and fewer workers would be enough.",
}
"""The advice by kind of time. The how-to on observing runs explains each kind."""


def advice_for(parts: Mapping[str, float]) -> str:
    """Return a sentence or two about the largest part of the time, or nothing if there was no time."""
    whole = sum(parts.values())
    if not whole:
        return ""
    name, most = max(parts.items(), key=lambda one: one[1])
    return f"The largest part is '{name}' ({most / whole:.0%}). {ADVICE.get(name, '')}".rstrip()
