"""Has 1,500 threads wait for a call each, which takes as many connections."""

from __future__ import annotations

import threading
from typing import Any

from honest import TaskOrchestrator as Honest

from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.retry_task import retry

THREADS = 1500


class TaskOrchestrator(Honest):
    def count(self, words: list[str]) -> dict[str, int]:
        everyone = threading.Barrier(THREADS)
        done = []

        def call(number: int) -> None:
            everyone.wait()
            done.append(retry(find_anagrams, words[number % len(words)]))
            everyone.wait()

        threads = [threading.Thread(target=call, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(done) == THREADS
        return super().count(words)

    def process_text(self, text: str) -> dict[str, Any]:
        return super().process_text(text)
