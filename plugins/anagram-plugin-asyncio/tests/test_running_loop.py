"""The orchestrator ``asyncio`` works where an event loop is running already: in a notebook, in a server."""

from __future__ import annotations

import asyncio

from anagram_plugin_asyncio.orchestrator import AsyncioOrchestrator
from pipeline_optimization import count_anagrams
from pipeline_optimization.orchestrator import TaskOrchestrator
from pipeline_optimization.testing import check_orchestrator
from pipeline_optimization.types import Capabilities

TEXT = "the cat sat and acted on a listening silent tac"


def test_contract_in_a_running_loop() -> None:
    """In a running loop it keeps the whole contract."""

    async def checked() -> list[str]:
        results = check_orchestrator(
            lambda: AsyncioOrchestrator(1000),
            capabilities=Capabilities(isolation="none", announces_start=True),
        )
        return [str(result) for result in results if result.status == "failed"]

    assert asyncio.run(checked()) == []


def test_counts_and_ledger_in_a_running_loop() -> None:
    """The counts and the ledger are those of the same run outside a loop."""

    async def counted() -> tuple[object, object]:
        report = count_anagrams(TEXT, orchestrator="asyncio", faults="exercise", latency_scale=0.0, seed=3)
        return report.anagram_counts, report.ledger_digest

    outside = count_anagrams(TEXT, orchestrator="asyncio", faults="exercise", latency_scale=0.0, seed=3)
    assert asyncio.run(counted()) == (outside.anagram_counts, outside.ledger_digest)


def test_task_orchestrator_in_a_running_loop() -> None:
    """``process_text`` works in a running loop, too."""

    async def counted() -> dict[str, int]:
        return TaskOrchestrator("asyncio", faults="none").process_text("cat")["anagram_counts"]

    assert asyncio.run(counted()) == {"act": 1, "cat": 1, "tac": 1}
