"""What a run logs, and how the records of tasks reach the handlers of the parent, wherever the tasks run."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import logging_functions as f
from command import ANAGRAM, ended_here, environment
from pipeline_optimization import Pipeline, Registry, run
from pipeline_optimization.engine.attempt_log import AttemptLog
from pipeline_optimization.engine.wire import Answer, decode_answer, encode_answer
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.observing.reading import EventReader
from pipeline_optimization.types import AttemptEnded, TaskLogged
from project_files import SUPPORT

NUMBERS = Pipeline("numbers").values(int)

LOCAL: dict[str, tuple[str, dict[str, Any]]] = {
    "sequential": ("sequential", {}),
    "threaded": ("threaded", {"workers": 2}),
    "asyncio": ("asyncio", {}),
    "multiprocess": ("multiprocess", {"workers": 2}),
    "hedged": ("hedged", {"inner": "multiprocess", "inner_options": "workers=2"}),
}

everywhere = pytest.mark.parametrize("where", [name for name in LOCAL if name != "hedged"])
elsewhere = pytest.mark.parametrize("where", ["multiprocess"])


class Kept(logging.Handler):
    """A handler of the user's own."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def of(self, logger: str) -> list[logging.LogRecord]:
        return [record for record in self.records if record.name == logger]

    @property
    def messages(self) -> list[str]:
        """Return what tasks have logged, in order of the text."""
        return sorted(record.getMessage() for record in self.of("user.tasks"))


@pytest.fixture
def kept() -> Iterator[Kept]:
    """Return a handler at the root, as ``logging.basicConfig`` makes one."""
    handler, root = Kept(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


def run_at(where: str, step: Callable[..., Any], values: Any, **options: Any) -> Any:
    orchestrator, own = LOCAL[where]
    pipeline = Pipeline("numbers").values(type(values[0])).map(step).collect()
    return run(pipeline, values, orchestrator=orchestrator, orchestrator_options=own, **{"retry": "none"} | options)


@pytest.mark.parametrize("where", LOCAL)
def test_each_record_arrives_once_and_labelled(where: str, kept: Kept) -> None:
    """With the run, the element, its attempt, and the worker by the name that events have for it; also in a formatter's own way."""
    workers: set[str] = set()

    class Observer:
        @hookimpl
        def anagram_attempt_ended(self, event: AttemptEnded) -> None:
            workers.add(event.worker)

    registry = Registry.load()
    registry.register(Observer(), "observer")
    run_at(where, f.one_warning, range(1, 7), registry=registry)
    records = kept.of("user.tasks")
    assert kept.messages == [f"number {number}" for number in range(1, 7)]
    labels = {(record.getMessage(), vars(record)["item"], vars(record)["attempt"]) for record in records}
    assert labels == {(f"number {number}", f"one_warning:0:{number - 1}", 1) for number in range(1, 7)}
    assert {vars(record)["worker"] for record in records} <= workers
    assert len({vars(record)["run"] for record in records}) == 1
    assert logging.Formatter("%(item)s %(message)s").format(records[0]).startswith("one_warning:0:")


@everywhere
def test_coroutines_log_too(where: str, kept: Kept) -> None:
    """Each knows its own element, though many wait at once."""
    run_at(where, f.awaited, range(1, 7))
    labels = {(record.getMessage(), vars(record)["item"]) for record in kept.of("user.tasks")}
    assert labels == {(f"number {number}", f"awaited:0:{number - 1}") for number in range(1, 7)}
    assert len(kept.messages) == 6


@everywhere
def test_each_attempt_says_its_number(where: str, kept: Kept) -> None:
    """Of an element that is tried three times, each attempt logs under its own number."""
    run_at(where, f.fails, [7], retry="exponential", retry_options={"attempts": 3, "base": 0.0})
    assert sorted(vars(record)["attempt"] for record in kept.of("user.tasks")) == [1, 2, 3]
    assert {vars(record)["item"] for record in kept.of("user.tasks")} == {"fails:0:0"}


@everywhere
@pytest.mark.parametrize("level", [logging.DEBUG, logging.ERROR])
def test_the_level_is_that_of_the_parent(where: str, level: int, kept: Kept) -> None:
    """A record that nobody wants is not even made, in a worker as in the parent."""
    logging.getLogger().setLevel(level)
    report = run_at(where, f.levels, [5])
    assert report.result == [(level <= logging.DEBUG, level <= logging.INFO)]
    names = {logging.DEBUG: "debug", logging.INFO: "info", logging.WARNING: "warning"}
    assert kept.messages == sorted(f"{name} 5" for number, name in names.items() if number >= level)


@elsewhere
def test_levels_of_loggers_and_handlers_count(where: str, kept: Kept) -> None:
    """What the root lets through, a logger's own level and the only handler's may keep out; the worker knows."""
    logging.getLogger().setLevel(logging.DEBUG)
    kept.setLevel(logging.WARNING)
    others = [one for one in logging.getLogger().handlers if one is not kept]  # pytest's own
    for handler in others:
        logging.getLogger().removeHandler(handler)
    try:
        assert run_at(where, f.levels, [5]).result == [(False, False)]
        kept.setLevel(logging.NOTSET)
        logging.getLogger("user").setLevel(logging.INFO)
        assert run_at(where, f.levels, [5]).result == [(False, True)]
    finally:
        logging.getLogger("user").setLevel(logging.NOTSET)
        for handler in others:
            logging.getLogger().addHandler(handler)
    assert kept.messages == ["info 5", "warning 5", "warning 5"]


@everywhere
def test_what_cannot_be_sent_is_text(where: str, kept: Kept) -> None:
    """Arguments, extras, exceptions and stacks; what ``extra`` calls ``item`` stays what the task said."""
    assert run_at(where, f.odd_records, [3]).result == [3]
    first, *_, last = kept.of("user.tasks")
    assert (first.getMessage(), vars(first)["item"], vars(first)["attempt"]) == ("an object", "my own", 1)
    assert str(vars(first)["thing"]) == "an object"
    text = logging.Formatter().format(last)
    assert "LookupError: no 3" in text
    assert "in odd_records" in text
    assert "Stack (most recent call last)" in text


@everywhere
def test_what_an_unknown_class_adds_to_a_value_is_left_out(where: str, kept: Kept, tmp_path: Path) -> None:
    """Of members of enumerations and other numbers and texts the value arrives, as an attribute, as its name and as the level, and in events."""
    logging.getLogger().setLevel(logging.DEBUG)
    report = run_at(where, f.odd_types, [3], events=tmp_path / "events.jsonl")
    assert report.result == [3]
    (record,) = kept.of("user.tasks")
    facts = vars(record)
    assert (record.getMessage(), record.levelno) == ("odd", 25)
    assert (facts["code"], facts["word"], facts["share"], facts["empty"], facts["first"]) == (
        200,
        "first",
        0.5,
        "",
        "own",
    )
    (told,) = [line.event for line in EventReader(tmp_path / "events.jsonl") if isinstance(line.event, TaskLogged)]
    assert told.message == "odd"


@everywhere
def test_an_extra_may_have_any_key(where: str, kept: Kept) -> None:
    """To log it fails nowhere. From another process, the key comes as text."""
    assert run_at(where, f.numbered_extra, [3]).result == [3]
    (record,) = kept.of("user.tasks")
    facts: dict[Any, Any] = vars(record)
    assert facts.get("404", facts.get(404)) == 3


@everywhere
def test_a_message_of_an_unknown_class_is_sent(where: str) -> None:
    """An error whose text is of a class that no other process knows is one like others."""
    report = run_at(where, f.fails_in_a_class_of_its_own, [3])
    assert [(one.error.type, one.error.message) for one in report.failed_items] == [("ValueError", "odd")]


def test_an_answer_that_cannot_take_its_log_goes_without() -> None:
    """Whatever is in the log: its records count as dropped, and the result arrives."""
    log = AttemptLog(records=[({"msg": lambda: None}, {})], dropped=2)
    answer = decode_answer(encode_answer(Answer(result=b"found", log=log)))
    assert answer.result == b"found"
    assert answer.log is not None
    assert (answer.log.records, answer.log.dropped) == ([], 3)


@everywhere
def test_an_empty_message_stays_empty(where: str, kept: Kept) -> None:
    """It is a message like others."""
    run_at(where, f.empty_message, [3])
    assert kept.messages == [""]


@everywhere
@pytest.mark.parametrize("level", [logging.NOTSET, logging.ERROR])
def test_a_disabled_logger_silences_none_below_it(where: str, level: int, kept: Kept, tmp_path: Path) -> None:
    """As in Python, it drops its own records only, but its level still counts for those below it; events have what handlers take."""
    logger = logging.getLogger("user.tasks")
    logger.disabled = True
    logger.setLevel(level)
    try:
        run_at(where, f.of_a_child, [3], events=tmp_path / "events.jsonl")
    finally:
        logger.disabled = False
        logger.setLevel(logging.NOTSET)
    expected = [] if level else ["of its child"]
    assert kept.messages == []
    assert [record.getMessage() for record in kept.of("user.tasks.child")] == expected
    events = [line.event for line in EventReader(tmp_path / "events.jsonl")]
    assert [one.message for one in events if isinstance(one, TaskLogged)] == expected


@elsewhere
def test_arguments_that_do_not_fit(where: str, kept: Kept) -> None:
    """They cost their text, and not the element."""
    assert run_at(where, f.bad_arguments, [3]).result == [3]
    assert kept.messages == ["'wants %d', whose arguments do not fit"]


@elsewhere
def test_a_flood_is_bounded_and_counted(where: str, kept: Kept) -> None:
    """Of one attempt a thousand records travel; the parent says how many did not."""
    run_at(where, f.floods, [2500])
    assert len(kept.of("user.tasks")) == 1000
    (told,) = kept.of("pipeline_optimization.run")
    assert told.getMessage() == "1,500 records more of floods:0:0 were dropped"


@everywhere
def test_threads_of_a_task_are_heard(where: str, kept: Kept) -> None:
    """Nobody knows which attempt a thread is of, and nothing of it is lost."""
    run_at(where, f.in_a_thread, [1, 2])
    assert kept.messages == ["from a thread 1", "from a thread 2"]


def test_forks_do_not_use_the_handlers_of_their_parent(tmp_path: Path, kept: Kept) -> None:
    """A file that a handler writes gets each record once, from the parent."""
    file = logging.FileHandler(tmp_path / "log.txt")
    logging.getLogger("user").addHandler(file)
    try:
        step = NUMBERS.map(f.one_warning).sum()
        run(step, range(3), orchestrator="multiprocess", orchestrator_options={"workers": 2, "start": "fork"})
    finally:
        logging.getLogger("user").removeHandler(file)
        file.close()
    assert sorted((tmp_path / "log.txt").read_text().splitlines()) == ["number 0", "number 1", "number 2"]
    assert len(kept.messages) == 3


def test_a_lost_worker_is_told(tmp_path: Path, kept: Kept) -> None:
    """As a warning with the item. What the lost attempt had logged is lost with it; its repetition logs again."""
    pipeline = Pipeline("markers").values(str).map(f.dies_once).collect()
    report = run(pipeline, [str(tmp_path / "died")], orchestrator="multiprocess", orchestrator_options={"workers": 1})
    assert report.result == ["lived"]
    assert kept.messages == ["about to die"]
    (told,) = [one for one in kept.of("pipeline_optimization.run") if "lost" in one.getMessage()]
    assert told.levelno == logging.WARNING
    assert "SIGKILL" in told.getMessage()
    assert vars(told)["attempt"] == 1


class Angry(logging.Handler):
    def handle(self, record: logging.LogRecord) -> bool:
        raise OSError("no room")


@elsewhere
def test_a_handler_that_raises_ends_no_run(where: str) -> None:
    """The report says so once, and the result is what it is without it."""
    angry = Angry()
    logging.getLogger("user").addHandler(angry)
    try:
        report = run_at(where, f.one_warning, [1, 2])
    finally:
        logging.getLogger("user").removeHandler(angry)
    assert report.result == [1, 2]
    assert [one for one in report.warnings if "log records" in one] == [
        "A handler of log records raised OSError: no room. Records may be missing."
    ]


def state() -> object:
    """Return the whole configuration of logging."""
    loggers = {
        name: (one.level, list(one.handlers), list(one.filters), one.propagate, one.disabled)
        for name, one in logging.root.manager.loggerDict.items()
        if isinstance(one, logging.Logger) and (one.level or one.handlers or one.filters or not one.propagate)
    }
    root = logging.root
    handlers = [(one, one.level, list(one.filters)) for one in (*root.handlers, logging.lastResort) if one is not None]
    return loggers, root.level, handlers, logging.getLogRecordFactory(), logging.getLoggerClass(), root.manager.disable


@everywhere
def test_a_run_leaves_logging_as_it_was(where: str, kept: Kept) -> None:
    """Handlers, levels, filters and factories, also after elements that failed."""
    before = state()
    run_at(where, f.fails, [1, 2])
    assert state() == before


SCRIPT = """
import logging
import pipeline_optimization
from pipeline_optimization import Pipeline, run
import logging_functions as f

if __name__ == "__main__":
    assert not logging.root.handlers
    assert not [name for name in logging.root.manager.loggerDict if name.startswith("pipeline")]
    for name in ("sequential", "multiprocess"):
        pipeline = Pipeline("numbers").values(int).map(f.fails).collect()
        report = run(pipeline, [4], orchestrator=name, retry="none")
        assert report.failures and not report.warnings, report
    assert not logging.root.handlers
"""


def test_a_library_says_nothing_itself(tmp_path: Path) -> None:
    """A program that has configured nothing reads what its tasks warn of, once, as Python writes it, and nothing of the library's."""
    (tmp_path / "script.py").write_text(SCRIPT)
    path = {"PYTHONPATH": str(SUPPORT)}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "script.py")],
        capture_output=True,
        text=True,
        env=environment(path),
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines() == ["before the failure of 4"] * 2


class LogObserver:
    """A plugin that wants to know what tasks log."""

    def __init__(self) -> None:
        self.events: list[TaskLogged] = []

    @hookimpl
    def anagram_task_logged(self, event: TaskLogged) -> None:
        self.events.append(event)


@everywhere
def test_records_are_events(where: str, tmp_path: Path) -> None:
    """Observers and ``--events`` are told what handlers take, once, with the same labels."""
    registry, observer = Registry.load(), LogObserver()
    registry.register(observer, "observer")
    run_at(where, f.one_warning, range(1, 4), events=tmp_path / "events.jsonl", registry=registry)
    found = [line.event for line in EventReader(tmp_path / "events.jsonl") if isinstance(line.event, TaskLogged)]
    assert Counter((one.level, one.logger, one.message, one.item, one.attempt) for one in found) == Counter(
        ("WARNING", "user.tasks", f"number {number}", f"one_warning:0:{number - 1}", 1) for number in range(1, 4)
    )
    assert all(one.worker and one.bundle and one.wall > 1e9 and one.time > 0 for one in found)
    assert [one.message for one in observer.events] == [one.message for one in found]


@everywhere
def test_events_say_where_a_record_is_from(where: str) -> None:
    """Whatever a task itself calls ``item``."""
    registry, observer = Registry.load(), LogObserver()
    registry.register(observer, "observer")
    run_at(where, f.odd_records, [3], registry=registry)
    assert {one.item for one in observer.events} == {"odd_records:0:0"}
    assert "LookupError: no 3" in observer.events[-1].exception


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pipe.py").write_text(
        "from pipeline_optimization import Pipeline\nfrom logging_functions import fails, one_warning\n"
        "numbers = Pipeline('numbers').lines().map(int).map(one_warning).sum()\n"
        "bad = Pipeline('bad').lines().map(int).map(fails).sum()\n"
    )
    (tmp_path / "in.txt").write_text("1\n2\n3\n")
    return tmp_path


RUN = ("run", "in.txt", "--format", "csv", "--seed", "1", "--pipeline")


@pytest.mark.parametrize("orchestrator", ["sequential", "multiprocess"])
def test_lines_of_json(orchestrator: str, workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each is an object with the same members, null where something is not known."""
    options = ("--orchestrator", orchestrator, "-v", "--log-format", "json")
    code, out, err = ended_here([*RUN, "pipe.py:numbers", *options], capsys)
    assert (code, out) == (0, "6\n")
    records = [json.loads(line) for line in err.splitlines()]
    members = {"time", "level", "logger", "message", "run", "item", "attempt", "worker"}
    assert all(set(record) == members for record in records)
    assert [record["message"] for record in records if record["logger"] == "user.tasks"] == [
        "number 1",
        "number 2",
        "number 3",
    ]
    assert records[0]["message"].startswith(f"A run of numbers begins on {orchestrator}")
    assert (records[0]["item"], records[0]["attempt"], records[0]["worker"]) == (None, None, None)
    assert records[-1]["message"] == "The run is complete: 6 attempts"
    assert len({record["run"] for record in records}) == 1


@pytest.mark.parametrize(
    ("options", "levels"),
    [
        ((), set()),
        (("--log-level", "warning"), {"WARNING"}),
        (("-v",), {"WARNING", "INFO"}),
        (("-vv",), {"WARNING", "INFO", "DEBUG"}),
        (("--log-level", "ERROR"), set()),
        (("--log-format", "text"), {"WARNING"}),
    ],
)
def test_options_say_what_is_logged(
    options: tuple[str, ...], levels: set[str], workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Retries at debug, the run at info, and what failed for good as a warning; without options nothing of the run's own."""
    retry = ("--retry", "exponential", "-o", "retry.attempts=2", "-o", "retry.base=0")
    code, _, err = ended_here([*RUN, "pipe.py:bad", *retry, *options], capsys)
    assert code == 1
    lines = [line.split(maxsplit=3) for line in err.splitlines() if " pipeline_optimization.run: " in line]
    assert {line[1] for line in lines} == levels
    assert ("is tried again in 0 s: attempt 2" in err) == ("DEBUG" in levels)
    assert ("failed for good after 2 attempts: ValueError: 1" in err) == ("WARNING" in levels)
    assert "Incomplete: 3 elements failed for good" in err


def test_stopping_and_checkpoints_are_logged(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Why a run stops, what is safe, and what it goes on with."""
    kept = ("-v", "--checkpoint", "kept", "--retry", "none")
    code, _, err = ended_here([*RUN, "pipe.py:bad", *kept, "--on-failure", "stop"], capsys)
    assert code == 75
    assert "WARNING pipeline_optimization.run: The run is not complete" in err
    code, _, err = ended_here([*RUN, "pipe.py:bad", *kept, "--resume"], capsys)
    assert code == 1
    assert "it goes on with the checkpoint" in err
    assert "safe in the checkpoint" in err
    code, _, err = ended_here(["retry", "kept", "--pipeline", "pipe.py:bad", "-v"], capsys)
    assert code == 1
    assert "INFO pipeline_optimization.run: A run of bad begins on sequential" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--log-level", "loud"), "'debug', 'info', 'warning', 'error', 'critical'"),
        (("--log-format", "xml"), "'text', 'json'"),
        (("-v", "--log-level", "error"), "-v and --log-level error both say what is logged; give one of them."),
    ],
)
def test_wrong_options(options: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """They are refused before anything runs."""
    code, out, err = ended_here(["run", "--text", "cat", *options], capsys)
    assert (code, out) == (2, "")
    assert message in err


@pytest.mark.parametrize("where", ["closed", "full", "without reader"])
def test_standard_error_that_takes_nothing_changes_no_result(where: str, workplace: Path) -> None:
    """A disk that is full, a stream that is closed, and a pipe that nobody reads cost the records, and nothing else."""
    command = [*ANAGRAM, *RUN, "pipe.py:numbers", "-vv"]
    path = {"PYTHONPATH": str(SUPPORT)}
    shell = {"closed": '"$@" 2>&-', "full": '"$@" 2>/dev/full', "without reader": '"$@" 2> >(exec 0<&-; sleep 0)'}[
        where
    ]
    done = subprocess.run(
        ["bash", "-c", shell, "bash", *command], stdout=subprocess.PIPE, env=environment(path), check=False
    )
    assert (done.returncode, done.stdout) == (0, b"6\n")


def test_messages_cannot_move_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """What strangers' data say is shown as it is written."""
    from pipeline_optimization.cli.run.log_lines import ErrorStreamHandler, lines_of

    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    handler = ErrorStreamHandler()
    handler.setFormatter(lines_of("text"))
    handler.handle(logging.makeLogRecord({"name": "n", "levelname": "INFO", "msg": "a\x1b[2Jb\u202ec"}))
    assert stream.getvalue().endswith("INFO n: a\\x1b[2Jb\\u202ec\n")


def test_messages_can_be_written_whatever_an_error_says(caplog: pytest.LogCaptureFixture) -> None:
    """A lone surrogate, which no file takes, is written as an escape."""

    def fail(value: str) -> str:
        raise ValueError("\ud800")

    run(Pipeline("p").values(str).map(fail).count(), ["x"], retry="none")
    (message,) = [one.getMessage() for one in caplog.records if "ValueError" in one.getMessage()]
    assert message.endswith("ValueError: \\ud800")
