"""How threads and coroutines are measured while they wait."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from types import coroutine
from typing import Any

import pytest

from pipeline_optimization.engine.waiting import ThreadTime, Turns, counted_for_this_thread, thread_waits


@coroutine
def pause() -> Generator[None, None, None]:
    """Let the event loop go on with others."""
    yield


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_coroutine_is_closed_in_any_context() -> None:
    """The garbage collector closes what an event loop has left, in another context. What the coroutine holds is closed all the same."""
    closed: list[str] = []

    async def hold() -> None:
        try:
            await pause()
        finally:
            closed.append("held")

    held = hold()
    turns: Generator[Any, Any, None] = Turns(held).__await__()
    Context().run(next, turns)
    with pytest.raises(ValueError, match="different Context"):
        turns.close()
    assert closed == ["held"]


def test_a_thread_that_helps_is_measured_no_longer() -> None:
    """A pool's thread does other work afterwards, which nobody measures."""
    time_here = ThreadTime()
    with ThreadPoolExecutor(1) as pool:
        elsewhere, add_up = counted_for_this_thread(lambda: thread_waits.is_timed)
        assert pool.submit(elsewhere).result()
        add_up()
        assert not pool.submit(lambda: thread_waits.is_timed).result()
    time_here.end()
