"""The critical path of a run and its floor, for the report."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline_optimization.observing.digest import Digest
from pipeline_optimization.observing.page.drawing import clock, counted, shown, table

__all__ = ["critical_path"]

MOST_STEPS = 100
"""The most items of the chain that are listed. A record has as many as its writer gave it."""

NEAR = 0.8
"""If the critical path took at least this share of a run's time, it bounded the run."""


def critical_path(digest: Digest) -> Iterator[str]:
    """Yield what bounded the run, if its record tells."""
    finished = digest.finished
    path = None if finished is None else finished.critical_path
    if finished is None or path is None:
        return
    yield "<h2>Critical path</h2>"
    share = path.seconds / digest.seconds if digest.seconds else 0.0
    what = (
        "The run took hardly longer: more slots would not shorten it, shorter items would."
        if share >= NEAR
        else ("In the rest of the time, items waited for a slot, or as the account above shows.")
    )
    yield (
        f"<p>The longest chain of items, each of which followed from the one before, took {clock(path.seconds)} of {clock(digest.seconds)}: "
        f"with any number of slots, the run could not have been shorter than that. {shown(what)}</p>"
    )
    if finished.floor:
        yield f"<p>The floor, which simulated waits, retry delays, limits and rates set, is {clock(finished.floor)}.</p>"
    steps = path.steps[-MOST_STEPS:]
    if left_out := path.left_out + len(path.steps) - len(steps):
        yield f"<p>Not listed: {counted(left_out, 'earlier item')} of the chain.</p>"
    yield table(
        ["item", "attempts", "ran", "delays of retries"],
        [[one.item, str(one.attempts), clock(one.ran), clock(one.delayed)] for one in steps],
        numbers=frozenset({1, 2, 3}),
    )
