"""Contenders that call the tasks themselves retry as the engine does: the same policy, the same delays."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_optimization.benchmarks.anagrams.stages import fault_plan
from pipeline_optimization.builtin.retry_policies import ExponentialOptions, ExponentialPolicy
from pipeline_optimization.engine.faults import TASK_SERVER, FaultSettings, fault_key
from pipeline_optimization.engine.work import Item, ItemState, Retrying
from pipeline_optimization.errors import InjectedFault, OptionError, UnknownComponentError, UsageError
from pipeline_optimization.orchestrator import TaskOrchestrator
from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.retry_settings import RetrySettings
from pipeline_optimization.tasks.retry_task import retry, retry_async
from pipeline_optimization.tasks.task_decorator import task
from pipeline_optimization.types import ErrorRecord
from task_server_thread import serving

SCALE = 0.5


@task(failure_rate=1.0, sleep_time=0.0)
def doomed(argument: str) -> str:
    return argument


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were slept, which took no time; faults are drawn by seed 3 at scale 0.5."""
    found: list[float] = []

    async def sleep(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr(time, "sleep", found.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    for name, value in (("ANAGRAM_FAULTS", "exercise"), ("ANAGRAM_LATENCY_SCALE", str(SCALE)), ("ANAGRAM_SEED", "3")):
        monkeypatch.setenv(name, value)
    for name in ("ANAGRAM_RETRY", "ANAGRAM_RETRY_OPTIONS", TASK_SERVER):
        monkeypatch.delenv(name, raising=False)
    return found


def delays_of_the_engine(argument: str) -> list[float]:
    retrying = Retrying(ExponentialPolicy(ExponentialOptions()), seed=3, case="", scale=SCALE)
    state = ItemState(item=Item(id="0:x", task="doomed", fault_key=fault_key(argument)), earliest=0.0)
    found = []
    while (delay := retrying.next_delay(state, ErrorRecord(type="InjectedFault", message=""), 0.0)) is not None:
        found.append(delay)
    return found


def test_delays_are_those_of_the_engine(slept: list[float]) -> None:
    """A task with this argument waits what an item of the engine with it waits, blocking or awaited."""
    expected = delays_of_the_engine("Cat")
    assert len(expected) == 9
    with pytest.raises(InjectedFault):
        retry(doomed, "cat")
    assert slept == expected
    slept.clear()
    with pytest.raises(InjectedFault):
        asyncio.run(retry_async(doomed, "cat"))
    assert slept == expected
    assert delays_of_the_engine("dog") != expected


def test_the_environment_names_the_policy(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """``ANAGRAM_RETRY`` and ``ANAGRAM_RETRY_OPTIONS`` choose it, for tasks and for TaskOrchestrator."""
    for name, value in RetrySettings(name="fixed", options={"delay": "4", "attempts": "3"}).to_environment().items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InjectedFault):
        retry(doomed, "cat")
    assert slept == [2.0, 2.0]
    monkeypatch.setenv("ANAGRAM_RETRY_OPTIONS", "delay=soon")
    with pytest.raises(OptionError, match="delay"):
        retry(doomed, "cat")
    with pytest.raises(OptionError, match="delay"):
        TaskOrchestrator().process_text("cat")
    monkeypatch.setenv("ANAGRAM_RETRY_OPTIONS", "4")
    with pytest.raises(OptionError, match="ANAGRAM_RETRY_OPTIONS takes KEY=VALUE, not '4'"):
        retry(doomed, "cat")
    monkeypatch.delenv("ANAGRAM_RETRY_OPTIONS")
    monkeypatch.setenv("ANAGRAM_RETRY", "nobody")
    with pytest.raises(UnknownComponentError, match="nobody"):
        retry(doomed, "cat")


def test_settings_survive_the_environment() -> None:
    """Any option's value, with blanks and quotes in it, comes back; the label says what is not the default."""
    settings = RetrySettings(name="tenacity", options={"wait": "it's a 'wait'", "attempts": 3})
    again = RetrySettings.from_environment(settings.to_environment())
    assert again == RetrySettings(name="tenacity", options={"wait": "it's a 'wait'", "attempts": "3"})
    assert again.label == settings.label == "tenacity attempts=3 wait=it's a 'wait'"
    assert RetrySettings.from_environment({}) == RetrySettings()
    assert RetrySettings().label == "exponential"


def test_the_record_tells_the_policy_of_each_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls under a policy bear its label, whoever makes them; calls of a loop of one's own bear none."""
    monkeypatch.setenv("ANAGRAM_RETRY", "fixed")
    monkeypatch.setenv("ANAGRAM_FAULTS", "latency")
    with serving(fault_plan(FaultSettings(profile="latency", latency_scale=1e-6, seed=3)), tmp_path) as server:
        monkeypatch.setenv(TASK_SERVER, server.address)

        def labels(call: Callable[[], object]) -> set[str]:
            server.begin()
            call()
            return {call.policy for call in server.calls()}

        assert labels(lambda: retry(filter_input, "cat")) == {"fixed"}
        assert labels(lambda: asyncio.run(retry_async(filter_input, "cat"))) == {"fixed"}
        assert labels(lambda: filter_input("cat")) == {""}
        assert labels(lambda: TaskOrchestrator().process_text("cat")) == {"fixed"}
        assert labels(lambda: TaskOrchestrator(retry="none").process_text("cat")) == {"none"}


def test_wrong_settings_are_usage_errors() -> None:
    """What the environment has wrong is the user's to mend."""
    with pytest.raises(UsageError, match="ANAGRAM_RETRY_OPTIONS"):
        RetrySettings.from_environment({"ANAGRAM_RETRY_OPTIONS": "delay='1"})
