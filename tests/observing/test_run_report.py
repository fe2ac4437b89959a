"""What is made of a run's events: the digest, the report's page, the trace and the metrics."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.observing.digest import MOST_SLICES, Digest, TaskDigest, Timeline
from pipeline_optimization.observing.metrics import BOUNDS, Metrics
from pipeline_optimization.observing.page.report import page_of
from pipeline_optimization.observing.page.tasks import MOST_TASKS
from pipeline_optimization.observing.trace import WAIT, Trace
from pipeline_optimization.types import AttemptEnded, ErrorRecord, RunFinished, RunStarted, TaskRetried, WorkerLost
from pipeline_optimization.types.critical_path import CriticalPath, PathStep
from pipeline_optimization.types.events import RunEvent, TaskTotals

TEXT = "the cat sat on a mat and listens to tales of stone notes"
HOSTILE = "</title><script>alert(1)</script>\"'&<b>"


class Recorder:
    """Keeps all events of a run."""

    def __init__(self) -> None:
        self.events: list[RunEvent] = []

    @hookimpl
    def anagram_run_started(self, event: RunStarted) -> None:
        self.events.append(event)

    @hookimpl
    def anagram_attempt_ended(self, event: AttemptEnded) -> None:
        self.events.append(event)

    @hookimpl
    def anagram_task_retried(self, event: TaskRetried) -> None:
        self.events.append(event)

    @hookimpl
    def anagram_worker_lost(self, event: WorkerLost) -> None:
        self.events.append(event)

    @hookimpl
    def anagram_run_finished(self, event: RunFinished) -> None:
        self.events.append(event)


@pytest.fixture(params=["sequential", "threaded", "asyncio", "multiprocess"])
def events(request: pytest.FixtureRequest) -> Sequence[RunEvent]:
    """The events of a run under faults, with waits of a few milliseconds, on each local orchestrator."""
    registry, recorder = Registry.load(), Recorder()
    registry.register(recorder, "recorder")
    count_anagrams(
        TEXT, orchestrator=request.param, faults="exercise", latency_scale=0.002, seed=4, case="x", registry=registry
    )
    return recorder.events


def attempt(
    number: int = 1, *, item: str = "t:1", slot: int = 1, began: int = 0, took: int = 1_000_000, **more: Any
) -> AttemptEnded:
    facts: dict[str, Any] = {
        "run_id": "r", "item": item, "task": "t", "attempt": number, "outcome": "ok", "error": None, "status": "done",
        "worker": "w", "slot": slot, "handed_out_ns": began, "began_ns": began, "ended_ns": began + took,
        "came_back_ns": began + took, "latency_ns": 0, "bytes_in": 1, "bytes_out": 1, "elements": 1,
    }  # fmt: skip
    return AttemptEnded(**{**facts, **more})


def trace_of(events: Sequence[RunEvent]) -> list[dict[str, Any]]:
    trace = Trace()
    lines = [trace.first_line, *(line for event in events for line in trace.lines(event)), trace.last_line]
    found: list[dict[str, Any]] = json.loads("".join(lines))
    return found


def attempts_in(events: Sequence[RunEvent]) -> Iterator[AttemptEnded]:
    return (event for event in events if isinstance(event, AttemptEnded))


def test_slices_nest_within_their_slot(events: Sequence[RunEvent]) -> None:
    """In each slot a slice is inside another one or beside it, never half in it: viewers draw nothing else."""
    by_slot = defaultdict(list)
    for one in trace_of(events):
        if one["ph"] == "X":
            by_slot[one["tid"]].append((round(one["ts"] * 1000), round((one["ts"] + one["dur"]) * 1000)))
    assert by_slot
    for slices in by_slot.values():
        ends: list[int] = []
        for begin, end in sorted(slices, key=lambda one: (one[0], -one[1])):
            while ends and ends[-1] <= begin:
                ends.pop()
            assert not ends or end <= ends[-1]
            ends.append(end)


def test_a_trace_has_each_attempt_once_and_retries_as_flows(events: Sequence[RunEvent]) -> None:
    """Each attempt is a slice with its item and number, and an arrow leads from each failed attempt to the next one of its item."""
    trace = trace_of(events)
    slices = [one for one in trace if one["ph"] == "X" and "args" in one]
    told = Counter((one["args"]["item"], one["args"]["attempt"]) for one in slices)
    assert told == Counter((one.item, one.attempt) for one in attempts_in(events))
    retries = sum(one.attempt > 1 for one in attempts_in(events))
    assert retries
    begins = {(one["tid"], one["ts"]): one["args"] for one in slices}
    starts, ends = ({one["id"]: begins[one["tid"], one["ts"]] for one in trace if one["ph"] == ph} for ph in "sf")
    assert list(starts) == list(ends) == list(range(1, retries + 1))
    for failed, retry in zip(starts.values(), ends.values(), strict=True):
        assert (failed["item"], failed["attempt"]) == (retry["item"], retry["attempt"] - 1)


def test_the_retry_of_an_element_that_failed_in_a_bundle_comes_from_the_bundle() -> None:
    """The element has no slice of its own there, but a mark at the end of the bundle, and the arrow begins at the bundle's slice."""
    unknown: dict[str, Any] = {
        "slot": 0,
        "handed_out_ns": None,
        "began_ns": None,
        "ended_ns": None,
        "bundle": "lines:0",
    }
    error = ErrorRecord(type="TimeoutError", message="slow")
    trace = trace_of(
        [
            attempt(item="lines:0", slot=3, began=1_000, took=5_000, elements=2),
            attempt(item="t:1", outcome="error", error=error, status="", **unknown),
            attempt(item="t:2", outcome="error", error=error, status="failed", **unknown),
            attempt(2, item="t:1", slot=1, began=9_000, bundle=""),
        ]
    )
    marks = [one for one in trace if one["ph"] == "i"]
    assert [(one["tid"], one["ts"], one["args"]["item"]) for one in marks] == [(3, 6.0, "t:1"), (3, 6.0, "t:2")]
    assert marks[0]["args"]["error"] == "TimeoutError: slow"
    arrows = [(one["ph"], one["id"], one["tid"], one["ts"]) for one in trace if one["ph"] in "sf"]
    assert arrows == [("s", 1, 3, 1.0), ("f", 1, 1, 9.0)]


def test_waits_are_inside_their_attempt() -> None:
    """A wait is a slice of its own, never longer than the attempt. It begins a nanosecond after the attempt, so that arrows end at that."""
    outer, inner = (one for one in trace_of([attempt(took=5, latency_ns=9, waited_ns=9)]) if one["ph"] == "X")
    assert (outer["ts"], outer["dur"]) == (0.0, 0.005)
    assert (inner["name"], inner["ts"], inner["dur"]) == (WAIT, 0.001, 0.004)
    assert len([one for one in trace_of([attempt(took=1, waited_ns=1)]) if one["ph"] == "X"]) == 1


def test_a_trace_that_was_cut_off_has_whole_lines() -> None:
    """Whatever was written before a kill is lines that are JSON each, as viewers take an array without its end."""
    trace = Trace()
    text = trace.first_line + "".join(line for number in range(5) for line in trace.lines(attempt(item=f"t:{number}")))
    assert len(json.loads(text + "]")) > 5


def metrics_of(events: Sequence[RunEvent], before: str = "") -> str:
    metrics = Metrics(before=before)
    for event in events:
        metrics.note(event)
    return metrics.text()


def values(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in re.findall(r"^([^#\s]\S*) (\S+)$", text, re.MULTILINE)}


def test_metrics_count_what_happened(events: Sequence[RunEvent]) -> None:
    """Counters are the run's totals, and a histogram's count is the number of attempts."""
    found = values(metrics_of(events))
    (finished,) = (event for event in events if isinstance(event, RunFinished))
    counted = sum(value for name, value in found.items() if name.startswith("pipeline_optimization_attempts_total"))
    assert counted == sum(totals.attempts for totals in finished.tasks.values())
    retried = sum(v for name, v in found.items() if name.startswith("pipeline_optimization_retried_attempts_total"))
    assert retried == sum(totals.retries for totals in finished.tasks.values()) > 0
    measured = sum(
        v for name, v in found.items() if name.startswith("pipeline_optimization_attempt_duration_seconds_count")
    )
    assert measured == counted
    assert found['pipeline_optimization_run_complete{pipeline="anagrams"}'] == 1.0


@given(st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=50))
def test_histogram_law(seconds: list[float]) -> None:
    """A bucket counts what took at most its bound, each includes the ones before, and the last one counts all."""
    text = metrics_of([attempt(took=round(one * 1e9)) for one in seconds])
    for bound in BOUNDS:
        (count,) = re.findall(rf'_bucket{{.*le="{re.escape(f"{bound:g}")}"}} (\d+)$', text, re.MULTILINE)
        assert int(count) == sum(round(one * 1e9) / 1e9 <= bound for one in seconds)
    assert f'le="+Inf"}} {len(seconds)}\n' in text


def test_the_last_success_outlives_a_failed_run() -> None:
    """A run that fails keeps the moment at which the last one succeeded, of the same pipeline only."""
    start = RunStarted(run_id="r", time=0.0, orchestrator="o", slots=1, seed=1, pipeline="p")
    end = RunFinished(run_id="r", time=5.0, wall=1e9, is_complete=True, is_interrupted=False)
    good = metrics_of([start, end])
    failed = RunFinished(run_id="r", time=5.0, wall=2e9, is_complete=False, is_interrupted=False)
    found = values(metrics_of([start, failed], before=good))
    assert found['pipeline_optimization_run_last_success_timestamp_seconds{pipeline="p"}'] == 1e9
    assert found['pipeline_optimization_run_last_completion_timestamp_seconds{pipeline="p"}'] == 2e9
    other = RunStarted(run_id="r", time=0.0, orchestrator="o", slots=1, seed=1, pipeline="q")
    assert "last_success" not in metrics_of([other, failed], before=good)


def test_labels_are_escaped() -> None:
    """Quotes, backslashes and line feeds in names do not break a line."""
    totals = TaskTotals(items=1, attempts=1, retries=0, failures=1, lost=0, errors={'a"b\\c\nd': 1})
    start = RunStarted(run_id="r", time=0.0, orchestrator="o", slots=1, seed=1)
    end = RunFinished(run_id="r", time=1.0, is_complete=False, is_interrupted=False, tasks={"t": totals})
    assert r'error="a\"b\\c\nd"} 1' in metrics_of([start, end])


def digest_of(events: Sequence[RunEvent]) -> Digest:
    digest = Digest()
    for event in events:
        digest.note(event)
    return digest


def test_a_digest_adds_up(events: Sequence[RunEvent]) -> None:
    """Attempts, retries and failures by task are those of the run's own totals."""
    digest = digest_of(events)
    assert digest.finished is not None
    for name, totals in digest.finished.tasks.items():
        task = digest.tasks[name]
        assert (task.outcomes.total(), task.retries) == (totals.attempts, totals.retries)
        assert task.outcomes["error"] == sum(totals.errors.values())
    assert sum(one.attempts for one in digest.failures.values()) > 0
    assert digest.slices is not None
    assert len(digest.slices) == digest.attempts


def test_a_large_run_is_drawn_by_slot_and_stays_small() -> None:
    """Of more attempts than can be drawn one by one, each slot is drawn by how busy it was, and the page has a bounded size."""
    sizes = []
    for count in (MOST_SLICES + 1, 10 * MOST_SLICES):
        digest = digest_of([attempt(item=f"t:{n}", slot=n % 8, began=n * 1_000_000) for n in range(count)])
        assert digest.slices is None
        page = page_of(digest, [("computing", 1.0)])
        assert "how busy" in page or "busier" in page
        sizes.append(len(page))
    assert sizes[1] < 1.5 * sizes[0] < 1_500_000


@pytest.mark.slow
def test_the_page_of_a_million_attempts_stays_small() -> None:
    """Many tasks, workers and kinds of failures with long messages do not make it larger than 5 MB."""
    digest, error = Digest(), "x" * 1000
    for n in range(1_000_000):
        failure = ErrorRecord(type=f"Error{n % 300}", message=f"{n} {error}") if n % 50 == 7 else None
        one = attempt(item=f"t:{n}", slot=n % 100 + 1, began=n * 1_000_000)
        digest.note(one._replace(task=f"task{n % 12}", error=failure, outcome="ok" if failure is None else "error"))
    page = page_of(digest, [("computing", 1.0)])
    assert digest.attempts == 1_000_000
    assert len(page.encode()) < 5_000_000


LONG = "<&\u202e" * 50_000


def hostile_attempts(count: int, name: str) -> Iterator[AttemptEnded]:
    """Yield attempts of as many tasks, with times of many classes, of which each tenth fails in a way of its own."""
    for n in range(count):
        error = ErrorRecord(type=f"{n}{name}", message=f"{n}{name}") if n % 10 == 9 else None
        one = attempt(item=f"{n}{name}", slot=n % 200, began=n * 1_000_000, took=min(10**300, 2 ** (n % 1000)))
        yield one._replace(
            task=f"{n}{name}",
            worker=f"{n}{name}",
            outcome="ok" if error is None else "error",
            error=error,
            steps=[],
        )


@pytest.mark.parametrize(("count", "name"), [(20_000, ""), (20_000, "x" * 100), (MOST_SLICES, LONG[:20_000])])
def test_no_list_of_a_hostile_record_makes_the_page_large(count: int, name: str) -> None:
    """Of tasks, errors, slots, deaths and chains a bounded number is shown, and of long names the beginning."""
    step = PathStep(item=LONG, task=LONG, attempts=1, ran=1.0, delayed=0.0)
    start = RunStarted(
        run_id=LONG, time=0.0, orchestrator=LONG, slots=1, seed=1, pipeline=LONG, inputs=[LONG] * 5, command=[LONG] * 5,
        host=LONG, versions={f"{n}{LONG}": LONG for n in range(5)},
    )  # fmt: skip
    end = RunFinished(
        run_id="r",
        time=30.0,
        is_complete=False,
        is_interrupted=False,
        stopped=LONG,
        reason=LONG,
        critical_path=CriticalPath(seconds=1.0, steps=[step] * 500),
    )
    lost = [WorkerLost(run_id="r", time=1.0, worker=LONG, detail=LONG)] * 200
    page = page_of(digest_of([start, *hostile_attempts(count, name), *lost, end]), [(LONG, 1.0)], notes=[LONG])
    assert len(page.encode()) < 5_000_000
    assert "Not listed: 400 earlier items of the chain." in page
    assert "Not listed: 100 deaths." in page


def test_tasks_beyond_the_largest_are_one_row() -> None:
    """The row sums up their attempts and times, and the page says which tasks it lists."""
    small = [attempt(item=f"i:{n}", took=1_000)._replace(task=f"small{n:03}") for n in range(100)]
    large = [attempt(item=f"l:{n}", took=2_000_000)._replace(task=f"large{n:03}") for n in range(MOST_TASKS)]
    digest = digest_of([*small, *large, *small])
    page = page_of(digest, [])
    assert "large000" in page
    assert f"large{MOST_TASKS - 1:03}" in page
    assert "<td>small000</td>" not in page
    assert f"The {MOST_TASKS} tasks that took most of the time are listed. The last row sums up the others." in page
    assert '<tr><td>100 other tasks</td><td class="n">200</td><td class="n">0</td>' in page
    assert page.count(">100 other tasks") == 4  # in the legend, the table, and beside and on a bar of the chart
    few = page_of(digest_of(large), [])
    assert "other tasks" not in few
    assert "The last row" not in few


def test_samples_are_scaled_up() -> None:
    """An attempt that stands for ten counts ten times, and one that is shown only does not count."""
    digest = Digest()
    digest.note(attempt(), 10)
    digest.note(attempt(took=9_000_000_000), 0)
    assert (digest.attempts, digest.tasks["t"].measured) == (10, 10)
    assert max(one.seconds for one in digest.slowest) == 9.0
    assert "holds a sample" in page_of(digest, [])


@given(
    st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e4), st.floats(0, 1e3)), min_size=1, max_size=60),
)
def test_timeline_law(stretches: list[tuple[float, float, float]]) -> None:
    """However wide its bins become, a timeline has few, and they sum to what was added."""
    line = Timeline()
    for begin, took, amount in stretches:
        line.add(begin, begin + took, amount)
    assert len(line.bins) <= 241
    assert sum(line.bins.values()) == pytest.approx(sum(amount for *_, amount in stretches), rel=1e-6, abs=1e-6)


@given(st.lists(st.floats(1e-5, 1e4), min_size=1, max_size=200), st.floats(0.05, 0.99))
def test_quantile_law(seconds: list[float], share: float) -> None:
    """A quantile is exact to within a class of durations, which is a fifth of its value."""
    task = TaskDigest()
    for one in seconds:
        task.add(one, 0.0, 1)
    ordered = sorted(seconds)
    exact = ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
    assert exact * 0.999 <= task.quantile(share) <= exact * 2**0.25 * 1.001


class _Texts(HTMLParser):
    """Collects the elements of a page, and whether each is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_hostile_names_stay_text() -> None:
    """Whatever tasks, items, errors, workers and inputs are called, the page has no script and fetches nothing."""
    error = ErrorRecord(type=HOSTILE, message=HOSTILE)
    start = RunStarted(
        run_id=HOSTILE, time=0.0, orchestrator=HOSTILE, slots=1, seed=1, pipeline=HOSTILE, inputs=[HOSTILE], command=[HOSTILE],
        host=HOSTILE, versions={HOSTILE: HOSTILE},
    )  # fmt: skip
    bad = attempt(item=HOSTILE, task=HOSTILE, worker=HOSTILE, outcome="error", error=error, status="failed")
    lost = WorkerLost(run_id="r", time=1.0, worker=HOSTILE, detail=HOSTILE)
    parser = _Texts()
    parser.feed(page_of(digest_of([start, bad, lost]), [(HOSTILE, 1.0)], notes=[HOSTILE]))
    assert parser.tags["h2"] >= 7
    assert not parser.tags["script"]
    assert not parser.tags["b"] - 1  # the one of the legend
    assert parser.links == ["data:,"]


def test_hostile_names_reverse_no_text_beside_them() -> None:
    """A directional override would show the time of a run from right to left. It is an escape, like every character that cannot be seen."""
    odd = "a\u202eb\x1b[31m\x00\udcff"
    error = ErrorRecord(type=odd, message=f"{odd}\nsecond line")
    start = RunStarted(run_id="r", time=0.0, orchestrator=odd, slots=1, seed=1, pipeline=odd, inputs=[odd])
    bad = attempt(item=odd, task=odd, worker=odd, outcome="error", error=error, status="failed")
    page = page_of(digest_of([start, bad]), [(odd, 1.0)], notes=[odd])
    assert page.count(r"a\u202eb\x1b[31m\x00\udcff") >= 8
    assert all(char.isprintable() or char in "\n\u202f" for char in page)


def test_one_is_no_plural() -> None:
    """A run with one slot, one attempt and one failed item says so."""
    start = RunStarted(run_id="r", time=0.0, orchestrator="o", slots=1, seed=1)
    totals = {"t": TaskTotals(items=1, attempts=1, retries=0, failures=1, lost=0, errors={})}
    end = RunFinished(run_id="r", time=1.0, is_complete=False, is_interrupted=False, tasks=totals)
    page = page_of(digest_of([start, attempt(), end]), [])
    for words in ("o, 1 slot ", " 1 attempt<", " 1 item failed for good."):
        assert words in page


def test_an_orchestrator_without_a_limit_has_no_number_of_slots() -> None:
    """``asyncio -o concurrency=0`` runs any number of attempts at once, for which ``sys.maxsize`` stands: no number for people."""
    start = RunStarted(run_id="r", time=0.0, orchestrator="asyncio", slots=sys.maxsize, seed=1)
    assert "asyncio, unlimited slots " in page_of(digest_of([start, attempt()]), [])


def test_the_floor_names_all_that_sets_it() -> None:
    """Delays of retries are part of the floor, as they are of the critical path above it."""
    start = RunStarted(run_id="r", time=0.0, orchestrator="o", slots=1, seed=1)
    path = CriticalPath(seconds=1.0, steps=[])
    end = RunFinished(run_id="r", time=2.0, is_complete=True, is_interrupted=False, critical_path=path, floor=0.5)
    page = page_of(digest_of([start, attempt(), end]), [])
    assert "The floor, which simulated waits, retry delays, limits and rates set, is 500 ms." in page


def test_a_run_without_an_end_says_so() -> None:
    """A record that a kill cut off makes a page whose first lines tell that."""
    start = RunStarted(run_id="r", time=0.0, orchestrator="o", slots=1, seed=1)
    assert "The record has no end" in page_of(digest_of([start, attempt()]), [])
    assert "<h1>" in page_of(Digest(), [])
