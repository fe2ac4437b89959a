"""The orchestrator ``auto``: begins with ``sequential``, looks at what the first attempts take, and goes on with what is foreseen to be best.

Nothing is run twice, since the look is at the run's own first attempts: the engine gets their completions, and the attempts that come
after them go elsewhere. So result and ledger are those of any other orchestrator.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from attrs import define, evolve, field, frozen

from pipeline_optimization.engine.quota_records import quotas_in
from pipeline_optimization.engine.worker_setup import WorkerSetup
from pipeline_optimization.error_text import describe
from pipeline_optimization.foresight.advice import is_tied, title
from pipeline_optimization.foresight.calibrate import costs_here, this_machine
from pipeline_optimization.foresight.candidates import DEFAULT_RETRY, Candidate, candidates, known_places, option_of
from pipeline_optimization.foresight.costs import Machine, OrchestratorCosts, Place
from pipeline_optimization.foresight.glance import Glance
from pipeline_optimization.foresight.simulate import Prediction, predict
from pipeline_optimization.foresight.work import WorkModel
from pipeline_optimization.pipeline.model.job import AT_ONCE
from pipeline_optimization.plural import counted
from pipeline_optimization.registry import Registry
from pipeline_optimization.types import Attempt, Capabilities, Completion, NoOptions, OpenContext, Orchestrator

__all__ = ["AutoOrchestrator", "Choice"]

FIRST = "sequential"
"""What runs begin with: there, what an attempt takes is neither shared nor held up by a lock."""

NUMBERS: Mapping[Place, Sequence[int]] = {"threads": (8, 32), "loop": (100, 1000)}
"""Numbers of workers that are predicted, by place."""

CROWDED = 4
"""How many processes for each processor are predicted as well as one, if they wait a notable share of their time."""

LOOPS = 8
"""Workers with an event loop each are at most so many. Each awaits a hundred elements at once, so together they have hardly fewer calls at once than one
event loop by default. No service was asked whether it bears many thousands, nor does a program have files for so many."""

SEEDS, PREDICTED_ATTEMPTS = (0,), 150
"""A choice must be made in a fraction of a second, and differences of a few percent do not count. So one typical run is made, and no random one."""


NOTABLE = 0.05
"""A smaller share of waiting, or of computing, makes no other orchestrator worth it."""


REASONS: Mapping[Place, str] = {
    "caller": "nothing else is predicted to be faster",
    "threads": "the work waits, and waits overlap there",
    "loop": "the work waits, and waits overlap there",
    "processes": "the work computes, and processes share the processors",
}


@frozen(kw_only=True)
class Choice:
    """What was chosen, and why: ``reason`` is a sentence for people. No ``candidate``: the run stays where it is."""

    candidate: Candidate | None
    reason: str


Choose = Callable[[Registry, Glance], Choice]

BOUND = 0.9
"""The share of the time from which on it is certain that something else than waits bounds a run, so that more workers do not help."""


def choose(registry: Registry, glance: Glance) -> Choice:
    """Return what is foreseen to be best for more of the work that was seen. Of equals, the run stays where it is.

    What orchestrators cost on this machine is measured where it never was, which takes a second for each that could be worth it.
    """
    work, machine = glance.work(), this_machine()
    sensible = _sensible(registry, work, machine)
    least = {name: min(_least(one, work, machine) for one in found) for name, found in sensible.items()}
    foreseen: dict[str, list[tuple[Candidate, Prediction]]] = {name: [] for name in sensible}
    best: Prediction | None = None
    for name in sorted(sensible, key=least.__getitem__):
        if best is not None and least[name] > best.high:
            break  # this one and those that follow take longer for certain, and to predict each of them takes time
        try:
            costs = _here(registry, name)
        except Exception:  # noqa: BLE001, S112 - plugins raise anything; what does not run here is not chosen
            continue
        for one in sensible[name]:  # the fewest workers first
            if best is not None and _least(one, work, machine) > best.high:
                continue
            prediction = predict(
                work, one.configuration, costs, machine, seeds=(), typical=SEEDS, most_attempts=PREDICTED_ATTEMPTS
            )
            foreseen[name].append((one, prediction))
            best = min(best or prediction, prediction, key=lambda prediction: prediction.seconds)
            if prediction.bound != "waits" and prediction.share >= BOUND:
                break  # more workers would not make it faster
    if best is None:
        return Choice(candidate=None, reason=f"auto stayed with {FIRST}, as nothing could be predicted here")
    # The simplest first, as advice has them.
    tied = [pair for found in foreseen.values() for pair in found if is_tied(pair[1], best)]
    stay = [pair for pair in tied if pair[0].configuration.orchestrator == FIRST]
    candidate, prediction = stay[0] if stay else tied[0]
    seen = counted(glance.elements, "element")
    return Choice(
        candidate=candidate, reason=f"auto took {title(prediction)} after {seen}, since {REASONS[candidate.place]}"
    )


def _sensible(registry: Registry, work: WorkModel, machine: Machine) -> Mapping[str, Sequence[Candidate]]:
    """Return what could be worth anything by orchestrator, the simplest first: threads and loops for work that waits, processes for work that computes."""
    whole, cores = work.wait + work.compute, max(1, round(machine.cores))
    processes = (cores, CROWDED * cores) if work.wait > NOTABLE * whole else (cores,)
    numbers: Mapping[Place, Sequence[int]] = {**NUMBERS, "processes": processes}
    shares: Mapping[Place, float] = {"caller": whole, "processes": work.compute}
    if work.is_awaited:
        numbers = {
            "loop": NUMBERS["loop"],
            "threads": (LOOPS,),
            "processes": sorted({min(number, LOOPS) for number in processes}),
        }
        shares = {"processes": whole}  # what event loops compute for an element can be more than its function does
    retries = {DEFAULT_RETRY: registry.retry_policy(DEFAULT_RETRY).build()}
    found: dict[str, Sequence[Candidate]] = {}
    for name, place in known_places(registry).items():
        if not registry.component("orchestrator", name).capabilities.announces_start:
            continue  # it would be timed wrongly, since this one says that it announces starts
        if place == "caller" or shares.get(place, work.wait) > NOTABLE * whole:
            workers = numbers.get(place, ())
            found[name] = candidates(registry, orchestrators=[name], workers=workers, retries=retries, cores=cores)
    return found


def _here(registry: Registry, name: str) -> OrchestratorCosts:
    """Return what an orchestrator costs. Where the run is, it awaits as many elements at once as other workers with a loop of their own."""
    costs = costs_here(registry, name)
    return evolve(costs, at_once=AT_ONCE) if name == FIRST else costs


def _least(candidate: Candidate, work: WorkModel, machine: Machine) -> float:
    """Return the seconds that the work takes there at least: that of all workers at once, and that of the cores they may compute on."""
    workers = 1 if candidate.place == "caller" else candidate.configuration.workers
    at_once = AT_ONCE * workers if candidate.place != "loop" and work.is_awaited else workers
    side_by_side = min(workers, machine.cores) if candidate.place == "processes" else 1.0
    return max((work.wait + work.compute) / at_once, work.compute / side_by_side)


@define(eq=False)
class AutoOrchestrator:
    """Hands attempts to ``sequential``, and from some moment on to what was chosen.

    ``choice``, which ``choose`` makes, is None until then. Whatever goes wrong with a choice, the run goes on where it is. Plugins are those that
    the environment selects, unless a ``registry`` is given.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(announces_start=True, runs_in_caller=True, chooses=True)

    options: NoOptions = field(factory=NoOptions)
    registry: Registry = field(factory=Registry.load, kw_only=True)
    choose: Choose | None = field(default=None, kw_only=True)
    choice: Choice | None = field(default=None, init=False)
    _inner: Orchestrator = field(init=False)
    _context: OpenContext = field(init=False)
    _glance: Glance | None = field(default=None, init=False)
    _waiting: deque[Attempt] = field(factory=deque, init=False)
    _running: set[int] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        self._inner = self._build(FIRST, 1)

    @property
    def slots(self) -> int:
        return self._inner.slots

    @property
    def chosen(self) -> str:
        """Return what the run is run by, and why, as one sentence; empty as long as nothing was chosen."""
        return "" if self.choice is None else self.choice.reason

    def open(self, context: OpenContext) -> None:
        self.choice, self._context = None, context
        setup = evolve(WorkerSetup.from_bytes(context.worker_init), is_timed=True)
        self._inner.open(evolve(context, worker_init=setup.to_bytes()))
        self._glance = Glance(time.monotonic, quotas=quotas_in(context.quotas))

    def submit(self, attempt: Attempt) -> None:
        self._waiting.append(attempt)
        if self._glance is not None:
            self._glance.submitted(attempt)
        self._hand_out()

    def poll(self, timeout: float) -> Sequence[Completion]:
        # Before anything is in hand that a Ctrl-C would lose.
        if self._glance is not None and self._is_due and not self._running:
            self._choose(self._glance)
            self._hand_out()
            return ()  # so that the engine hands out as much as the chosen one can run, before it waits for any of it
        self._hand_out()
        completions = self._inner.poll(timeout)
        self._running.difference_update(one.id for one in completions)
        if self._glance is not None:
            self._glance.note(completions)
        return completions

    def cancel(self, attempt_id: int) -> bool:
        before = len(self._waiting)
        self._waiting = deque(one for one in self._waiting if one.id != attempt_id)
        is_over = len(self._waiting) < before or self._inner.cancel(attempt_id)
        if is_over:
            self._running.discard(attempt_id)
        return is_over

    def close(self, *, force: bool) -> None:
        self._inner.close(force=force)
        self._inner = self._build(FIRST, 1)  # with which another run on this object begins
        self._glance = None
        self._waiting.clear()
        self._running.clear()

    def _hand_out(self) -> None:
        # As long as nothing is chosen, no more is handed out than can run: what waits must be free to go elsewhere.
        while self._waiting and (self._glance is None or (not self._is_due and len(self._running) < self._inner.slots)):
            attempt = self._waiting.popleft()
            self._running.add(attempt.id)
            self._inner.submit(attempt)

    @property
    def _is_due(self) -> bool:
        return self._glance is not None and self._glance.is_enough and not self._context.is_over()

    def _choose(self, glance: Glance) -> None:
        self._glance = None
        try:
            with self._context.interruptible():
                self.choice = (self.choose or choose)(self.registry, glance)
            self._go_on_with(self.choice)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a choice, the run can go on without one
            self.choice = Choice(
                candidate=None, reason=f"auto stayed with {FIRST}, as it could not choose: {describe(error)}"
            )

    def _go_on_with(self, choice: Choice) -> None:
        configuration = None if choice.candidate is None else choice.candidate.configuration
        if configuration is None or configuration.orchestrator == FIRST:
            return
        chosen = self._build(configuration.orchestrator, configuration.workers)
        chosen.open(self._context)  # first, so that the run can stay where it is if that fails
        self._inner.close(force=False)
        self._inner = chosen

    def _build(self, name: str, workers: int) -> Orchestrator:
        option = option_of(self.registry.component("orchestrator", name))
        return self.registry.orchestrator(name, {} if option is None else {option: workers}).build()
