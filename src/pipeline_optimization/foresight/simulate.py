"""What a run takes under a configuration: the engine itself runs it in virtual time, with several seeds.

Two kinds of runs make a prediction. The predicted time is the median of a few *typical* runs, in which as many calls are slow, and as many fail, as
were observed (``EvenDraws``). *Random* runs tell its interval, which has three parts: chance (independent draws), what the observations leave open (each
run sees work resampled from them), and what the model leaves out (``MODEL_ERROR``). The mean of the few random runs would be a worse
prediction: with a heavy tail it differs by a tenth from that of as many others.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from statistics import fmean, median

from attrs import evolve, field, frozen

from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.work import Retrying
from pipeline_optimization.foresight.awaiting import awaited_at_once
from pipeline_optimization.foresight.costs import Machine, OrchestratorCosts
from pipeline_optimization.foresight.draws import Draws, EvenDraws, RandomDraws
from pipeline_optimization.foresight.imagined import ImaginedWork
from pipeline_optimization.foresight.interval import MODEL_ERROR, chance_of, interval
from pipeline_optimization.foresight.machine import MachineOrchestrator
from pipeline_optimization.foresight.passage import Bound, Passage, bound_of
from pipeline_optimization.foresight.work import WorkModel
from pipeline_optimization.types import RetryPolicy

__all__ = ["Configuration", "Prediction", "predict", "simulate"]

MIDDLE = (0.25, 0.75)
"""Between which shares of the work its pace is taken for that of a longer run."""

LEAST_ROUNDS = 10
"""Attempts for each worker in a run in virtual time that stands for a longer one."""

TYPICAL = range(3)
"""The seeds of the typical runs of a prediction."""


@frozen(kw_only=True)
class Configuration:
    """A way of running: the orchestrator by name, how many workers, and the retry policy with what it is called.

    ``needs_cluster``: it is foreseen for other machines than this one, which have a core for each worker.
    """

    orchestrator: str
    workers: int
    retry: RetryPolicy = field(eq=False)
    retry_name: str
    needs_cluster: bool = False


@frozen(kw_only=True)
class Prediction:
    """What a run under a configuration takes: ``seconds`` with the 90 % interval from ``low`` to ``high``.

    Args:
        configuration: What was foreseen.
        attempts: How many attempts there are, on average.
        failures: How many items fail for good, on average.
        busy_cores: How many cores are busy on average, the driver's among them.
        floor: The seconds that unlimited workers would take: the longest chain of items, attempts and delays.
        bound: What keeps the run from ending sooner.
        share: How much of the time that takes, from 0 to 1.
        stopped: What ends the run before all is done; empty where nothing does.
        extrapolated: For people, what of it lies outside what was seen.
        chance: The standard deviation between the random runs, as a share of ``seconds``: what other draws and other observations would change.
    """

    configuration: Configuration
    seconds: float
    low: float
    high: float
    attempts: float
    failures: float
    busy_cores: float
    floor: float
    bound: Bound
    share: float
    stopped: str = ""
    extrapolated: Sequence[str] = ()
    chance: float = 0.0


def simulate(
    work: WorkModel,
    configuration: Configuration,
    costs: OrchestratorCosts,
    machine: Machine,
    *,
    seed: int,
    is_typical: bool = False,
) -> Passage:
    """Return one run in virtual time. What attempts take, and which fail, depends on the seed and not on the configuration.

    Args:
        work: What the run consists of.
        configuration: How it is run.
        costs: What the configuration's orchestrator costs.
        machine: Where it runs.
        seed: The seed of all draws.
        is_typical: As many calls are slow, and as many fail, as the work says. Otherwise, each call is drawn for itself.
    """
    imagined = _imagined(work, configuration, costs, seed=seed, is_typical=is_typical)
    return _simulated(imagined, configuration, _with_imports(costs, work, configuration, machine), machine, seed=seed)


def _imagined(
    work: WorkModel, configuration: Configuration, costs: OrchestratorCosts, *, seed: int, is_typical: bool
) -> ImaginedWork:
    draws: Draws = RandomDraws(seed)
    if is_typical:
        draws = EvenDraws(
            seed,
            {name: round(number) for name, number in _attempts(work, configuration, costs).items()},
            {name: task.failure_rate for name, task in work.tasks.items()},
            {name: task.observed for name, task in work.tasks.items()},
        )
    return ImaginedWork(work, draws, quantum=costs.quantum(configuration.workers))


def _attempts(work: WorkModel, configuration: Configuration, costs: OrchestratorCosts) -> Mapping[str, float]:
    """Return about how many attempts of each task there will be, if none is made again."""
    workers = configuration.workers
    return work.attempts(awaited_at_once(costs, workers), quantum=costs.quantum(workers))


def _simulated(
    imagined: ImaginedWork,
    configuration: Configuration,
    costs: OrchestratorCosts,
    machine: Machine,
    *,
    seed: int,
    keeps_progress: bool = False,
) -> Passage:
    work = imagined.model
    orchestrator = MachineOrchestrator(imagined.call_of, costs, configuration.workers, machine.cores)
    imagined.now = orchestrator.clock.now if keeps_progress else None
    imagined.awaiting = costs.awaiting
    engine = Engine(
        orchestrator,
        imagined,
        Retrying(configuration.retry, seed=seed, case="", scale=work.delay_scale, own=work.policies),
        clock=orchestrator.clock,
        emit=None,
        run_id="imagined",
        limits=Limits(),
        policies=work.policies,
        capabilities=orchestrator.capabilities,
        signals=(),
    )
    engine.run(b"")
    return Passage(
        seconds=orchestrator.clock.now(),
        attempts=engine.tally.attempts,
        failures=engine.tally.failures,
        floor=engine.tally.floor,
        quota_floor=engine.tally.quota_floor,
        busy=orchestrator.busy,
        driver=orchestrator.driver,
        waited=orchestrator.waited,
        held=orchestrator.held,
        stopped=engine.stop.reason if engine.stop is not None else "",
    )


def _with_imports(
    costs: OrchestratorCosts, work: WorkModel, configuration: Configuration, machine: Machine
) -> OrchestratorCosts:
    """Return the costs with a start that has the imports of what awaits, if the work has any. Workers without an attempt import nothing."""
    if not (work.is_awaited and costs.awaiting_start):
        return costs
    attempts = math.ceil(sum(_attempts(work, configuration, costs).values()))
    imports = costs.awaiting_imports(min(configuration.workers, attempts), machine)
    return evolve(costs, startup=costs.startup + imports, awaiting_start=0.0)


def predict(
    work: WorkModel,
    configuration: Configuration,
    costs: OrchestratorCosts,
    machine: Machine,
    *,
    seeds: Sequence[int] = range(5),
    typical: Sequence[int] = TYPICAL,
    model_error: float = MODEL_ERROR,
    most_attempts: int | None = None,
    tick: Callable[[], object] = lambda: None,
) -> Prediction:
    """Return what a run takes.

    Args:
        work: What the run consists of.
        configuration: How it is run.
        costs: What the configuration's orchestrator costs.
        machine: Where it runs.
        seeds: A random run in virtual time is made with each of them; one alone tells nothing of chance.
        typical: A typical run in virtual time is made with each of these seeds; at least one.
        model_error: The share of the time by which measured runs differ from exact knowledge of the work, as a standard deviation.
        most_attempts: Longer runs are not run to their end: the pace in the middle of one with about this number of attempts tells how long the rest takes.
        tick: Called after each run in virtual time.
    """
    if configuration.needs_cluster:
        machine = evolve(machine, cores=machine.cores + configuration.workers)
        costs = evolve(costs, startup_by_worker=0.0, shutdown_by_worker=0.0)  # each starts and ends on its own machine
    costs = _with_imports(costs, work, configuration, machine)

    def passage(work: WorkModel, seed: int, *, is_typical: bool) -> Passage:
        found = _passage(
            work, configuration, costs, machine, seed=seed, is_typical=is_typical, most_attempts=most_attempts
        )
        tick()
        return found

    typical_ones = [passage(work, seed, is_typical=True) for seed in typical]
    random_ones = [passage(work.resampled(seed), seed, is_typical=False) for seed in seeds]
    passages = [*typical_ones, *random_ones]
    seconds = median(one.seconds for one in typical_ones)
    chance = chance_of([one.seconds for one in random_ones])
    low, high = interval(seconds, chance=chance, number=len(seeds), model_error=math.hypot(model_error, work.doubt))
    bound, share = bound_of(passages, costs, configuration.workers, machine)
    floor = fmean(one.floor for one in passages)
    return Prediction(
        configuration=configuration,
        seconds=seconds,
        low=low,
        high=high,
        attempts=fmean(one.attempts for one in passages),
        failures=fmean(one.failures for one in passages),
        busy_cores=fmean(one.busy for one in passages) / fmean(one.seconds for one in passages) if seconds else 0.0,
        floor=floor,
        bound=bound,
        share=share,
        stopped=next((one.stopped for one in passages if one.stopped), ""),
        extrapolated=_outside(costs, configuration, machine),
        chance=chance,
    )


def _passage(
    work: WorkModel,
    configuration: Configuration,
    costs: OrchestratorCosts,
    machine: Machine,
    *,
    seed: int,
    is_typical: bool,
    most_attempts: int | None,
) -> Passage:
    """Return a run in virtual time, or what it would come to if it is longer than may be run."""
    share = 1.0
    if most_attempts is not None:
        # So many for each worker that the beginning and the end, where some have nothing to do, do not count for the rest.
        whole = sum(_attempts(work, configuration, costs).values())
        share = max(most_attempts, LEAST_ROUNDS * configuration.workers) / max(1.0, whole)
    if share >= 1.0:
        return simulate(work, configuration, costs, machine, seed=seed, is_typical=is_typical)
    scaled = work.scaled(max(1, round(work.elements * share)))
    part = _imagined(scaled, configuration, costs, seed=seed, is_typical=is_typical)
    passage = _simulated(part, configuration, costs, machine, seed=seed, keeps_progress=True)
    if passage.stopped:
        return passage  # what stopped it would stop the whole run as well, and at the same time
    more = work.elements / part.model.elements
    growing = {name: getattr(passage, name) * more for name in ("busy", "driver", "waited", "held", "quota_floor")}
    counts = {name: round(getattr(passage, name) * more) for name in ("attempts", "failures")}
    whole = max(0.0, passage.seconds - costs.opening(configuration.workers) - costs.closing(configuration.workers))
    seconds = passage.seconds + (more - 1.0) * (_steady(part.progress) or whole)
    floor = max(passage.floor, work.slowest, growing["quota_floor"])
    return evolve(passage, seconds=max(seconds, floor), floor=floor, **growing, **counts)


def _steady(progress: Sequence[tuple[float, float]]) -> float | None:
    """Return what all that was done takes at the pace of the middle; None where that cannot be told.

    Neither the beginning nor the end tells how fast the rest would go: there some workers have nothing to do.
    """
    if not progress:
        return None
    whole = progress[-1][1]
    (first, begun), (last, done) = (progress[bisect_left(progress, whole * at, key=itemgetter(1))] for at in MIDDLE)
    return whole * (last - first) / (done - begun) if done > begun and last > first else None


def _outside(costs: OrchestratorCosts, configuration: Configuration, machine: Machine) -> Sequence[str]:
    if configuration.needs_cluster:
        return ["a cluster with a core for each worker, as fast as those here, and with a network that takes no time"]
    if costs.place == "processes" and configuration.workers > 4 * machine.cores:
        return [f"more than four processes on each of {machine.cores:g} cores"]
    return ()
