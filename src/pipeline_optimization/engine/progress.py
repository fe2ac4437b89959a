"""How far each task of a run is. It is computed when somebody asks, from what the engine keeps anyway."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from pipeline_optimization.engine.tally import TaskStats

if TYPE_CHECKING:
    from pipeline_optimization.engine.backlog import Backlog
    from pipeline_optimization.engine.open_attempts import OpenAttempts
    from pipeline_optimization.engine.tally import Tally

__all__ = ["TaskProgress", "progress_by_task"]


@frozen(kw_only=True)
class TaskProgress:
    """How far one task is.

    Attributes:
        done: Items that are done.
        failed: Items that failed for good.
        errors: Attempts that failed or were lost.
        retries: Attempts that were not the first of their item.
        in_flight: Items whose attempt is open.
        total: How many items there will be in the end; None while more may follow.
    """

    done: int
    failed: int
    errors: int
    retries: int
    in_flight: int
    total: int | None


def progress_by_task(tally: Tally, open_attempts: OpenAttempts, backlog: Backlog) -> Mapping[str, TaskProgress]:
    """Return how far each task is: first the task that reads the input, then the others in the order in which they first had work.

    A bundle that is under way counts as one item of the task that reads the input. While one is open or parked, no total is known.

    Args:
        tally: The counts of the run.
        open_attempts: The attempts that the orchestrator has.
        backlog: The items that wait.
    """
    follow_ups, open_items = backlog.follow_ups(), open_attempts.items()
    in_flight = Counter(item.task for item in open_items)
    ahead: Counter[str] = Counter()
    for one, number in follow_ups or ():
        ahead[one.task] += number
    bundles = {one.task for one in (*open_items, *(one for one, _ in follow_ups or ())) if one.is_bundle}
    bundles |= backlog.tasks_of_parked_bundles()
    found: dict[str, TaskProgress] = {}
    may_grow = follow_ups is None or not backlog.is_input_read
    for name in dict.fromkeys((*sorted(bundles), *tally.tasks, *in_flight, *ahead)):
        stats = tally.tasks.get(name) or TaskStats()
        errors = stats.errors.total()
        # In a resumed run, a sink may refuse the row of an item that an earlier run had done. That counts as an error but not as an attempt,
        # so there may be more errors than attempts.
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
        # While items of a task are open, their results may make more items of the next tasks possible.
        may_grow = may_grow or is_bundle or begun > done + stats.failures
    return found
