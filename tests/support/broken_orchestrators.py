"""Orchestrators that are wrong in one way each, made of one that is right."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Sequence
from typing import ClassVar

from attrs import evolve

from pipeline_optimization.engine.wire import Answer, decode_answer, encode_answer
from pipeline_optimization.engine.worker import Worker
from pipeline_optimization.types import Attempt, Capabilities, Completion, NoOptions, OpenContext, Orchestrator

__all__ = ["BROKEN", "SleepsInPoll", "Sound", "WaitsInPoll", "WaitsOnForcedClose"]


class Sound:
    """A thread for each slot; says what it can do. Every method may be broken by itself."""

    capabilities: ClassVar[Capabilities] = Capabilities()
    slots: int = 2

    def __init__(self, options: NoOptions | None = None) -> None:
        self._reset()

    def _reset(self) -> None:
        self.worker: Worker | None = None
        self.waiting: list[Attempt] = []
        self.done: list[Completion] = []
        self.news = threading.Condition()
        self.stop = threading.Event()
        self.threads: list[threading.Thread] = []

    def open(self, context: OpenContext) -> None:
        self._reset()
        self.worker = Worker(context.worker_init)
        self.threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self.slots)]
        for thread in self.threads:
            thread.start()

    def _work(self) -> None:
        news, stop = self.news, self.stop
        while True:
            with news:
                while not self.waiting:
                    if stop.is_set():
                        return
                    news.wait()
                attempt = self.waiting.pop(0)
            completion = self.run(attempt)
            with news:
                self.done += self.report(attempt, completion)
                news.notify_all()

    def run(self, attempt: Attempt) -> Completion:
        assert self.worker is not None
        answer = self.worker.run_attempt(attempt.payload, sleep=self.stop.wait)
        return Completion(id=attempt.id, status="done", payload=answer, worker="thread")

    def report(self, attempt: Attempt, completion: Completion) -> list[Completion]:
        return [completion]

    def submit(self, attempt: Attempt) -> None:
        with self.news:
            self.waiting.append(attempt)
            self.news.notify_all()

    def poll(self, timeout: float) -> Sequence[Completion]:
        with self.news:
            if not self.done:
                self.news.wait(timeout)
            found, self.done = self.done, []
            return found

    def cancel(self, attempt_id: int) -> bool:
        with self.news:
            before = len(self.waiting)
            self.waiting = [attempt for attempt in self.waiting if attempt.id != attempt_id]
            return len(self.waiting) < before

    def close(self, *, force: bool) -> None:
        with self.news:
            self.waiting.clear()
            self.stop.set()
            self.news.notify_all()
        for thread in self.threads:
            thread.join()
        self.threads = []
        self.end_worker()

    def end_worker(self) -> None:
        if self.worker is not None:
            self.worker.close()


class DropsAnItem(Sound):
    """Forgets an attempt."""

    def report(self, attempt: Attempt, completion: Completion) -> list[Completion]:
        return [] if attempt.id == 5 else [completion]


class DoublesOnRetry(Sound):
    """Reports a repeated attempt twice."""

    def report(self, attempt: Attempt, completion: Completion) -> list[Completion]:
        return [completion] * (2 if attempt.number > 1 else 1)


class SwallowsErrors(Sound):
    """Calls a failure a success."""

    def report(self, attempt: Attempt, completion: Completion) -> list[Completion]:
        answer = decode_answer(completion.payload)
        return [completion] if answer.error is None else [evolve(completion, payload=encode_answer(Answer()))]


class LosesTracebacks(Sound):
    """Keeps an error's message only."""

    def report(self, attempt: Attempt, completion: Completion) -> list[Completion]:
        answer = decode_answer(completion.payload)
        if answer.error is None:
            return [completion]
        error = evolve(answer.error, traceback="")
        return [evolve(completion, payload=encode_answer(Answer(error=error, latency=answer.latency)))]


class RewritesAnswers(Sound):
    """Takes answers for text."""

    def report(self, attempt: Attempt, completion: Completion) -> list[Completion]:
        answer = decode_answer(completion.payload)
        result = answer.result.replace(b"\r\n", b"\n")
        return [evolve(completion, payload=encode_answer(answer._replace(result=result)))]


class SwapsIds(Sound):
    """Reports answers under the wrong ids."""

    def report(self, attempt: Attempt, completion: Completion) -> list[Completion]:
        return [evolve(completion, id=attempt.id + 1 if attempt.id % 2 else attempt.id - 1)]


class TruncatesLargeAnswers(Sound):
    """Has a buffer of 1 MiB."""

    def report(self, attempt: Attempt, completion: Completion) -> list[Completion]:
        answer = decode_answer(completion.payload)
        return [evolve(completion, payload=encode_answer(answer._replace(result=answer.result[: 1 << 20])))]


class HasNoSlots(Sound):
    """Has not counted its workers yet."""

    slots = 0


class InventsCompletions(Sound):
    """Answers though nothing was asked."""

    def poll(self, timeout: float) -> Sequence[Completion]:
        if self.worker is not None and not self.done and not self.waiting and timeout == 0.0:
            return [Completion(id=99_999, status="lost", worker="nobody")]
        return super().poll(timeout)


class IsAnonymous(Sound):
    """Says of no worker who it is."""

    def report(self, attempt: Attempt, completion: Completion) -> list[Completion]:
        return [evolve(completion, worker="")]


class BlocksInSubmit(Sound):
    """Waits for a free slot before it takes an attempt."""

    def submit(self, attempt: Attempt) -> None:
        super().submit(attempt)
        with self.news:
            self.news.wait_for(lambda: not self.waiting and not self.is_busy, timeout=1.0)

    is_busy = False

    def run(self, attempt: Attempt) -> Completion:
        self.is_busy = True
        try:
            return super().run(attempt)
        finally:
            self.is_busy = False


class SleepsInPoll(Sound):
    """Waits its time out."""

    def poll(self, timeout: float) -> Sequence[Completion]:
        time.sleep(timeout)
        return super().poll(0.0)


class WaitsInPoll(Sound):
    """Does not return before something is done."""

    def poll(self, timeout: float) -> Sequence[Completion]:
        return super().poll(4.5 if timeout == 0.05 and self.worker is not None else timeout)


class ReadsAhead(Sound):
    """Starts a thread for whatever comes, however few slots it says it has."""

    def submit(self, attempt: Attempt) -> None:
        thread = threading.Thread(target=self._run_one, args=(attempt,), daemon=True)
        self.threads.append(thread)
        thread.start()

    def _run_one(self, attempt: Attempt) -> None:
        completion = self.run(attempt)
        with self.news:
            self.done.append(completion)
            self.news.notify_all()

    def cancel(self, attempt_id: int) -> bool:
        return False


class ClaimsProcesses(Sound):
    """Says that a crash costs one process, and means the only one there is."""

    capabilities = Capabilities(isolation="process")


class ClaimsParallelism(Sound):
    """Says that it runs attempts side by side, and lets one wait for the other."""

    capabilities = Capabilities(is_parallel=True)
    lock = threading.Lock()

    def run(self, attempt: Attempt) -> Completion:
        with self.lock:
            return super().run(attempt)


class ClaimsToAnnounce(Sound):
    """Says that it announces what starts."""

    capabilities = Capabilities(announces_start=True)


class LiesAboutCancelling(Sound):
    """Says that it cancelled, and goes on."""

    def cancel(self, attempt_id: int) -> bool:
        return True


class ClaimsToKill(Sound):
    """Says that it can end what runs."""

    capabilities = Capabilities(can_kill=True)

    def close(self, *, force: bool) -> None:
        self.stop.set()
        with self.news:
            self.waiting.clear()
            self.news.notify_all()
        for thread in self.threads:
            thread.join(timeout=0.5)
        self.end_worker()


class RemembersItsFirstRun(Sound):
    """Keeps the worker of its first run."""

    first: Worker | None = None

    def open(self, context: OpenContext) -> None:
        super().open(context)
        self.first = self.worker = self.first or self.worker


class ClosesOnce(Sound):
    """Cannot be closed before it was opened."""

    def close(self, *, force: bool) -> None:
        if self.worker is None:
            raise RuntimeError("not open")
        super().close(force=force)


class LeaksItsPool(Sound):
    """Leaves its threads to themselves."""

    def close(self, *, force: bool) -> None:
        with self.news:
            self.waiting.clear()
        self.end_worker()


class ForgetsItsWorker(Sound):
    """Ends its threads, and not what they worked with."""

    def end_worker(self) -> None:
        self.worker = None


class WaitsOnForcedClose(Sound):
    """Lets every latency pass before it closes, or a second of it."""

    def run(self, attempt: Attempt) -> Completion:
        assert self.worker is not None
        answer = self.worker.run_attempt(attempt.payload, sleep=lambda seconds: time.sleep(min(seconds, 4.0)))
        return Completion(id=attempt.id, status="done", payload=answer, worker="thread")

    def close(self, *, force: bool) -> None:
        with self.news:
            self.waiting.clear()
            self.stop.set()
            self.news.notify_all()
        for thread in self.threads:
            thread.join(timeout=0.5)
        self.end_worker()


class IgnoresCtrlC(Sound):
    """Switches Ctrl-C off while it is open."""

    def open(self, context: OpenContext) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        super().open(context)

    def close(self, *, force: bool) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        super().close(force=force)


BROKEN: dict[type[Orchestrator], str] = {
    DropsAnItem: "reports_each_attempt",
    DoublesOnRetry: "reports_once",
    SwallowsErrors: "errors_are_kept",
    LosesTracebacks: "errors_are_kept",
    RewritesAnswers: "answers_untouched",
    SwapsIds: "answers_untouched",
    TruncatesLargeAnswers: "large_answers",
    HasNoSlots: "slots",
    InventsCompletions: "poll_without_work",
    IsAnonymous: "workers_are_named",
    BlocksInSubmit: "submit_does_not_wait",
    SleepsInPoll: "poll_wakes",
    WaitsInPoll: "poll_keeps_its_time",
    ReadsAhead: "slots_are_honest",
    ClaimsProcesses: "isolation_is_honest",
    ClaimsParallelism: "parallelism_is_honest",
    ClaimsToAnnounce: "starts_are_announced",
    LiesAboutCancelling: "cancel_is_honest",
    ClaimsToKill: "cancel_kills",
    RemembersItsFirstRun: "second_run",
    ClosesOnce: "close_is_idempotent",
    LeaksItsPool: "nothing_is_left_behind",
    ForgetsItsWorker: "workers_are_closed",
    WaitsOnForcedClose: "forced_close",
    IgnoresCtrlC: "interruption",
}
"""Each with the check that catches it."""
