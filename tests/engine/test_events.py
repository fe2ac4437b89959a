"""The stream of events of a run: what is told of attempts does not depend on who runs them."""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve

from event_stories import Kept, story_of_counting
from generated_pipelines import Scenario
from logging_functions import tells_secrets
from pipeline_optimization import Limits, Pipeline, Registry, count_anagrams, run
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import (
    AttemptEnded,
    Orchestrator,
    RunFinished,
    RunStarted,
    TaskFailed,
    TaskLogged,
)
from pipeline_simulation import LIMITS, _inputs

SEEDS = [seed for seed in range(50) if not {"deadly", "scarce"} & set(Scenario.of(seed).steps)]
"""Those of scenarios in which no worker dies, and nothing waits for a rate, which takes real time on real orchestrators."""


def story_of(scenario: Scenario, orchestrator: str | Orchestrator, **options: Any) -> Counter[object]:
    registry, kept = Registry.load(), Kept()
    registry.register(kept, "kept")
    with _inputs(evolve(scenario, stops=())) as (inputs, _):
        run(
            scenario.build(),
            inputs,
            orchestrator=orchestrator,
            orchestrator_options=options,
            registry=registry,
            retry_options={"attempts": scenario.attempts, "base": 0.0},
            faults=scenario.profile,
            latency_scale=1e-6,
            seed=scenario.seed,
            chunk_size=scenario.chunk_size,
            limits=LIMITS,
        )
    return kept.story


@pytest.mark.parametrize("orchestrator", ["threaded", "asyncio"])
def test_attempts_are_the_same_on_every_orchestrator(orchestrator: str) -> None:
    """Under one seed the events of attempts and retries are equal but for times, workers, slots, and how bundles are cut."""
    for seed in SEEDS:
        scenario = Scenario.of(seed)
        assert story_of(scenario, orchestrator) == story_of(scenario, "sequential"), f"seed {seed}"


def test_attempts_are_the_same_in_virtual_time() -> None:
    """As above, with imagined workers and times."""
    for seed in SEEDS:
        scenario = Scenario.of(seed)
        virtual = VirtualOrchestrator(scenario.slots)
        assert story_of(scenario, virtual) == story_of(scenario, "sequential"), f"seed {seed}"


def test_attempts_are_the_same_in_processes() -> None:
    """As above, where attempts cross borders; a few seeds, since processes take long to start."""
    for seed in SEEDS[:3]:
        scenario = Scenario.of(seed)
        assert story_of(scenario, "multiprocess", workers=2) == story_of(scenario, "sequential"), f"seed {seed}"


def refuses_three(number: int) -> int:
    if number == 3:
        raise ValueError("no")
    return number


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded"])
def test_an_element_that_failed_among_others_names_its_bundle(orchestrator: str) -> None:
    """So does its attempt in the bundle's; those that it is tried again with are its own."""
    registry, kept = Registry.load(), Kept()
    registry.register(kept, "kept")
    numbers = Pipeline("numbers").lines().map(int).map(refuses_three).count()
    run(
        numbers,
        "0\n1\n2\n3\n4\n",
        orchestrator=orchestrator,
        registry=registry,
        retry_options={"attempts": 2, "base": 0.0},
    )
    assert [(one.attempt, one.bundle, one.handed_out_ns is None) for one in kept.attempts] == [
        (1, "", False),
        (1, kept.attempts[0].item, True),
        (2, "", False),
    ]


@pytest.mark.parametrize("orchestrator", ["threaded", "asyncio", "multiprocess"])
def test_attempts_of_counting_are_the_same(orchestrator: str) -> None:
    """The stages of counting anagrams, under faults: each attempt is told once, with the same facts."""
    assert story_of_counting(orchestrator=orchestrator) == story_of_counting(orchestrator="sequential")


def test_the_command_is_told_without_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Observers write events into files: a password that stood on the command line is not in them."""
    monkeypatch.setattr("sys.argv", ["anagram", "run", "-o", "sink.url=postgresql://ann:geheim@host/shop"])
    registry, told = Registry.load(), Started()
    registry.register(told, "told")
    count_anagrams("cat", registry=registry)
    assert told.command == ("anagram", "run", "-o", "sink.url=postgresql://ann:***@host/shop")


SECRET_URLS = ("postgresql://ann:geheim@host/db refused", "no https://host/o?X-Amz-Signature=geheim here")


class Everything:
    """Keeps all events of failures and of their ends."""

    def __init__(self) -> None:
        self.events: list[object] = []

    @hookimpl
    def anagram_attempt_ended(self, event: AttemptEnded) -> None:
        self.events.append(event)

    @hookimpl
    def anagram_task_failed(self, event: TaskFailed) -> None:
        self.events.append(event)

    @hookimpl
    def anagram_task_logged(self, event: TaskLogged) -> None:
        self.events.append(event)

    @hookimpl
    def anagram_run_finished(self, event: RunFinished) -> None:
        self.events.append(event)


@pytest.mark.parametrize("url", SECRET_URLS)
@pytest.mark.parametrize("orchestrator", ["sequential", "multiprocess"])
def test_errors_and_logs_are_told_without_secrets(orchestrator: str, url: str) -> None:
    """Messages, tracebacks, log records and the reason of a stop: URLs in them have no passwords and no keys; the report has the error as it was."""
    registry, told = Registry.load(), Everything()
    registry.register(told, "told")
    report = run(
        Pipeline("p").values(str).map(tells_secrets).count(),
        [url],
        orchestrator=orchestrator,
        retry="none",
        limits=Limits(stops_on_failure=True),
        registry=registry,
    )
    assert report.failed_items[0].error.message == url
    assert {type(one) for one in told.events} == {AttemptEnded, TaskFailed, TaskLogged, RunFinished}
    for event in told.events:
        assert b"geheim" not in pickle.dumps(event)
    (failed,) = [one for one in told.events if isinstance(one, TaskFailed)]
    assert failed.error.message == url.replace("geheim", "***")
    assert "tells_secrets" in failed.error.traceback


@pytest.mark.parametrize("url", SECRET_URLS)
def test_the_error_of_a_run_is_told_without_secrets(url: str) -> None:
    """Also one that comes from the input, and ends the run."""

    def values() -> Iterator[str]:
        yield "a"
        raise ValueError(url)

    registry, told = Registry.load(), Everything()
    registry.register(told, "told")
    with pytest.raises(Exception, match="geheim"):
        run(Pipeline("p").values(str).map(str.upper).count(), values(), registry=registry)
    (finished,) = [one for one in told.events if isinstance(one, RunFinished)]
    assert finished.error is not None
    assert b"geheim" not in pickle.dumps(finished)


class Started:
    """Keeps the command of a run."""

    command: tuple[str, ...] = ()

    @hookimpl
    def anagram_run_started(self, event: RunStarted) -> None:
        self.command = tuple(event.command)
