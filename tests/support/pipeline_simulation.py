"""Random pipelines against a seeded adversary, in virtual time. ``python tests/support/pipeline_simulation.py SEED`` replays one seed.

The adversary loses attempts with their workers, reports some twice or late, and takes functions that kill for deaths. Workers run blocks of any size,
and give the rest of a bundle back at any moment. The run is stopped and goes on from its checkpoint, or breaks off in mid-air. What comes of it is held against plain Python (``generated_pipelines``).
"""

from __future__ import annotations

import itertools
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from itertools import chain, count, repeat
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

from attrs import evolve, frozen

from engine_simulation import FAST_DIRECTORY
from generated_pipelines import Expected, Failure, Scenario, texts_of_files
from pipeline_optimization import Limits, PipelineReport, Registry, run
from pipeline_optimization.engine import stage
from pipeline_optimization.engine.cutting import CutShort
from pipeline_optimization.engine.draws import uniform
from pipeline_optimization.engine.virtual import Fate
from pipeline_optimization.engine.worker import Pending, Worker
from pipeline_optimization.pipeline.model import code, time_slice
from pipeline_optimization.sources import TextSource
from pipeline_optimization.types import Attempt, Completion, OpenContext, Orchestrator
from quota_watch import QuotaWatch, check_quotas

__all__ = ["check_seed", "check_seeds"]

MAX_LIVES = 30
MOST_STEPS = 20_000
LIMITS = Limits(breaker=0, open_bytes=1 << 20)
DIED = b"died"

REGISTRY = Registry.load()


class Adversary:
    """Loses each item at most twice, so that none is given up for it."""

    def __init__(self, scenario: Scenario, life: int) -> None:
        self._scenario = scenario
        self._life = life
        self._losses: Counter[str] = Counter()

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        def draw(purpose: str) -> float:
            return uniform(self._scenario.seed, self._life, attempt.id, purpose)

        took = latency + draw("speed")
        if draw("loss") < self._scenario.loss_rate and self._losses[attempt.item] < 2:
            self._losses[attempt.item] += 1
            return [Fate(took, "lost"), *([Fate(took * 3)] if draw("late") < 0.3 else [])]
        return [Fate(took), Fate(took * 1.5)] if draw("doubled") < 0.1 else [Fate(took)]


@frozen
class _Mortal:
    """An attempt whose worker dies where a function kills."""

    pending: Pending

    @property
    def latency(self) -> float:
        return self.pending.latency

    def finish(self, took: float) -> bytes:
        try:
            return self.pending.finish(took)
        except CutShort:
            return DIED


@frozen
class _MortalWorker:
    worker: Worker

    def begin(self, payload: bytes) -> _Mortal:
        return _Mortal(self.worker.begin(payload))

    def close(self) -> None:
        self.worker.close()


class DeadlyOrchestrator(QuotaWatch):
    """Takes an attempt that kills for the death of its worker, and notes whose attempts it gets."""

    def __init__(self, slots: int, adversary: Adversary | None = None) -> None:
        super().__init__(slots, adversary=adversary)
        self.tried: set[str] = set()

    def submit(self, attempt: Attempt) -> None:
        self.tried.add(attempt.item)
        super().submit(attempt)

    def open(self, context: OpenContext) -> None:
        super().open(context)
        self._worker: Any = _MortalWorker(Worker(context.worker_init))

    def poll(self, timeout: float) -> Sequence[Completion]:
        return [
            evolve(one, status="lost", payload=b"") if one.payload == DIED else one for one in super().poll(timeout)
        ]


class _AnySlice:
    """The time slice of a worker that no clock drives."""

    def __init__(self, random: Random, *quantum: float, least: int = 0) -> None:
        self._random = random
        self.is_over = False
        self.seconds = random.choice([0.0, 0.1, 0.5, 10.0])
        self.note()

    def resume(self) -> None:
        """No clock drives it."""

    def note(self, *number: int) -> None:
        self.size = self._random.choice([1, 1, 2, 5])
        self.is_over = self._random.random() < 0.4


def any_time_slices(scenario: Scenario) -> Any:
    """Have workers of this process cut bundles as the scenario's seed says."""
    random = Random(f"time slices {scenario.seed}")
    return mock.patch.multiple(time_slice, TimeSlice=partial(_AnySlice, random))


class CrashError(BaseException):
    """The whole run dies."""


def run_scenario(scenario: Scenario) -> list[PipelineReport[Any]]:
    """Run a scenario, life after life until it ends. Return the reports of those that did not crash, the last one at the end.

    An item that has failed for good in one of these is not tried again in a later life, nor is a bundle of which it was split off.
    """
    reports: list[PipelineReport[Any]] = []
    given_up: set[str] = set()
    with saving_time(), any_time_slices(scenario), _inputs(scenario) as (inputs, checkpoint):
        stops = chain(scenario.stops, repeat(None))
        for life, stop in zip(range(MAX_LIVES), stops, strict=False):
            orchestrator = DeadlyOrchestrator(scenario.slots, adversary=Adversary(scenario, life))
            before, is_over = frozenset(given_up), False
            with suppress(CrashError):
                reports.append(_run(scenario, inputs, orchestrator, checkpoint, stop))
                given_up |= {name for failed in reports[-1].failed_items for name in _with_bundles(failed.item)}
                check_quotas(orchestrator, {step.name: step.spec.quota for step in scenario.build().steps})
                is_over = reports[-1].stop is None
            assert not before & orchestrator.tried, "what had failed for good was tried again"
            if is_over:
                if checkpoint is not None:
                    _check_that_all_is_kept(scenario, inputs, checkpoint, reports[-1])
                return reports
    raise AssertionError("the run is stopped again and again")


def _check_that_all_is_kept(scenario: Scenario, inputs: Any, checkpoint: Path, last: PipelineReport[Any]) -> None:
    """See that a run that goes on with a complete one has the same report, and tries nothing."""
    orchestrator = DeadlyOrchestrator(scenario.slots, adversary=Adversary(scenario, MAX_LIVES))
    again = _run(scenario, inputs, orchestrator, checkpoint, None)
    assert not orchestrator.tried, "what had ended was tried again"
    assert (again.result, again.elements) == (last.result, last.elements), "what was kept has another result"
    assert _failures_in(again) == _failures_in(last), "what had failed for good is told otherwise"


def _with_bundles(item: str) -> Iterator[str]:
    """Yield the name of an item and of each bundle that was split on the way to it."""
    yield item
    while "/" in item:
        item = item.rpartition("/")[0]
        yield item


@contextmanager
def _inputs(scenario: Scenario) -> Iterator[tuple[Any, Path | None]]:
    if scenario.kind == "values":
        yield list(scenario.lines), None
        return
    inputs = _files()[scenario.text] if scenario.kind == "file" else TextSource(scenario.text)
    if not scenario.stops:
        yield inputs, None
        return
    with tempfile.TemporaryDirectory(dir=FAST_DIRECTORY) as directory:
        yield inputs, Path(directory, "checkpoint")


@cache
def _directory() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(dir=FAST_DIRECTORY)


@cache
def _files() -> Mapping[str, Path]:
    """Return a file for each text of a scenario with files. All are written at once: a run waits a moment if a file is new."""
    texts = dict.fromkeys(texts_of_files())
    files = {text: Path(_directory().name, f"{number}.txt") for number, text in enumerate(texts)}
    for text, path in files.items():
        path.write_text(text)
    return files


@contextmanager
def saving_time() -> Iterator[None]:
    """Leave out what takes half of the time and is in no promise held here: logs, tracebacks, and parsing the same files of functions in each run."""
    without_tracebacks = mock.Mock(format_exception=lambda error: ())
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with (
            mock.patch.object(stage, "traceback", without_tracebacks),
            mock.patch.multiple(code, _used_by=used_by, _File=mock.Mock(of=file_of)),
        ):
            yield
    finally:
        logging.disable(disabled)


used_by, file_of = cache(code._used_by), cache(code._File.of)


def _run(
    scenario: Scenario, inputs: Any, orchestrator: str | Orchestrator, checkpoint: Path | None, stop: int | None
) -> PipelineReport[Any]:
    asked, told = count(), count()

    def is_over() -> bool:
        number = next(asked)
        assert number < MOST_STEPS, "the run does not end"
        return stop is not None and not scenario.crashes and number >= stop

    def crash(progress: object) -> None:
        if stop is not None and scenario.crashes and next(told) >= stop:
            raise CrashError

    return run(
        scenario.build(),
        inputs,
        orchestrator=orchestrator,
        registry=REGISTRY,
        retry_options={"attempts": scenario.attempts},
        faults=scenario.profile,
        seed=scenario.seed,
        chunk_size=scenario.chunk_size,
        limits=LIMITS,
        checkpoint=checkpoint,
        resume=checkpoint is not None,
        on_progress=crash,
        should_stop=is_over,
    )


def check_report(expected: Expected, report: PipelineReport[Any], *, with_ledger: bool) -> None:
    """Hold a report against what plain Python made."""
    assert report.result == expected.result, f"the result is {report.result}, not {expected.result}"
    found = _failures_in(report)
    assert found == expected.failures, f"{found} failed for good, not {expected.failures}"
    assert report.is_complete == (not found)
    assert report.elements == expected.elements, "an element was not read, or twice"
    if with_ledger:
        assert report.summary.ledger_entries == expected.entries, "a call was entered twice, or not at all"
        assert report.ledger_digest == expected.digest, "the ledger has other calls"


def _failures_in(report: PipelineReport[Any]) -> Counter[Failure]:
    return Counter(
        (_who(failed.task, failed.item), failed.error.type, failed.is_poison) for failed in report.failed_items
    )


def _who(task: str, item: str) -> str:
    """Return who an item is: parts of the input are called by their task, as they may be cut in any way."""
    return task if task in {"lines", "values"} else item


def check_seed(seed: int) -> None:
    """Run a seed, and see that result, failures and ledger are those of plain Python."""
    scenario = Scenario.of(seed)
    expected = Expected.of(scenario)
    reports = run_scenario(scenario)
    check_report(expected, reports[-1], with_ledger=not scenario.stops)
    if not scenario.crashes:
        for before, after in itertools.pairwise(reports):
            succeeded = before.summary.ledger_entries - sum(sum(one.errors.values()) for one in before.tasks.values())
            # What succeeds in a bundle whose worker dies later is not finished.
            assert succeeded <= 0 or before.lost or after.summary.resumed_items, "nothing of what was finished was kept"
    if scenario.profile == "none" and not (scenario.crashes or expected.failures):
        entries = sum(report.summary.ledger_entries for report in reports)
        assert entries == expected.entries, "what was finished before a stop was done again, or not at all"


def check_on(orchestrator: str, seed: int, **options: object) -> None:
    """Run a seed on an orchestrator of real workers, without the adversary."""
    scenario = evolve(Scenario.of(seed), stops=())
    with any_time_slices(scenario), _inputs(scenario) as (inputs, _):
        report = run(
            scenario.build(),
            inputs,
            orchestrator=orchestrator,
            orchestrator_options=options,
            registry=REGISTRY,
            retry_options={"attempts": scenario.attempts, "base": 0.0},
            faults=scenario.profile,
            latency_scale=1e-6,
            seed=scenario.seed,
            chunk_size=scenario.chunk_size,
            limits=LIMITS,
        )
    check_report(Expected.of(scenario), report, with_ledger=True)


def check_seeds(first: int, last: int) -> None:
    """Check the seeds from ``first`` to before ``last``; an error names its seed."""
    for seed in range(first, last):
        try:
            check_seed(seed)
        except Exception as error:
            error.add_note(f"Replay: hatch run python tests/support/pipeline_simulation.py {seed}")
            raise


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(Scenario.of(int(argument)))
        check_seed(int(argument))
