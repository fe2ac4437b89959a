"""The orchestrator ``auto``: begins with ``sequential``, looks at what the first attempts take, and goes on with what is foreseen to be best.

Nothing is run twice, since the look is at the run's own first attempts: the engine gets their completions, and the attempts that come
after them go elsewhere. So result and ledger are those of any other orchestrator.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from attrs import define, field, frozen

from pipeline_optimization.errors import AnagramError
from pipeline_optimization.foresight.advice import REASONS, is_tied, title
from pipeline_optimization.foresight.calibrate import costs_here, this_machine
from pipeline_optimization.foresight.candidates import Candidate, candidates, known_places, option_of
from pipeline_optimization.foresight.costs import Machine, OrchestratorCosts
from pipeline_optimization.foresight.glance import Glance
from pipeline_optimization.foresight.simulate import Prediction, predict
from pipeline_optimization.foresight.work import WorkModel
from pipeline_optimization.plural import counted
from pipeline_optimization.registry import Registry
from pipeline_optimization.types import Attempt, Capabilities, Completion, NoOptions, OpenContext, Orchestrator

__all__ = ["AutoOrchestrator", "Choice"]

FIRST = "sequential"
"""What runs begin with: there, what an attempt takes is neither shared nor held up by a lock."""

NUMBERS: Mapping[str, Sequence[int]] = {"threads": (8, 32), "loop": (100, 1000)}
"""Numbers of workers that are foreseen, by place; of processes as many as processors."""

SEEDS, PREDICTED_ATTEMPTS = (0,), 300
"""A choice must be made in a fraction of a second, and differences of a few percent do not count."""


NOTABLE = 0.05
"""A smaller share of waiting, or of computing, makes no other orchestrator worth it."""


@frozen(kw_only=True)
class Choice:
    """What was chosen, and why: ``reason`` is a sentence for people."""

    candidate: Candidate
    reason: str


Choose = Callable[[Glance], Choice]


@define(eq=False)
class _Knowledge:
    """What a choice is made with: what can be chosen and what it costs here."""

    found: Sequence[Candidate]
    costs: Mapping[str, OrchestratorCosts]
    machine: Machine

    @classmethod
    def of(cls, registry: Registry) -> _Knowledge:
        machine, costs = this_machine(), {}
        for name in known_places(registry):
            if not registry.component("orchestrator", name).capabilities.announces_start:
                continue  # it would be timed wrongly, since this one says that it announces starts
            try:
                costs[name] = costs_here(registry, name)
            except AnagramError:  # what does not run here is not chosen
                continue
        retries = {"exponential": registry.retry_policy("exponential").build()}
        found: list[Candidate] = []
        for name, known in costs.items():
            numbers = NUMBERS.get(known.place, (max(1, round(machine.cores)),))
            found += candidates(
                registry, orchestrators=[name], workers=numbers, retries=retries, cores=max(1, round(machine.cores))
            )
        return cls(found, costs, machine)

    def choose(self, glance: Glance) -> Choice:
        """Return what is foreseen to be best for more of the work that was seen. Of equals, the run stays where it is."""
        foreseen = [(one, self._predict(one, glance)) for one in self.found if _is_sensible(one, glance.work())]
        _, best = min(foreseen, key=lambda one: one[1].seconds)
        tied = [(one, prediction) for one, prediction in foreseen if is_tied(prediction, best)]
        stay = [one for one in tied if one[0].configuration.orchestrator == FIRST]
        candidate, prediction = stay[0] if stay else tied[0]
        return Choice(
            candidate=candidate,
            reason=f"auto took {title(prediction)} after {counted(glance.elements, 'element')}, since {REASONS[prediction.bound]}",
        )

    def _predict(self, candidate: Candidate, glance: Glance) -> Prediction:
        costs = self.costs[candidate.configuration.orchestrator]
        return predict(
            glance.work(),
            candidate.configuration,
            costs,
            self.machine,
            seeds=SEEDS,
            most_attempts=PREDICTED_ATTEMPTS,
        )


def _is_sensible(candidate: Candidate, work: WorkModel) -> bool:
    """Return whether it could be worth anything: threads and loops for work that waits, processes for work that computes."""
    whole = work.wait + work.compute
    if candidate.place == "caller":
        return True
    return (work.compute if candidate.place == "processes" else work.wait) > NOTABLE * whole


@define(eq=False)
class AutoOrchestrator:
    """Hands attempts to ``sequential``, and from some moment on to what was chosen.

    ``choice`` is None until then. ``choose`` makes it; if it is not given, it is made from what orchestrators cost on this machine, which is
    measured when a run begins, if it never was.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(announces_start=True, runs_in_caller=True, chooses=True)

    options: NoOptions = field(factory=NoOptions)
    registry: Registry = field(factory=Registry.load, kw_only=True)
    choose: Choose | None = field(default=None, kw_only=True)
    choice: Choice | None = field(default=None, init=False)
    _inner: Orchestrator = field(init=False)
    _context: OpenContext = field(init=False)
    _made: Choose = field(init=False)
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
        self._made = self.choose or _Knowledge.of(self.registry).choose
        self._inner = self._build(FIRST, 1)
        self._inner.open(context)
        self._glance = Glance(time.monotonic)

    def submit(self, attempt: Attempt) -> None:
        self._waiting.append(attempt)
        self._hand_out()

    def poll(self, timeout: float) -> Sequence[Completion]:
        completions = self._inner.poll(timeout)
        for completion in completions:
            self._running.discard(completion.id)
            if self._glance is not None:
                self._glance.note(completion)
        if self._glance is not None and self._glance.is_enough and not self._running:
            self._go_on_with(self._made(self._glance))
        self._hand_out()
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
        self._glance = None
        self._waiting.clear()
        self._running.clear()

    def _hand_out(self) -> None:
        # As long as nothing is chosen, no more is handed out than can run: what waits must be free to go elsewhere.
        while self._waiting and (self._glance is None or len(self._running) < self._inner.slots):
            attempt = self._waiting.popleft()
            self._running.add(attempt.id)
            if self._glance is not None:
                self._glance.handed_out(attempt)
            self._inner.submit(attempt)

    def _go_on_with(self, choice: Choice) -> None:
        self.choice, self._glance = choice, None
        configuration = choice.candidate.configuration
        if configuration.orchestrator != FIRST:
            self._inner.close(force=False)
            self._inner = self._build(configuration.orchestrator, configuration.workers)
            self._inner.open(self._context)

    def _build(self, name: str, workers: int) -> Orchestrator:
        option = option_of(self.registry.component("orchestrator", name))
        return self.registry.orchestrator(name, {} if option is None else {option: workers}).build()
