"""A measured process records its stage calls, whoever makes them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from insistent import attempt
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults, fault_key
from pipeline_optimization.engine.journal import VARIABLE, CallRecord, Journal, Settings
from pipeline_optimization.errors import InjectedFault
from pipeline_optimization.orchestrator import TaskOrchestrator
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams

SETTINGS = Settings(execution=1, faults="exercise", latency_scale=0.001, seed=5, case="small")
PLAN = FaultPlan(tasks={"find_anagrams": TaskFaults(0.10, 0.25)}, latency_scale=0.001, seed=5, case="small")


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """A journal whose first execution has begun."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    journal = Journal(tmp_path)
    journal.begin(SETTINGS)
    return journal


def expected(word: str, number: int) -> tuple[str, str, int, str]:
    fails = PLAN.draw("find_anagrams", fault_key(word), number).fails
    return ("find_anagrams", word, number, "injected" if fails else "ok")


def facts(calls: list[CallRecord]) -> list[tuple[str, str, int, str]]:
    return sorted((call.task, call.key, call.number, call.outcome) for call in calls)


def test_direct_calls_are_recorded(journal: Journal) -> None:
    """Each call is recorded with what was drawn for it and how long it took."""
    for _ in range(20):
        attempt("cat")
    calls = journal.calls(1)
    assert facts(calls) == [expected("cat", number) for number in range(1, len(calls) + 1)]
    assert {call.outcome for call in calls} == {"ok", "injected"}
    assert all(call.ended - call.began >= call.latency * 1e9 > 0 for call in calls)


def test_calls_are_numbered_across_processes(journal: Journal) -> None:
    """Workers that share no memory meet the faults that one process alone would meet."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(attempt, ["cat"] * 40))
    calls = journal.calls(1)
    assert len(calls) > 40
    assert facts(calls) == [expected("cat", number) for number in range(1, len(calls) + 1)]


def test_workers_follow_the_execution(journal: Journal) -> None:
    """A pool that outlives an execution meets the faults of the next one."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        pool.submit(attempt, "cat").result()
        journal.begin(Settings(execution=2, faults="exercise", latency_scale=0.002, seed=6, case="small"))
        pool.submit(attempt, "cat").result()
    assert {call.latency for call in journal.calls(1)} == {0.25 * 0.001}
    assert {call.latency for call in journal.calls(2)} == {0.25 * 0.002}
    assert journal.calls(2)[0].number == 1


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio", "multiprocess"])
def test_the_engine_records_the_same_calls(journal: Journal, orchestrator: str) -> None:
    """Attempts of the engine are recorded like direct calls, in every orchestrator."""
    # A fork server that an earlier test started would not know of the journal.
    options = {"start": "spawn"} if orchestrator == "multiprocess" else {}
    result = TaskOrchestrator(orchestrator, options=options).process_text("cat dog cat god")
    assert result["anagram_counts"]["act"] == 2
    words = [call for call in facts(journal.calls(1)) if call[0] == "find_anagrams"]
    assert words == [expected(word, number) for word, number in sorted((word, n) for _, word, n, _ in words)]
    assert {call.task for call in journal.calls(1)} == {"filter_input", "get_words", "find_anagrams"}


def test_an_error_is_no_success(journal: Journal) -> None:
    """A task that raises an error of its own is recorded as such."""
    with pytest.raises(AttributeError):
        attempt("cat", index=object())
    assert journal.calls(1)[-1].outcome == "error"


def test_an_event_loop_waits_for_many_at_once(journal: Journal) -> None:
    """``call_async`` meets the same faults as the plain call, without blocking the loop."""

    async def gather() -> list[object]:
        calls = (find_anagrams.call_async(word) for word in ("cat", "dog", "tea"))
        return await asyncio.gather(*calls, return_exceptions=True)

    results = asyncio.run(gather())
    calls = journal.calls(1)
    assert facts(calls) == [expected(word, 1) for word in ("cat", "dog", "tea")]
    assert [isinstance(result, InjectedFault) for result in results] == [
        PLAN.draw("find_anagrams", word, 1).fails for word in ("cat", "dog", "tea")
    ]
    assert max(call.began for call in calls) < min(call.ended for call in calls)


def test_half_a_line_is_no_record(journal: Journal) -> None:
    """What a killed process left behind does not spoil the rest."""
    attempt("cat")
    with (journal.directory / "1.log").open("ab") as stream:
        stream.write(b'["find_anagrams", "do')
    assert journal.calls(1)
