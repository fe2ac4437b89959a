"""The contract of orchestrators as a test class.

Derive from it, name the orchestrator, and run pytest::

    class TestThreaded(OrchestratorContract):
        name = "threaded"
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Mapping, Sequence

from pipeline_optimization import Registry, RunReport, count_anagrams
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults
from pipeline_optimization.engine.wire import Call, encode_call
from pipeline_optimization.engine.worker import Stage, WorkerSetup
from pipeline_optimization.types import Attempt, Completion, OpenContext, Orchestrator

__all__ = ["OrchestratorContract"]

TEXT = "Stop! The silent cat's tea-pot, the post, the spot; 3 cats act, listen: stop."


class OrchestratorContract:
    """Checks of behaviour, each against the sequential reference where there is something to compare.

    ``name`` is the orchestrator's, ``options`` what it is built with; override ``make`` to build it differently.
    ``runs_in_poll`` says that it has no workers of its own, so that ``poll`` lasts as long as an attempt.
    """

    name: str
    options: Mapping[str, object] = {}
    runs_in_poll = False

    def make(self) -> Orchestrator:
        """Build the orchestrator under test."""
        return Registry.load().orchestrator(self.name, self.options).build()

    def count(self, text: str, orchestrator: Orchestrator | None = None, **options: object) -> RunReport:
        """Count a text with the orchestrator under test."""
        return count_anagrams(text, orchestrator=orchestrator or self.make(), **options)  # type: ignore[arg-type]

    def reference(self, text: str, **options: object) -> RunReport:
        """Count a text with the sequential orchestrator."""
        return count_anagrams(text, **options)  # type: ignore[arg-type]

    def test_cat(self) -> None:
        """The simplest text has the simplest counts."""
        assert self.count("cat").anagram_counts == {"act": 1, "cat": 1, "tac": 1}

    def test_empty_input(self) -> None:
        """No text, no items, no counts, and a run that ends."""
        report = self.count("")
        assert report.is_complete
        assert report.anagram_counts == {}

    def test_repeated_words(self) -> None:
        """Every occurrence counts."""
        assert self.count("cat " * 50, chunk_size=7).anagram_counts["cat"] == 50

    def test_many_chunks(self) -> None:
        """Many small chunks give the counts of one large one."""
        text = TEXT * 20
        assert self.count(text, chunk_size=16).anagram_counts == self.reference(text).anagram_counts

    def test_failures_are_survived(self) -> None:
        """Under the profile ``heavy`` and with enough retries, counts and ledger equal the reference's."""
        self._compare_under_faults(attempts=50)

    def test_failures_for_good(self) -> None:
        """With too few attempts, the same items fail for good as in the reference, and the report says so."""
        report = self._compare_under_faults(attempts=1)
        assert not report.is_complete

    def _compare_under_faults(self, *, attempts: int) -> RunReport:
        options: dict[str, object] = {
            "faults": "heavy",
            "latency_scale": 0.0,
            "retry": "fixed",
            "retry_options": {"attempts": attempts, "delay": 0.0},
            "seed": 11,
        }
        report, reference = self.count(TEXT, None, **options), self.reference(TEXT, **options)
        assert report.anagram_counts == reference.anagram_counts
        assert report.failures == reference.failures
        assert (report.ledger_entries, report.ledger_digest) == (reference.ledger_entries, reference.ledger_digest)
        return report

    def test_a_second_run(self) -> None:
        """The same object runs again after it was closed."""
        orchestrator = self.make()
        first, second = self.count("cat", orchestrator), self.count("dog", orchestrator)
        assert (set(first.anagram_counts), set(second.anagram_counts)) == ({"act", "cat", "tac"}, {"dog", "god"})

    def test_close_is_idempotent(self) -> None:
        """Closing twice, or before opening, does nothing."""
        orchestrator = self.make()
        orchestrator.close(force=False)
        self.count("cat", orchestrator)
        orchestrator.close(force=True)
        orchestrator.close(force=False)

    def test_nothing_is_left_behind(self) -> None:
        """After a run there are as many threads and open descriptors as before it."""
        self.count("cat")  # the first run may start helpers that serve all later ones
        gc.collect()
        before = (threading.active_count(), _descriptors())
        self.count(TEXT, chunk_size=8)
        gc.collect()
        assert (threading.active_count(), _descriptors()) == before

    def test_a_forced_close_waits_for_nobody(self) -> None:
        """``close(force=True)`` ends attempts that would wait for an hour, and leaves no thread behind."""
        self.count("cat")
        before = threading.active_count()
        plan = FaultPlan(tasks={"wait": TaskFaults(0.0, 3600.0)})
        orchestrator = self.make()
        setup = WorkerSetup(build=_no_stages, argument=None, faults=plan)
        orchestrator.open(OpenContext(run_id="", worker_init=setup.to_bytes()))
        for number in range(3):
            payload = encode_call(Call("wait", str(number), 1, b""))
            orchestrator.submit(Attempt(id=number, item=str(number), number=1, payload=payload))
        if not self.runs_in_poll:
            orchestrator.poll(0.2)
        orchestrator.close(force=True)
        assert threading.active_count() == before

    def test_poll_without_work(self) -> None:
        """``poll`` with nothing in flight answers with nothing, in time."""
        orchestrator = self.make()
        orchestrator.open(OpenContext(run_id="", worker_init=b""))
        completions: Sequence[Completion] = orchestrator.poll(0.0)
        orchestrator.close(force=True)
        assert not completions

    def test_slots(self) -> None:
        """There is at least one slot."""
        assert self.make().slots >= 1


def _no_stages(argument: object) -> Mapping[str, Stage]:
    return {}


def _descriptors() -> int:
    """Return how many descriptors this process has open, or 0 where the system does not say."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0
