"""Whatever a contender does, its row says so by the fault's name, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from contender_samples import CPU, MIXED, QUICK, codes, measure
from pipeline_optimization.benchmarks import comparing
from pipeline_optimization.benchmarks.anagrams.selftest import server_costs
from pipeline_optimization.benchmarks.contenders import file_contender
from pipeline_optimization.benchmarks.documents import results_to_json
from pipeline_optimization.benchmarks.judging.assembly import assemble
from pipeline_optimization.benchmarks.measuring import cpu_clock, process_tree, sampling
from pipeline_optimization.benchmarks.measuring.memory_reading import MemoryMethod, choose_memory_method
from pipeline_optimization.benchmarks.measuring.private_trees import Tree
from pipeline_optimization.benchmarks.measuring.raw_samples import RawSample, SampleOrder
from pipeline_optimization.benchmarks.measuring.sampling import take_sample
from pipeline_optimization.benchmarks.measuring.subject_process import SubjectProcess
from pipeline_optimization.benchmarks.measuring.subject_start import Start
from pipeline_optimization.benchmarks.measuring.subreaper import become_subreaper
from pipeline_optimization.benchmarks.measuring.watch import Watch
from pipeline_optimization.benchmarks.methods import describe_methods
from pipeline_optimization.benchmarks.partial import Header, PartialFile
from pipeline_optimization.benchmarks.results import NAMESPACE, SampleKind
from pipeline_optimization.benchmarks.schedule import make_round, order_sample
from pipeline_optimization.benchmarks.session import compare
from pipeline_optimization.benchmarks.settings import ComparisonSettings
from pipeline_optimization.disk_cache import cache_directory
from pipeline_optimization.orchestrator import TaskOrchestrator
from pipeline_optimization.run_delay import run_delay_seconds
from project_files import CONTENDERS, ROOT, SUPPORT
from similar_cases import some

FAULTS = [
    ("answers_when_asked", "wrong_counts"),
    ("answers_once", "memorised_answer"),
    ("answers_too_much", "bad_result"),
    ("asks_for_many_pieces", "skipped_stages"),
    ("asks_nobody", "skipped_stages"),
    ("cannot_be_imported", "import_error"),
    pytest.param("chains_processes", "leaked_process", marks=pytest.mark.exhausting),
    ("claims_to_be_a_dict", "bad_result"),
    ("claims_to_have_counts", "bad_result"),
    ("closes_everything", "exited"),
    ("counts_in_a_thread", "wrong_counts"),
    ("counts_once", "counted_distinct_words"),
    ("counts_when_it_is_freed", "wrong_counts"),
    ("crashes", "crashed"),
    ("crashes_at_exit", "crashed"),
    ("drops", "dropped_words"),
    ("exits", "exited"),
    ("exits_at_import", "exited"),
    ("exits_in_a_thread", "exited"),
    ("exits_hard", "exited"),
    pytest.param("forks_many", "leaked_process", marks=pytest.mark.exhausting),
    ("forgets_the_server", "skipped_stages"),
    ("forks_when_made", "forked"),
    ("forgets_exit", "forked"),
    ("fails_at_length", "exited"),
    ("flatters_itself", "own_clock"),
    ("has_no_class", "no_orchestrator"),
    ("hurries_retries", "skipped_delays"),
    ("has_no_method", "no_orchestrator"),
    ("invents", "invented_words"),
    ("is_lazy", "bad_result"),
    pytest.param("leaves_a_daemon", "leaked_process", marks=pytest.mark.slow),
    ("limits_itself", "exception"),
    pytest.param("leaks_hidden_threads", "leaked_thread", marks=pytest.mark.slow),
    ("is_traced", "leaked_process"),
    ("leaks_processes", "leaked_process"),
    pytest.param("leaks_threads", "leaked_thread", marks=pytest.mark.slow),
    ("looks_ahead", "stages_out_of_order"),
    ("miscounts", "wrong_counts"),
    pytest.param("never_ends", "leaked_thread", marks=pytest.mark.slow),
    ("names_its_child", "leaked_process"),
    ("raises", "exception"),
    ("raises_a_long_name", "exception"),
    ("raises_when_closed", "exception"),
    ("raises_when_made", "exception"),
    ("remembers", "memorised_answer"),
    ("raises_unprintable", "exception"),
    ("raises_without_a_name", "exception"),
    ("reports_ages", "bad_result"),
    ("reports_in_advance", "garbled_reports"),
    ("reports_without_end", "bad_result"),
    ("returns_a_list", "bad_result"),
    ("returns_a_long_name", "bad_result"),
    ("returns_a_user_dict", "bad_result"),
    ("returns_none", "bad_result"),
    ("returns_other_numbers", "bad_result"),
    ("returns_words", "bad_result"),
    ("skips_stages", "skipped_stages"),
    ("skips_waiting", "skipped_delays"),
    ("spoils_the_index", "wrong_counts"),
    ("startup_raises", "exception"),
    ("stops_the_clock", "own_clock"),
    ("waits_for_nothing", "skipped_stages"),
    ("writes_everywhere", "garbled_reports"),
    ("writes_without_end", "garbled_reports"),
]


WORDS = {
    "answers_too_much": "Its result takes 200,000,016 bytes; the harness takes 134,217,728 at most.",
    "asks_for_many_pieces": "of the 8 pieces that it was called for.",
    "asks_nobody": "filter_input never succeeded. get_words never succeeded. 15 of 15 words had no successful find_anagrams",
    "claims_to_be_a_dict": "(of type unittest.mock.MagicMock), where a dict {'runtime'",
    "claims_to_have_counts": "(of type claims_to_have_counts.Counts), where a dict {word: number} is expected.",
    "closes_everything": "Close only file handles that you opened.",
    "counts_when_it_is_freed": "0 times instead of",
    "crashes_at_exit": "SIGSEGV ended the process after its last text, while the interpreter shut down.",
    "fails_at_length": "RuntimeError: traced",
    "forgets_exit": "The child of a fork came back out of the contender",
    "limits_itself": "Too many open files",
    "names_its_child": r"Left behind: \udcff\x1b[31m[/red] (process ",
    "raises_a_long_name": "XXXX",
    "raises_when_closed": "teardown raised OSError: cannot be closed at raises_when_closed.py:10",
    "raises_unprintable": r"ValueError: \x1b[31m\ud800 at raises_unprintable.py:10",
    "raises_without_a_name": "StrangeError: sly at raises_without_a_name.py:27",
    "reports_ages": "'runtime' is 1e+22 (of type float), which no time in milliseconds can be.",
    "reports_in_advance": "there was an answer that came before its text.",
    "reports_without_end": "which no time in milliseconds can be.",
    "returns_a_long_name": "XXX",
    "returns_a_list": "process_text() returned ['cat'] (of type list), where a dict {'runtime': milliseconds, ",
    "returns_a_user_dict": "(of type collections.UserDict), where a dict {'runtime'",
    "returns_none": "process_text() returned None, where a dict {'runtime'",
    "returns_other_numbers": "(of type returns_other_numbers.Int64) for '",
    "returns_words": "'anagram_counts' has 'one' (of type str) for 'cat', where an int is expected.",
    "skips_waiting": "Before its retries it waited ",
    "startup_raises": "startup_ms raised ZeroDivisionError: no start at startup_raises.py:11",
    "writes_everywhere": "there was 'progress: 50 %'. It could not be measured any further.",
}
"""What the texts of some of them hold, because their authors must know what was there, what was expected, and where."""


@pytest.mark.parametrize(("name", "code"), some(FAULTS, every=3))
def test_each_fault_is_named(name: str, code: str) -> None:
    """A contender with one fault is reported with that fault, with a text that says what was seen."""
    sample = measure(name, MIXED if code in {"memorised_answer", "own_clock", "skipped_delays"} else QUICK)
    assert codes(sample) == {code}, sample.problems
    assert all(problem.text for problem in sample.problems)
    assert WORDS.get(name, "") in sample.problems[0].text


@pytest.mark.parametrize(
    "name",
    [
        "asks_for_many_attempts",
        "counts_when_it_is_traced",
        "forges_time",
    ],
)
def test_what_is_done_to_its_own_process_gains_nothing(name: str) -> None:
    """Whatever it replaces there, the waits, the faults and the clock are the harness's."""
    sample = measure(name)
    assert codes(sample) == set()
    assert sum(execution.recovered for execution in sample.executions) > 0
    assert all(execution.wall_ms >= execution.floor_ms > 0 for execution in sample.executions)


def test_a_measured_process_holds_no_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of its environment tells the draws of its faults, nor where a record of calls could be changed."""
    seen: list[Mapping[str, str]] = []

    class SeenError(Exception):
        pass

    def start(environment: Mapping[str, str], **_: object) -> SubjectProcess:
        seen.append(environment)
        raise SeenError

    monkeypatch.setattr(sampling, "SubjectProcess", start)
    round_ = make_round(MIXED, "timed", 1, seed=7, warm_runs=1)
    with pytest.raises(SeenError):
        take_sample(order_sample(file_contender(CONTENDERS / "honest.py"), round_, timeout=1.0, workers=2))
    assert round_.settings is not None
    assert str(round_.settings.seed) not in set(seen[0].values())
    assert seen[0]["ANAGRAM_TASK_SERVER"].startswith("@" if sys.platform == "linux" else "/")


def test_a_built_in_text_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has its answer ready is told; it is no part of any other round."""
    monkeypatch.setenv("KNOWN_TO_A_CONTENDER", MIXED.template)
    sample = measure("knows_the_texts", MIXED)
    assert codes(sample) == {"memorised_answer"}
    assert "It had the answer of a built-in text ready" in sample.problems[0].text
    assert [execution.kind for execution in sample.executions] == ["cold", "warm", "replay", "known"]
    assert codes(measure("knows_the_texts", MIXED, kind="timed")) == set()
    assert "known" not in {kind for kind, _ in make_round(CPU, "warm_up", 0, seed=1, warm_runs=1).inputs}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a raised priority is only told")
def test_no_priority_can_be_raised() -> None:
    """A contender cannot be faster while it works by a priority, not even as root, and take it back before the harness looks."""
    assert codes(measure("raises_priority")) == set()


def test_taking_more_processors_is_told() -> None:
    """A comparison that is bound to a processor is no fair one for a contender that unbinds itself."""
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        pytest.skip("there is only one processor")
    assert codes(measure("takes_processors")) == set()
    all_ = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(all_)})
    try:
        sample = measure("takes_processors")
    finally:
        os.sched_setaffinity(0, all_)
    assert codes(sample) == {"raised_priority"}
    assert "which the comparison may not use" in sample.problems[0].text


@pytest.mark.slow
def test_many_threads_may_wait_at_once() -> None:
    """More connections than a process may usually open are no fault of a contender's."""
    script = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))\n"
        f"sys.path.insert(0, {str(SUPPORT)!r})\n"
        "from contender_samples import measure\n"
        "sample = measure('waits_in_many_threads', kind='timed', timeout=300.0)\n"  # a busy machine takes long for 1,500 threads
        "assert not sample.problems, sample.problems\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_what_answering_calls_costs_is_measured() -> None:
    """The selftest says what calls cost that the harness answers, alone and 10,000 at once, and that all are answered."""
    many, alone = server_costs(seed=1)
    assert many.found.startswith("10,000 answered, ")
    assert alone.expected in {"at most 1.0 ms", "at most 2.0 ms"}
    assert alone.found.endswith(" ms")


def test_signals_of_its_own_are_its_own() -> None:
    """Whoever interrupts its process again and again breaks its own sample, wherever the signal strikes."""
    found = codes(measure("is_interrupted_for_ever"))
    assert found
    assert found <= {"exception", "crashed", "exited"}


@pytest.mark.skipif(sys.platform != "linux", reason="others have no such directory")
def test_shared_memory_is_bounded() -> None:
    """Who fills it has taken more memory than it may, and not all that the machine has."""
    round_ = make_round(QUICK, "timed", 1, seed=7, warm_runs=3)
    contender = file_contender(CONTENDERS / "fills_shared_memory.py")
    order = order_sample(contender, round_, timeout=60.0, workers=2, memory_limit=100 << 20)
    sample = assemble(take_sample(order), "fills_shared_memory", round_, order_index=0, started=0)
    if sample.isolation != NAMESPACE:
        pytest.skip(f"no namespaces: {sample.isolation}")
    assert codes(sample) == {"out_of_memory"}


@pytest.mark.slow
def test_what_one_leaves_no_other_finds() -> None:
    """Neither files nor shared memory of a sample are there for the next one of the same texts."""
    for _ in range(2):
        sample = measure("shares_answers")
        if sample.isolation != NAMESPACE:
            pytest.skip(f"no namespaces: {sample.isolation}")
        assert codes(sample) == set(), sample.problems


def test_an_umask_is_no_fault() -> None:
    """What a contender does to the files that it will make is its own affair."""
    assert codes(measure("changes_umask")) == set()


@pytest.mark.parametrize("name", some(["hangs", "hangs_unkillably", "stops_itself"], every=3))
def test_what_hangs_is_killed(name: str) -> None:
    """A contender that does not end is killed with all that it started."""
    sample = measure(name, timeout=1.0)
    assert codes(sample) == {"timeout"}
    assert sample.exit == "timeout"


def test_the_honest_are_not_accused() -> None:
    """A contender without fault has none, and every execution is right."""
    sample = measure("honest")
    assert codes(sample) == set()
    assert [execution.is_correct for execution in sample.executions] == [True, True, True, True]
    assert all(execution.predicted for execution in sample.executions)
    assert sum(execution.recovered for execution in sample.executions) > 0
    assert all(execution.wall_ms >= execution.floor_ms > 0 for execution in sample.executions)


@pytest.mark.parametrize("name", ["counts_for_ever", "startup_claims_to_be_a_number"])
def test_only_what_is_stored_counts(name: str) -> None:
    """Methods of a dictionary's subclass and claims of an object's class change nothing."""
    sample = measure(name)
    assert codes(sample) == set()
    assert [execution.startup_ms for execution in sample.executions] == [None] * 4


def test_printing_is_noted() -> None:
    """Output of a contender is a note with its beginning, and no fault; its answers are right."""
    sample = measure("prints")
    assert codes(sample) == set()
    assert [note.code for note in sample.notes] == ["wrote_to_stdout"]
    assert "beginning with 'xxx" in sample.notes[0].text
    assert all(execution.is_correct for execution in sample.executions)


def test_files_in_the_working_directory_are_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies there is importable, and takes nobody's place, whatever it is called."""
    for name in ("json", "pipeline_optimization", "queue"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')\n")
    (tmp_path / "helper_of_honest.py").write_text("from honest import TaskOrchestrator\n")
    contender = tmp_path / "elsewhere" / "contender.py"
    contender.parent.mkdir()
    contender.write_text(
        f"import sys; sys.path.append({str(CONTENDERS)!r}); from helper_of_honest import TaskOrchestrator\n"
    )
    monkeypatch.chdir(tmp_path)
    assert codes(measure(str(contender.with_suffix("")))) == set()


@pytest.mark.slow
def test_a_startup_is_believed_within_the_time() -> None:
    """What a contender says of its start is kept where it can be a part of the time, and no fault otherwise."""
    sample = measure("tells_its_startup")
    assert codes(sample) == set()
    assert [execution.startup_ms for execution in sample.executions[:2]] == [0.25, None]
    assert {execution.startup_ms for execution in measure("honest").executions} == {None}


def test_one_delay_is_no_clock() -> None:
    """A busy machine puts a process off between two looks at the clock now and then: nobody is accused for it."""
    round_ = make_round(MIXED, "warm_up", 0, seed=7, warm_runs=1)
    raw = take_sample(order_sample(file_contender(CONTENDERS / "honest.py"), round_, timeout=60.0, workers=2))
    for delayed, accused in ((1, set()), (len(raw.executions), {"own_clock"})):
        for execution in raw.executions[:delayed]:
            execution.answer["reported_ms"], execution.delayed_ms = execution.wall_ms / 10, 0.0
        assert codes(assemble(raw, "honest", round_, order_index=0, started=0)) == accused
    for execution in raw.executions:
        execution.delayed_ms = 0.85 * execution.wall_ms
    assert codes(assemble(raw, "honest", round_, order_index=0, started=0)) == set()


def test_one_delay_is_no_memory() -> None:
    """Who takes long for a new text on a busy machine has not remembered the next one: what was computed tells."""
    round_ = make_round(CPU, "warm_up", 0, seed=7, warm_runs=1)
    raw = take_sample(order_sample(file_contender(CONTENDERS / "honest.py"), round_, timeout=60.0, workers=2))
    fresh, replay = raw.executions[1:3]
    fresh.wall_ms = 10 * max(fresh.wall_ms, replay.wall_ms)
    assert fresh.cpu_ms is not None
    assert codes(assemble(raw, "honest", round_, order_index=0, started=0)) == set()
    fresh.cpu_ms *= 10
    assert codes(assemble(raw, "honest", round_, order_index=0, started=0)) == {"memorised_answer"}


def test_a_known_text_may_be_quick_if_its_stages_were_called() -> None:
    """Where the record shows that the work was done, one long execution of a new text accuses nobody."""
    round_ = make_round(MIXED, "warm_up", 0, seed=7, warm_runs=1)
    raw = take_sample(order_sample(file_contender(CONTENDERS / "honest.py"), round_, timeout=60.0, workers=2))
    raw.executions[1].wall_ms *= 100
    raw.executions[1].answer["reported_ms"] *= 100
    assert codes(assemble(raw, "honest", round_, order_index=0, started=0)) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_waiting_for_a_processor_is_seen() -> None:
    """Of two processes that compute on one processor, each waits while the other one runs."""
    script = "import os, time; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\nwhile time.process_time() < 0.1: pass"
    script += "\nprint(flush=True); input()"
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    both = [subprocess.Popen([sys.executable, "-c", script], **pipes) for _ in range(2)]
    for one in both:
        assert one.stdout is not None
        one.stdout.readline()
    waited = [run_delay_seconds(one.pid) for one in both]
    for one in both:
        one.communicate(b"\n")
    assert sum(waited) > 0.02
    assert run_delay_seconds(both[0].pid) == 0.0  # it has gone


@pytest.mark.parametrize("kind", ["timed", "memory"])
def test_too_much_memory_is_named(kind: SampleKind, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contender whose child takes more than it may is killed with it, even if nobody looks but at the end of executions."""
    monkeypatch.setattr(Watch, "interval", lambda self: 60.0)
    round_ = make_round(QUICK, kind, 1, seed=7, warm_runs=3)
    contender = file_contender(CONTENDERS / "eats_memory.py")
    order = order_sample(contender, round_, timeout=60.0, workers=2, memory_limit=100 << 20)
    sample = assemble(take_sample(order), "eats_memory", round_, order_index=0, started=0)
    assert codes(sample) == {"out_of_memory"}
    assert "but 100 MiB are allowed" in sample.problems[0].text


@pytest.mark.exhausting
def test_nothing_ends_a_comparison() -> None:
    """After whatever contenders did there is a table with all of them, and an export; none of those that cheat is ranked."""
    names = [
        *("asks_nobody", "chains_processes", "closes_everything", "counts_when_it_is_freed", "crashes_at_exit"),
        *(
            "exits_hard",
            "forgets_exit",
            "reports_in_advance",
            "spoils_the_index",
            "writes_everywhere",
            "writes_without_end",
        ),
    ]
    contenders = [file_contender(CONTENDERS / f"{name}.py") for name in ("honest", *names)]
    settings = ComparisonSettings(
        cases=[MIXED], reference="honest", seed=1, rounds=1, memory_rounds=0, workers=2, timeout=30.0, command=""
    )
    results = compare(contenders, settings, keep=lambda sample: None, show=lambda step: None)
    rows = {row.contender: row for row in results.summary}
    assert rows["honest"].problems == []
    assert {name: rows[name].verdict for name in names if rows[name].verdict not in {"wrong", "failed"}} == {}
    assert all(row.reasons for name, row in rows.items() if name != "honest")
    assert all(name in results_to_json(results) for name in rows)


def test_an_error_of_the_system_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong while one contender is measured is its row's problem; the others are compared, and exported."""

    def take(order: SampleOrder, start: Start) -> RawSample:
        if order.source.endswith("prints.py"):
            raise OSError(24, "Too many open files")
        return take_sample(order, start)

    monkeypatch.setattr(comparing, "take_sample", take)
    contenders = [file_contender(CONTENDERS / f"{name}.py") for name in ("honest", "prints")]
    settings = ComparisonSettings(
        cases=[QUICK], reference="honest", seed=1, rounds=1, memory_rounds=0, workers=2, timeout=30.0, command=""
    )
    results = compare(contenders, settings, keep=lambda sample: None, show=lambda step: None)
    honest, other = results.summary
    assert (honest.problems, other.problems) == ([], ["not_measured"])
    assert "OSError: [Errno 24] Too many open files" in other.reasons[0]
    assert "not_measured" in results_to_json(results)


def test_other_machines_are_measured_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without subreaper, process clocks and the kernel's lists of children, it works, and the methods say so."""
    monkeypatch.setattr(process_tree, "become_subreaper", lambda: False)
    monkeypatch.setattr(process_tree, "METHOD", "scheduler ticks")
    monkeypatch.setattr(cpu_clock, "HAS_CLOCKS", False)
    monkeypatch.setattr(process_tree, "children", lambda process: process.children())
    monkeypatch.setattr(process_tree, "descendants", lambda process: process.children(recursive=True))
    timed = measure("honest", kind="timed")
    assert codes(timed) == set()
    assert timed.cpu_method == "scheduler ticks + waited-for children"
    assert timed.cpu_s is not None


def test_memory_methods_fall_back() -> None:
    """Where the fairest method does not work the next one is taken, under its own name."""

    def impossible(process: psutil.Process) -> int:
        raise AttributeError("pss")

    methods = [MemoryMethod("PSS", impossible), MemoryMethod("RSS", lambda process: process.memory_info().rss)]
    assert choose_memory_method(methods).name == "RSS"
    if sys.platform == "linux":
        assert choose_memory_method().name == "PSS"


def test_a_process_that_hides_its_memory_has_its_resident_size() -> None:
    """A process can forbid its own user to read its map, but not its size."""

    def forbidden(process: psutil.Process) -> int:
        raise psutil.AccessDenied(process.pid)

    tree = process_tree.ProcessTree(os.getpid(), strangers=frozenset())
    child = subprocess.Popen(["sleep", "60"])
    try:
        assert tree.memory(MemoryMethod("PSS", forbidden)) > 0
    finally:
        child.kill()
        child.wait()


def test_syntax_errors_are_named(tmp_path: Path) -> None:
    """A file that is no Python is an import error with its line."""
    path = tmp_path / "is_no_python.py"
    path.write_text("class TaskOrchestrator\n")
    round_ = make_round(QUICK, "timed", 1, seed=7, warm_runs=1)
    raw = take_sample(order_sample(file_contender(path), round_, timeout=60.0, workers=2))
    (problem,) = assemble(raw, "is_no_python", round_, order_index=0, started=0).problems
    assert problem.code == "import_error"
    assert problem.text.endswith("(is_no_python.py, line 1)")


def test_a_name_that_is_no_text_is_no_fault(tmp_path: Path) -> None:
    """A file whose name is no UTF-8 is measured as any other."""
    path = tmp_path / os.fsdecode(b"caf\xe9.py")
    try:
        path.write_bytes((CONTENDERS / "honest.py").read_bytes())
    except OSError:
        pytest.skip("this system takes no such names")
    sample = measure(str(path.with_suffix("")))
    assert codes(sample) == set(), sample.problems


def test_no_retry_is_no_crime() -> None:
    """Injected faults that get through are told from errors, and the draws predict them exactly."""
    path = ROOT / "benchmark_orchestrators" / "naive.py"
    round_ = make_round(QUICK, "timed", 1, seed=7, warm_runs=12)
    order = order_sample(file_contender(path), round_, timeout=60.0, workers=2)
    sample = assemble(take_sample(order), "naive", round_, order_index=0, started=0)
    assert codes(sample) == {"exhausted_retries"}
    outcomes = [execution.is_correct for execution in sample.executions]
    assert outcomes == [execution.predicted for execution in sample.executions]
    assert set(outcomes) == {True, False}


def test_remembering_shows_without_a_journal() -> None:
    """Where nothing is injected, a text that comes again must take its time again."""
    assert codes(measure("remembers", CPU)) == {"memorised_answer"}
    assert codes(measure("honest", CPU)) == set()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_memory_that_nothing_maps_counts() -> None:
    """Files in memory are memory, whether or not anything has them in its address space."""
    sample = measure("hides_memory", kind="memory")
    plain = measure("honest", kind="memory").memory_peak_mib
    assert sample.memory_peak_mib is not None
    assert plain is not None
    expected = 120 if sample.isolation == NAMESPACE else 60
    assert expected - 10 < sample.memory_peak_mib - plain < expected + 30


def test_what_a_sample_writes_is_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file that it makes or changes, wherever, is there for another sample or for the user."""
    (tmp_path / "home").mkdir()
    for name in ("honest", "litters"):
        (tmp_path / f"{name}.py").write_bytes((CONTENDERS / f"{name}.py").read_bytes())
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(tmp_path / "cache"))  # nobody else's, who would change it meanwhile
    monkeypatch.chdir(tmp_path)
    TaskOrchestrator(faults="none").process_text("cat")  # so that the cache has an index
    before = contents(tmp_path, cache_directory())
    for _ in range(2):
        sample = measure(str(tmp_path / "litters"))
        assert codes(sample) == set(), sample.problems
        if sample.isolation != NAMESPACE:
            pytest.skip(f"no namespaces: {sample.isolation}")
    assert contents(tmp_path, cache_directory()) == before
    name = "left-by-a-contender"
    assert not any((Path(place) / name).exists() for place in ("/tmp", "/var/tmp", "/dev/shm", sys.prefix))


def contents(*directories: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for place in directories for path in place.rglob("*") if path.is_file()}


def test_the_seed_is_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the file of the comparison that is under way, nor the harness's command line, can be read by a contender."""
    header = Header(command="compare", arguments=["--seed", "7"], seed=7)
    with PartialFile(tmp_path / "partial.jsonl", header), PartialFile.in_cache("compare-7", header) as cached:
        monkeypatch.setenv("PLACES_OF_SEEDS", f"{tmp_path / 'partial.jsonl'}:{cached.path}")
        sample = measure("looks_for_the_seed")
    if sample.isolation != NAMESPACE:
        pytest.skip(f"no namespaces: {sample.isolation}")
    assert codes(sample) == set(), sample.problems


def test_nothing_can_be_uncovered() -> None:
    """Root too gives up the rights to undo its namespace, and to look into the harness's process."""
    sample = measure("uncovers")
    if sample.isolation != NAMESPACE:
        pytest.skip(f"no namespaces: {sample.isolation}")
    assert codes(sample) == set(), sample.problems


def test_nothing_is_left_in_the_kernel() -> None:
    """Nobody can change the kernel's settings, create a control group, in which it could stop itself for ever, or leave a file in /dev or /run."""
    sample = measure("writes_to_the_kernel")
    if sample.isolation != NAMESPACE:
        pytest.skip(f"no namespaces: {sample.isolation}")
    assert codes(sample) == set(), sample.problems


def test_what_cannot_be_killed_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison goes on if a process does not end even when it is killed. That is said."""
    pids = []

    def spare(subject: SubjectProcess) -> None:
        pids.append(subject.pid)

    monkeypatch.setattr(SubjectProcess, "kill", spare)
    monkeypatch.setattr(process_tree.ProcessTree, "kill", lambda tree: None)
    monkeypatch.setattr(sampling, "KILL_PATIENCE", 0.2)
    contender = file_contender(CONTENDERS / "hangs.py")
    round_ = make_round(QUICK, "warm_up", 0, seed=7, warm_runs=1)
    raw = take_sample(order_sample(contender, round_, timeout=1.0, workers=2))
    try:
        sample = assemble(raw, "hangs", round_, order_index=0, started=0)
        assert codes(sample) == {"timeout", "leaked_process"}
        assert f"(process {pids[0]}), which cannot be killed" in sample.problems[-1].text
    finally:
        os.kill(pids[0], signal.SIGKILL)
        os.waitpid(pids[0], 0)


def test_without_namespaces_directories_are_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system does not let a process cover directories, it has a home and a cache of its own, and it is said."""
    monkeypatch.setattr(sampling, "private_trees", lambda source, *_: [Tree(str(tmp_path / "nowhere"))])
    (tmp_path / "looks_home.py").write_text(
        f"import sys; sys.path.append({str(CONTENDERS)!r})\n"
        "from pathlib import Path\nfrom honest import TaskOrchestrator\n"
        "from pipeline_optimization.disk_cache import cache_directory\nimport tempfile\n"
        f"assert Path.home() != Path({str(Path.home())!r})\n"
        f"assert cache_directory() != Path({str(cache_directory())!r})\n"
        f"assert tempfile.gettempdir() != {tempfile.gettempdir()!r}\n"
    )
    sample = measure(str(tmp_path / "looks_home"))
    assert codes(sample) == set(), sample.problems
    assert sample.isolation != NAMESPACE
    sentence = describe_methods([sample])["isolation"]
    assert "absolute paths are shared" in sentence
    assert sample.isolation in sentence


def test_without_namespaces_a_rival_cannot_be_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs is the text that was there when the comparison began; what a contender leaves behind is noted by its path."""
    monkeypatch.setattr(
        sampling, "private_trees", lambda source, *_: [Tree(str(tmp_path / "nowhere")), Tree(str(tmp_path))]
    )
    (tmp_path / "honest.py").write_bytes((CONTENDERS / "honest.py").read_bytes())
    rival, editor = tmp_path / "rival.py", tmp_path / "editor.py"
    rival.write_text("from honest import TaskOrchestrator\n")
    editor.write_text(
        "from pathlib import Path\nfrom honest import TaskOrchestrator\n"
        "Path(__file__).with_name('rival.py').write_text('raise SystemExit')\n"
        "Path(__file__).with_name('left').touch()\n"
    )
    round_ = make_round(QUICK, "timed", 1, seed=7, warm_runs=1)
    orders = {
        path.stem: order_sample(file_contender(path), round_, timeout=60.0, workers=2) for path in (editor, rival)
    }
    samples = {
        name: assemble(take_sample(order), name, round_, order_index=0, started=0) for name, order in orders.items()
    }
    assert {name: codes(sample) for name, sample in samples.items()} == {"editor": set(), "rival": set()}
    assert samples["editor"].isolation != NAMESPACE
    (note,) = samples["editor"].notes
    assert note.code == "left_files"
    assert f"{tmp_path}/left" in note.text
    assert f"{tmp_path}/rival.py" in note.text
    assert rival.read_text() == "raise SystemExit"


def test_memory_of_children_counts() -> None:
    """Memory that a child of the contender takes is in its peak."""
    plain, hungry = (measure(name, kind="memory").memory_peak_mib for name in ("honest", "eats_memory"))
    assert plain is not None
    assert hungry is not None
    # The rest is what they share, with each other and with whatever else runs: by parts, so it varies.
    assert 80 < hungry - plain < 130


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_chain_of_processes_ends_on_a_busy_machine_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time that passes between two looks is no silence: a chain that outlived its sample would be the next contender's fault."""
    now = 0.0

    class Starved:
        @staticmethod
        def monotonic() -> float:
            nonlocal now
            now += 0.06  # more than a tree must be quiet, whatever is done meanwhile
            return now

        sleep = staticmethod(time.sleep)

    strangers = frozenset(child.pid for child in psutil.Process().children())
    with suppress(OSError):
        become_subreaper()
    pid = os.fork()
    if pid == 0:
        end = time.monotonic() + 5.0
        while time.monotonic() < end:
            if os.fork():
                os._exit(0)
        os._exit(0)
    tree = process_tree.ProcessTree(pid, strangers=strangers)
    if not tree.has_subreaper:
        pytest.skip("orphans cannot be seen on this system")
    monkeypatch.setattr(process_tree, "time", Starved)
    tree.kill()
    os.waitpid(pid, 0)
    assert [child.pid for child in psutil.Process().children() if child.pid not in strangers] == []
