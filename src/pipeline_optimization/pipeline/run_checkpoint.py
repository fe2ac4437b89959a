"""The checkpoint of a run, while it runs. Only runs with a checkpoint import this module."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import define, field

from pipeline_optimization.checkpoint import CheckpointStore, DeliveryLog
from pipeline_optimization.engine.clock import Clock
from pipeline_optimization.engine.tally import FailedItem, Tally
from pipeline_optimization.engine.work import Item, Workload
from pipeline_optimization.errors import CheckpointError
from pipeline_optimization.pipeline.checkpointing import CheckpointedWorkload, run_facts, run_remedies
from pipeline_optimization.pipeline.invocation import Invocation
from pipeline_optimization.pipeline.job import KeptWorkload, LoadedJob
from pipeline_optimization.pipeline.plan import CODE, RunPlan
from pipeline_optimization.sources import Source, checkpoint_files, overwritten

__all__ = ["RunCheckpoint", "open_run_checkpoint"]

CHANGED_CODE = (
    "If the results that it keeps are right with the new code, too, go on: add --accept-changed-code (accept_changed_code=True). Otherwise "
    "start anew with another file."
)

SHARE = 0.005
"""The share of a run's time that commits may take, except for the first and the last.

So a run of long items commits each item at once, and a run of short items commits several together. If a process is killed, the work that it has not
committed took at most two hundred times as long as a commit, and is done again.
"""


@define(eq=False)
class RunCheckpoint:
    """The checkpoint of a run. ``NoCheckpoint`` stands for it in a run that has none."""

    clock: Clock
    store: CheckpointStore
    retries_failed: bool = False
    stops_on_failure: bool = False
    kept: CheckpointedWorkload | None = field(init=False, default=None)
    _start: float = field(init=False)
    _spent: float = field(init=False, default=0.0)

    def __attrs_post_init__(self) -> None:
        self._start = self.clock.now()

    def keep(self, workload: KeptWorkload, kept: Callable[[bytes], bytes]) -> Workload:
        """Return the run's workload, whose results are kept from now on. ``kept`` returns the part of a result to keep."""
        self.kept = CheckpointedWorkload(workload, self.store, retries_failed=self.retries_failed, kept=kept)
        return self.kept

    def follow(self, run_id: str) -> str:
        """Note an observed run. Return the id of the run that it goes on with, or empty for the first run."""
        return self.store.follow(run_id)

    def deliveries(self) -> DeliveryLog:
        """Return what the checkpoint knows of deliveries to a sink."""
        return self.store.deliveries()

    def stop_of(self, path: str, start: int) -> int | None:
        """Return where the part of a file that begins at byte ``start`` ends, if the checkpoint knows it."""
        return self.store.stop_of(os.fsencode(path), start)

    @property
    def path(self) -> str:
        return self.store.path

    @property
    def finished(self) -> int:
        return self.store.finished

    @property
    def resumed(self) -> int:
        return 0 if self.kept is None else self.kept.resumed

    @property
    def failed(self) -> Tally:
        """Return the items that an earlier run gave up and this run did not try."""
        return Tally() if self.kept is None else self.kept.failed

    def quarantine(self, item: Item, failed: FailedItem) -> None:
        """Keep the failure of an item."""
        if self.kept is not None:
            self.kept.quarantine(item, failed, stopped_run=self.stops_on_failure)

    @property
    def is_due(self) -> bool:
        """Return whether commits have taken less than ``SHARE`` of the run's time."""
        return self._spent <= SHARE * (self.clock.now() - self._start)

    def commit(self, *, at_once: bool = False) -> bool:
        """Make safe what was finished since the last commit. Return whether there was anything.

        Unless ``at_once``, nothing is committed while commits have taken more than ``SHARE`` of the run's time.
        """
        if self.kept is None or not (at_once or self.is_due):
            return False
        begun = self.clock.now()
        is_new = self.kept.commit()
        if is_new:
            self._spent += self.clock.now() - begun
        return is_new


@contextmanager
def open_run_checkpoint(
    path: str, plan: RunPlan[Any], sources: Sequence[Source], job: LoadedJob[Any], *, clock: Clock
) -> Iterator[RunCheckpoint]:
    """Open the checkpoint that the plan asks for. If the run ends in an error, what is not committed is dropped.

    It may be incomplete, and the run that goes on does it again.
    """
    if (taken := overwritten(checkpoint_files(path), sources, plan.job.files)) is not None:
        raise CheckpointError(
            f"The checkpoint {path!r} would be written over an input, {taken!r}. Name another file with --checkpoint.",
            path=path,
        )
    facts = run_facts(plan, sources, job.facts)
    invocation = Invocation.of(plan.options, sources).to_json()
    remedies = {CODE: CHANGED_CODE, **run_remedies(sources), **job.remedies}
    with CheckpointStore(
        path,
        facts,
        resume=plan.options.resume,
        invocation=invocation,
        remedies=remedies,
        accepts=CODE if plan.options.accept_changed_code else None,
    ) as store:
        yield RunCheckpoint(
            clock, store, plan.options.retries_failed, stops_on_failure=plan.options.limits.stops_on_failure
        )
