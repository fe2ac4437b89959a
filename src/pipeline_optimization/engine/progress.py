"""How far each task of a run is, counted when somebody asks: what the engine keeps anyway is enough for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from pipeline_optimization.engine.tally import TaskStats

if TYPE_CHECKING:
    from pipeline_optimization.engine.backlog import Backlog
    from pipeline_optimization.engine.flight import Flight
    from pipeline_optimization.engine.tally import Tally

__all__ = ["TaskProgress", "progress_by_task"]


@frozen(kw_only=True)
class TaskProgress:
    """Items of one task: ``done``, ``failed`` for good, ``in_flight`` with the orchestrator. ``errors`` are attempts without a result.

    ``total`` is how many items there will have been, None as long as others may still follow.
    """

    done: int
    failed: int
    errors: int
    retries: int
    in_flight: int
    total: int | None


def progress_by_task(tally: Tally, flight: Flight, backlog: Backlog) -> Mapping[str, TaskProgress]:
    """Return how far each task is, in the order in which tasks come up. A bundle is an item of the input's task while it is under way."""
    follow_ups, open_items = backlog.follow_ups(), flight.items()
    in_flight = Counter(item.task for item in open_items)
    ahead: Counter[str] = Counter()
    for one, number in follow_ups or ():
        ahead[one.task] += number
    bundles = {one.task for one in (*open_items, *(one for one, _ in follow_ups or ())) if one.is_bundle}
    found: dict[str, TaskProgress] = {}
    may_grow = follow_ups is None or not backlog.is_read
    for name in dict.fromkeys((*sorted(bundles), *tally.tasks, *in_flight, *ahead)):
        stats = tally.tasks.get(name) or TaskStats()
        errors = stats.errors.total()
        # Below zero if a sink refuses what an earlier run had done: the failure is this run's, and the attempt that one's.
        done = max(0, stats.attempts - (errors - tally.bundle_errors[name]))
        begun = stats.items + ahead[name]
        is_bundle = name in bundles
        found[name] = TaskProgress(
            done=done,
            failed=stats.failures,
            errors=errors + stats.lost,
            retries=stats.retries,
            in_flight=in_flight[name],
            total=None if may_grow or is_bundle else begun,
        )
        # As long as an item of a task is open, more items of the tasks behind it may follow.
        may_grow = may_grow or is_bundle or begun > done + stats.failures
    return found
