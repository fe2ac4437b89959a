"""No total is told as final while a bundle may still bring more items."""

from __future__ import annotations

from bundle_workload import Bundle, build_copies
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.progress import TaskProgress, progress_by_task
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.engine.work import Retrying
from pipeline_optimization.engine.worker import WorkerSetup


def test_a_bundle_that_waits_for_its_retry_is_under_way() -> None:
    """Its elements may make more items of each task possible, so no total is known."""
    orchestrator = VirtualOrchestrator(4)
    seen: list[tuple[float, dict[str, TaskProgress]]] = []

    def look() -> None:
        progress = progress_by_task(engine.tally, engine.open_attempts, engine.backlog)
        seen.append((orchestrator.clock.now(), dict(progress)))

    engine = Engine(
        orchestrator,
        Bundle(failed=0, waiting=5, more=1),
        Retrying(FixedPolicy(FixedOptions(attempts=9, delay=10.0)), seed=SEED, case=""),
        clock=orchestrator.clock,
        emit=None,
        run_id="",
        limits=Limits(),
        capabilities=orchestrator.capabilities,
        tick=look,
    )
    faults = FaultPlan(tasks={"values": TaskFaults(0.5, 1.0)}, seed=SEED)
    engine.run(WorkerSetup(build=build_copies, argument=None, faults=faults).to_bytes())
    waiting = [tasks for now, tasks in seen if 1.5 < now < 10.5]
    assert waiting
    assert all(one.total is None for tasks in waiting for one in tasks.values())
    assert {name: one.total for name, one in seen[-1][1].items()} == {"values": 1, "step": 5}


SEED = next(
    seed
    for seed in range(100)
    if [FaultPlan(tasks={"values": TaskFaults(0.5, 1.0)}, seed=seed).draw("values", "", n).fails for n in (1, 2)]
    == [True, False]
)
"""The first attempts of the bundle and of the item beside it fail, and their second ones do not."""
