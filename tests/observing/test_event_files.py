"""``--events FILE``: what happens in a run, line by line, while it happens, and what reads it back."""

from __future__ import annotations

import errno
import json
import logging
import os
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from command import ANAGRAM, anagram, environment
from pipeline_optimization import Pipeline, count_anagrams, run
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.errors import InputError, OptionError, UsageError
from pipeline_optimization.observing import target, writer
from pipeline_optimization.observing.lines import KINDS, line_of
from pipeline_optimization.observing.reading import EventReader
from pipeline_optimization.observing.sampling import Sampling, Segment
from pipeline_optimization.observing.schema import load_schema
from pipeline_optimization.types import (
    AttemptEnded,
    FaultProfile,
    RunFinished,
    RunStarted,
    TaskLogged,
    TaskProfile,
    TaskRetried,
)
from pipeline_optimization.types.durations import constant
from similar_cases import some

VALIDATOR = Draft202012Validator(load_schema())
HOSTILE = 'a"b\\c\n\x00é\ud800</script>'
NAME = HOSTILE.replace("\n", " ")
Facts = dict[str, Any]


def lines_of(path: Path, *, is_whole: bool = True) -> list[Facts]:
    """Return a file's lines, after a look at each by the schema."""
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    for line in lines:
        VALIDATOR.validate(line)
    if is_whole:
        assert [line["seq"] for line in lines] == list(range(len(lines)))
    assert (lines[0]["kind"], lines[1]["kind"]) == ("stream", "run_started")
    assert [line["kind"] for line in lines].count("run_finished") == is_whole
    return lines


def exercise(path: str | Path, **options: Any) -> Any:
    return count_anagrams(
        "cat dog post " * 5,
        events=path,
        faults="heavy",
        latency_scale=0.0,
        retry_options={"attempts": 30},
        seed=5,
        chunk_size=20,
        **options,
    )


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio", "multiprocess"])
def test_a_file_tells_the_run(orchestrator: str, tmp_path: Path) -> None:
    """Each attempt has its line, numbers go up by one, each line fits the schema, and the last one has the report's totals."""
    path = tmp_path / "events.jsonl"
    report = exercise(path, orchestrator=orchestrator, checkpoint=tmp_path / "checkpoint")
    lines = lines_of(path)
    numbers = Counter(line["kind"] for line in lines)
    assert numbers["attempt_ended"] == report.attempts
    assert numbers["task_retried"] == report.retries > 0
    assert numbers["checkpoint_saved"] >= 1
    assert numbers["worker_seen"] >= 1
    started, finished = lines[1], lines[-1]
    assert (started["orchestrator"], started["seed"], started["inputs"]) == (orchestrator, 5, ["text"])
    assert started["versions"]["pipeline-optimization"]
    assert finished["is_complete"]
    assert finished["ledger_digest"] == report.ledger_digest
    assert {name: one["attempts"] for name, one in finished["tasks"].items()} == {
        name: stats.attempts for name, stats in report.tasks.items()
    }
    assert sum(finished["attempts_told"].values()) == finished["attempt_lines"] == report.attempts
    assert finished["missing_lines"] == 0
    assert not report.warnings


def test_events_come_back_typed(tmp_path: Path) -> None:
    """The reader gives back what was written, as the types that observers are told."""
    path = tmp_path / "events.jsonl"
    report = exercise(path)
    reader = EventReader(path)
    events = [line.event for line in reader]
    assert not reader.is_cut
    assert reader.cut == ""
    started, finished = events[0], events[-1]
    assert isinstance(started, RunStarted)
    assert isinstance(finished, RunFinished)
    assert started.wall <= finished.wall
    assert finished.tasks["find_anagrams"].errors == report.tasks["find_anagrams"].errors
    attempts = [event for event in events if isinstance(event, AttemptEnded)]
    assert len(attempts) == report.attempts
    assert {event.run_id for event in attempts} == {started.run_id}
    failed = next(event for event in attempts if event.outcome == "error")
    assert failed.error is not None
    assert failed.error.injected
    assert sum(isinstance(event, TaskRetried) for event in events) == report.retries


def test_times_are_those_of_the_run(tmp_path: Path) -> None:
    """In virtual time, too: a word's attempt takes its latency, and nothing else."""
    path = tmp_path / "events.jsonl"
    count_anagrams("cat", events=path, faults="exercise", seed=1, orchestrator=VirtualOrchestrator(1))
    attempts = [line.event for line in EventReader(path) if isinstance(line.event, AttemptEnded)]
    assert len(attempts) == 3
    for one in attempts:
        assert one.began_ns is not None
        assert one.ended_ns is not None
        assert one.ended_ns - one.began_ns == one.latency_ns > 0


def test_the_account_of_events_is_that_of_the_report(tmp_path: Path) -> None:
    """Both count from the moment at which the caller began to wait, and not from when everything was loaded."""
    fifo, found = tmp_path / "fifo", []
    os.mkfifo(fifo)
    before = time.time()

    def read_late() -> None:
        time.sleep(0.5)
        found.extend(fifo.read_text().splitlines())

    thread = threading.Thread(target=read_late)
    thread.start()
    report = count_anagrams("cat", events=fifo, account=True)
    thread.join()
    assert report.account is not None
    started, finished = json.loads(found[1]), json.loads(found[-1])
    assert finished["account"]["wall"] > 0.4
    assert finished["account"]["wall"] == pytest.approx(report.account.wall, abs=0.2)
    assert finished["account"]["wall"] == pytest.approx((finished["time_ns"] - started["time_ns"]) / 1e9)
    assert started["wall"] - before < 0.3
    assert finished["wall"] - started["wall"] == pytest.approx(finished["account"]["wall"], abs=0.1)


def test_lines_are_seen_while_the_run_goes_on(tmp_path: Path) -> None:
    """Also where an attempt, or the input, holds up the run's own thread."""
    path = tmp_path / "events.jsonl"

    def values() -> Iterator[int]:
        yield from range(3000)
        until = time.monotonic() + 20
        while b'"attempt_ended"' not in path.read_bytes():
            assert time.monotonic() < until, "no line is seen"
            time.sleep(0.01)

    assert run(Pipeline("p").values(int).count(), values(), events=path).is_complete
    lines_of(path)


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    """Whatever an error says is one line, and comes back as it was."""
    path = tmp_path / "events.jsonl"

    def fail(value: str) -> str:
        raise ValueError(HOSTILE)

    run(Pipeline(NAME).values(str).map(fail).count(), ["x"], retry="none", events=path)
    lines_of(path)
    events = [line.event for line in EventReader(path)]
    assert any(isinstance(one, AttemptEnded) and one.error and one.error.message == HOSTILE for one in events)
    assert isinstance(events[0], RunStarted)
    assert events[0].pipeline == NAME


def test_an_error_of_code_without_a_folder(tmp_path: Path) -> None:
    """Code that was compiled under a bare name is a place, too; its run is recorded like any other."""
    names: dict[str, Any] = {}
    exec(compile("def fail(value: str) -> str:\n    raise ValueError(value)\n", "bare.py", "exec"), names)
    path = tmp_path / "events.jsonl"
    report = run(Pipeline("p").values(str).map(names["fail"]).count(), ["x"], retry="none", events=path)
    assert not report.warnings
    (failed,) = [line for line in lines_of(path) if line["kind"] == "attempt_ended" and line["outcome"] == "error"]
    assert failed["error"]["place"] == "bare.py, line 2"


def test_a_working_directory_that_is_gone_costs_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function deletes it and fails: the record is whole, takes the place of the one before, and names the place in full."""
    path, gone = tmp_path / "events.jsonl", tmp_path / "gone"
    path.write_text("the last run's\n")
    gone.mkdir()
    monkeypatch.chdir(gone)

    def fail(value: str) -> str:
        gone.rmdir()
        raise ValueError(value)

    report = run(Pipeline("p").values(str).map(fail).count(), ["x"], retry="none", events=path)
    assert not report.warnings
    (failed,) = [line for line in lines_of(path) if line["kind"] == "attempt_ended" and line["outcome"] == "error"]
    assert failed["error"]["place"].startswith(f"{__file__}, line ")


@pytest.mark.parametrize("has_thread", [True, False])
def test_an_event_that_cannot_be_a_line_costs_itself_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, has_thread: bool
) -> None:
    """Whatever its line fails with: the others are written, and what is missing is counted exactly."""
    path = tmp_path / "events.jsonl"

    def odd_line_of(seq: int, event: Any, **more: Any) -> str:
        if isinstance(event, TaskLogged) and "bad" in event.message:
            raise RuntimeError("odd")
        return line_of(seq, event, **more)

    monkeypatch.setattr(writer, "line_of", odd_line_of)
    if not has_thread:
        monkeypatch.setattr(threading.Thread, "start", no_thread)
    report = run(Pipeline("p").values(str).map(warn).count(), ["bad", "good", "bad too"], events=path)
    assert report.elements == 3
    assert report.warnings == (f"2 lines of events are missing in {str(path)!r}: RuntimeError: odd.",)
    lines = lines_of(path)
    assert [line["message"] for line in lines if line["kind"] == "log"] == ["good"]
    assert lines[-1]["missing_lines"] == 2


def no_thread(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def warn(text: str) -> str:
    logging.getLogger("user.tasks").warning(text)
    return text


@pytest.mark.parametrize(
    ("member", "value"),
    [("outcome", "fine"), ("outcome", ["ok"]), ("status", 1), ("item", None), ("bytes_in", "7"), ("slot", True), ("bundle", None),
     ("began_ns", 10**30), ("bytes_in", 2**64), ("stalled_ns", -(2**64))],
)  # fmt: skip
def test_one_wrong_line_among_many_right_ones(tmp_path: Path, member: str, value: object) -> None:
    """A reader that has seen many sound attempts still looks at each one, and names the line of the wrong one."""
    path = tmp_path / "events.jsonl"
    alone = FaultProfile(tasks={"upper": TaskProfile(latency=constant(0.0001))})
    run(Pipeline("p").values(str).map(str.upper).count(), list("abc"), events=path, faults=alone)
    lines = path.read_text().splitlines(keepends=True)
    (*_, at) = [number for number, line in enumerate(lines) if '"attempt_ended"' in line]
    lines[at] = json.dumps({**json.loads(lines[at]), member: value}) + "\n"
    path.write_text("".join(lines))
    with pytest.raises(InputError, match=rf"^Line {at + 1} of the events .*member '{member}' is of the wrong type"):
        list(EventReader(path))


def test_the_last_line_comes_after_an_error(tmp_path: Path) -> None:
    """It names what ended the run."""
    path = tmp_path / "events.jsonl"

    def values() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError("seven")

    with pytest.raises(Exception, match="seven"):
        run(Pipeline("p").values(int).count(), values(), events=path)
    last = lines_of(path)[-1]
    assert last["error"] is not None
    assert "seven" in last["error"]["message"]
    assert not last["is_complete"]


def test_the_last_line_comes_after_a_stop(tmp_path: Path) -> None:
    """It says what stopped the run, and attempts that nobody waits for are abandoned."""
    path = tmp_path / "events.jsonl"
    asked = iter(range(10_000))
    report = exercise(path, should_stop=lambda: next(asked) > 5)
    last = lines_of(path)[-1]
    assert last["stopped"] == report.stop.kind == "cancelled"
    assert last["reason"]


@pytest.mark.parametrize("number", some([signal.SIGTERM, signal.SIGINT], every=2))
def test_the_last_line_comes_after_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    """The command writes it and ends as signals end it; after a SIGKILL the file is readable up to the last line, and said to be cut."""
    path = tmp_path / "events.jsonl"
    process = started(path)
    process.send_signal(number)
    process.wait(60)
    assert lines_of(path)[-1]["stopped"] == {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated"}[number]


def test_a_killed_run_is_readable(tmp_path: Path) -> None:
    """Up to the last line; the reader says that it was cut, and where."""
    path = tmp_path / "events.jsonl"
    process = started(path)
    process.kill()
    process.wait(60)
    lines = lines_of(path, is_whole=False)
    reader = EventReader(path)
    assert len(list(reader)) == len(lines) - 1
    assert reader.is_cut
    assert f"cut off after line {len(lines)}" in reader.cut
    with path.open("ab") as stream:
        stream.write(b'{"seq": 99, "ki')
    reader = EventReader(path)
    assert len(list(reader)) == len(lines) - 1
    assert f"cut off after line {len(lines)}" in reader.cut


def started(path: Path) -> subprocess.Popen[bytes]:
    """Start a run that takes long, and return when its file has an attempt."""
    arguments = ["run", "--test-case", "large", "--seed", "1", "--orchestrator", "threaded", "--latency-scale", "1"]
    process = subprocess.Popen(
        [*ANAGRAM, *arguments, "--grace", "0", "--events", str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    until = time.monotonic() + 60
    while not (path.exists() and b"attempt_ended" in path.read_bytes()):
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.02)
    return process


def test_a_descriptor_can_be_given(tmp_path: Path) -> None:
    """``fd:N`` is one that the caller has opened, and that stays open."""
    with (tmp_path / "events.jsonl").open("wb") as stream:
        exercise(f"fd:{stream.fileno()}")
        assert not stream.closed
        os.fstat(stream.fileno())
    lines_of(tmp_path / "events.jsonl")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("-", "--events - would mix events with results and messages.*--events fd:3 3>FILE"),
        ("fd:1", "--events fd:1 would mix events with results"),
        ("fd:x", "'fd:x' names no descriptor. Give its number, such as --events fd:3"),
        ("fd:-1", "'fd:-1' names no descriptor"),
        ("fd:999", "Cannot write 'fd:999': Bad file descriptor"),
        ("fd:99999999999999999999", "Cannot write 'fd:99999999999999999999'"),
        ("missing/events", "Cannot write 'missing/events': No such file or directory. Name another --events"),
        (".", "Cannot write '.': Is a directory"),
        ("null\0byte", "embedded null byte"),
    ],
)
def test_what_cannot_be_written_is_refused(path: str, message: str, tmp_path: Path, monkeypatch: Any) -> None:
    """Before anything is run."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message):
        exercise(path)
    assert not list(tmp_path.iterdir())


def test_inputs_and_checkpoints_are_not_overwritten(tmp_path: Path) -> None:
    """Neither by events, nor are events by results; a file of events is of one run."""
    text = tmp_path / "text.txt"
    text.write_text("cat")
    (tmp_path / "link").symlink_to(text)
    with pytest.raises(UsageError, match=r"would take the place of an input: .*link.*Name another --events"):
        count_anagrams(text, events=tmp_path / "link")
    with pytest.raises(UsageError, match="The checkpoint cannot take the events too"):
        count_anagrams(text, events=tmp_path / "c", checkpoint=tmp_path / "c")
    with pytest.raises(OptionError, match="limit of events must be at least 1"):
        count_anagrams(text, events=tmp_path / "c", events_limit=0)
    assert text.read_text() == "cat"
    done = anagram("run", str(text), "--events", "x", "--output", "x", cwd=tmp_path)
    assert done.returncode == 2
    assert b"would take the place of the events" in done.stderr
    done = anagram("run", "--test-case", "all", "--events", "x", cwd=tmp_path)
    assert done.returncode == 2
    assert b"A file of events is of one run" in done.stderr


def test_a_refused_run_leaves_an_old_file_alone(tmp_path: Path) -> None:
    """An old file of events is replaced when the run starts, and not by one that is refused."""
    path = tmp_path / "events.jsonl"
    path.write_text("old")
    with pytest.raises(Exception, match="no-such-lexicon"):
        count_anagrams("cat", lexicon=f"file:{tmp_path}/no-such-lexicon", events=path)
    assert path.read_text() == "old"
    count_anagrams("cat", events=path)
    lines_of(path)
    new = tmp_path / "new"
    with pytest.raises(Exception, match="no-such-lexicon"):
        count_anagrams("cat", lexicon=f"file:{tmp_path}/no-such-lexicon", events=new)
    assert not new.exists()


def test_a_reader_that_goes_away_ends_no_run(tmp_path: Path) -> None:
    """A FIFO without a reader is refused; one whose reader leaves costs its lines, and the report says how many."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, "READER_PATIENCE", 0.05)
        with pytest.raises(UsageError, match="No process reads the FIFO"):
            exercise(fifo)

    def read_a_line() -> None:
        with fifo.open("rb", buffering=0) as stream:
            stream.read(10)

    thread = threading.Thread(target=read_a_line)
    thread.start()

    def values() -> Iterator[int]:
        yield from range(5000)
        thread.join()
        yield from range(5000)

    report = run(Pipeline("p").values(int).count(), values(), events=fifo)
    assert report.is_complete
    assert any("of events are missing" in one and "its reader went away" in one for one in report.warnings)


def test_a_reader_that_sleeps_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it does not take off in time is missing, and memory stays bounded."""
    monkeypatch.setattr(writer, "PATIENCE", 0.05)
    monkeypatch.setattr(writer, "MOST_WAITING", 100)
    reading, writing = os.pipe()
    report = count_anagrams(
        " ".join(f"cat dog post {number}" for number in range(3)) * 300,
        events=f"fd:{writing}",
        faults="heavy",
        latency_scale=0.0,
        retry_options={"attempts": 30},
        seed=5,
        chunk_size=20,
    )
    os.close(reading)
    os.close(writing)
    assert report.is_complete
    assert any("did not read them in time" in one for one in report.warnings), report.warnings


def test_a_full_disk_ends_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines are missing while it is full, and come again once there is room; no line is torn."""
    real, calls = os.write, iter(range(10_000))
    path = tmp_path / "events.jsonl"
    monkeypatch.setattr(writer, "BLOCK", 5)

    def now_and_then(handle: int, data: Any) -> int:
        number = next(calls)
        if number % 3 == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle, data[:20] if number % 3 == 0 else data)

    monkeypatch.setattr(os, "write", now_and_then)
    report = exercise(path)
    assert report.is_complete
    assert any("missing in" in one and "No space left on device" in one for one in report.warnings)
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    numbers = [line["seq"] for line in lines]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("room", [4000, 9000])
@pytest.mark.parametrize("block", [1, 1000])
def test_a_disk_that_fills_up_keeps_what_it_took(
    room: int, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file begins with its version, even if its first block is larger than the disk, and its last line says how many lines are missing."""
    path = tmp_path / "events.jsonl"
    real = os.write
    monkeypatch.setattr(writer, "BLOCK", block)

    def until_full(handle: int, data: Any) -> int:
        if not os.path.exists(path) or not os.path.samestat(os.fstat(handle), path.stat()):
            return real(handle, data)
        if os.lseek(handle, 0, os.SEEK_CUR) >= room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(handle, data[: room - os.lseek(handle, 0, os.SEEK_CUR)])

    monkeypatch.setattr(os, "write", until_full)
    report = exercise(path)
    assert report.is_complete
    (warning,) = (one for one in report.warnings if "No space left on device" in one)
    assert path.stat().st_size <= room
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [lines[0]["kind"], lines[-1]["kind"]] == ["stream", "run_finished"]
    reader = EventReader(path)
    assert list(reader)
    assert not reader.is_cut
    assert reader.missing == lines[-1]["seq"] + 1 - len(lines) > 0
    assert warning.startswith(f"{reader.missing} line")


def test_a_disk_without_any_room_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty file would look like that of a run that has just begun."""
    path = tmp_path / "events.jsonl"

    def full(handle: int, data: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    report = count_anagrams("cat", events=path)
    assert any("No space left on device" in one for one in report.warnings)
    assert not path.exists()


def test_of_many_attempts_a_share_is_written(tmp_path: Path) -> None:
    """Totals stay exact; the file says how many stand for how many, and the same seed keeps the same attempts."""
    words = " ".join(f"{a}{b}{c}" for a in "abcdefghij" for b in "aeiou" for c in "klmnopqrst")
    paths = [tmp_path / "one", tmp_path / "two"]
    for path in paths:
        report = count_anagrams(
            words,
            events=path,
            events_limit=20,
            faults="exercise",
            latency_scale=0.0,
            retry_options={"attempts": 30},
            seed=5,
        )
    lines = lines_of(paths[0])
    attempts = [line for line in lines if line["kind"] == "attempt_ended"]
    last = lines[-1]
    assert sum(last["attempts_told"].values()) == report.attempts > 500
    assert last["attempt_lines"] == len(attempts) < 200
    sampled = [line for line in lines if line["kind"] == "sampled"]
    assert sampled[0] | {"seq": 0, "time_ns": 0} == {
        "seq": 0, "kind": "sampled", "time_ns": 0, "one_in": 1, "attempts": 20, "kept": 20
    }  # fmt: skip
    besides = [line for line in attempts if "error" in line and line.get("stands_for", 1) == 1][-2:]
    assert len(besides) == 2, "errors are kept"
    of_errors = sum(line["attempts"] for line in sampled) - report.attempts
    assert -2 <= of_errors <= 0, "an attempt is in no stretch"
    slowest = [line for line in attempts if line.get("stands_for") == 0]
    assert 0 < len(slowest) <= 100
    kept = [
        {(line["item"], line["attempt"]) for line in lines_of(path) if line.get("stands_for", 1) > 0 and "item" in line}
        for path in paths
    ]
    assert kept[0] == kept[1]
    told = list(EventReader(paths[0]))
    assert sum(isinstance(line.event, Segment) for line in told) == len(sampled)


@pytest.mark.parametrize("name", ["find_anagrams:{}", "lines:0@{}", "{}"])
def test_a_share_is_a_fair_one(name: str) -> None:
    """Of items with names in sequence, one in ten is kept, or nearly so, and of those again one in ten."""
    sampling = Sampling(1)
    items = [name.format(number) for number in range(100_000)]
    for _ in range(2):
        sampling.next_segment()
        items = [item for item in items if sampling.keeps(item, 1)]
        assert len(items) == pytest.approx(100_000 / sampling.segment.one_in, rel=0.1)


def test_unknown_kinds_are_ignored(tmp_path: Path) -> None:
    """By the reader, and by the schema, which tells readers to do so."""
    path = tmp_path / "events.jsonl"
    exercise(path)
    lines = path.read_text().splitlines()
    new = {"seq": 2, "kind": "weather_changed", "time_ns": "?", "sky": [1]}
    VALIDATOR.validate(new)
    path.write_text("\n".join([*lines[:2], json.dumps(new), *lines[2:]]) + "\n")
    reader = EventReader(path)
    assert len(list(reader)) == len(lines) - 1
    assert reader.unknown == {"weather_changed": 1}
    assert "ignore lines of a kind that they do not know" in str(load_schema()["description"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty: its run was killed before it wrote, or has just begun"),
        ("cat\n", "Line 1 of the events .* it is not JSON"),
        ("[]\n", "it is no object"),
        ("{}\n", "is no file of events"),
        ('{"kind":"stream","format":"pipeline-optimization events","version":2}\n', "version 2; this program reads .* 1"),
        ("{stream}\n{}\n", "it has no number or no kind"),
        ("{stream}\n" + "[" * 100_000 + "\n", "Line 2 .* it is not JSON"),
        ('{stream}\n{"seq":1,"kind":"worker_seen","time_ns":1,"worker":5}\n', "its member 'worker' is of the wrong type"),
        ('{stream}\n{"seq":1,"kind":"worker_seen","time_ns":1}\n', "it lacks members"),
        ('{stream}\n{"seq":1,"kind":"worker_seen"}\n', "it has no time"),
        ('{stream}\n{"seq":1,"kind":"worker_seen","time_ns":1%s,"worker":"w"}\n' % ("0" * 400), "it has no time"),
        ('{stream}\n{"seq":1,"kind":"resources_sampled","time_ns":1,"memory":{},"cpu":{"w":NaN}}\n', "its member 'cpu' is of the wrong type"),
        ('{stream}\n{"seq":1,"kind":"resources_sampled","time_ns":1,"memory":{},"cpu":{"w":-1e999}}\n', "its member 'cpu' is of the wrong type"),
        ('{stream}\n{"seq":1,"kind":"task_retried","time_ns":1,"item":"a","task":"t","attempt":1,"delay":Infinity}\n', "its member 'delay' is of the wrong type"),
    ],
)  # fmt: skip
def test_what_no_run_wrote_is_refused(content: str, message: str, tmp_path: Path) -> None:
    """With the line and the reason; a newer version with what to do."""
    path = tmp_path / "events.jsonl"
    stream = '{"seq":0,"kind":"stream","format":"pipeline-optimization events","version":1}'
    path.write_text(content.replace("{stream}", stream))
    with pytest.raises(InputError, match=message):
        list(EventReader(path))


def test_a_seed_may_be_any_number(tmp_path: Path) -> None:
    """It is one of many bits if the user says so, and its record is read like others."""
    path = tmp_path / "events.jsonl"
    count_anagrams("cat", seed=10**30, events=path)
    started = next(iter(EventReader(path))).event
    assert isinstance(started, RunStarted)
    assert started.seed == 10**30


def test_a_missing_file_is_said() -> None:
    """With the reason."""
    with pytest.raises(InputError, match="Cannot read the events 'missing': No such file"):
        list(EventReader("missing"))


def test_the_schema_knows_each_kind() -> None:
    """And is a schema itself; what it does not know is passed over, what lacks a member is refused."""
    Draft202012Validator.check_schema(load_schema())
    kinds = {*KINDS.values(), "stream", "sampled"}
    definitions = load_schema()["$defs"]
    assert isinstance(definitions, dict)
    assert kinds == definitions.keys() - {"error", "totals"}
    for kind in kinds:
        assert not VALIDATOR.is_valid({"seq": 1, "kind": kind})


def test_retry_writes_events_too(tmp_path: Path) -> None:
    """``anagram retry`` takes the option; a relative name is that of the caller's directory."""
    (tmp_path / "text.txt").write_text("cat dog post")
    checkpoint = tmp_path / "c"
    arguments = (
        "--faults",
        "heavy",
        "--retry",
        "none",
        "--latency-scale",
        "0",
        "--seed",
        "1",
        "--circuit-breaker",
        "0",
    )
    done = anagram("run", "text.txt", *arguments, "--checkpoint", "c", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    (tmp_path / "elsewhere").mkdir()
    anagram("retry", str(checkpoint), "--events", "events.jsonl", cwd=tmp_path / "elsewhere")
    lines = lines_of(tmp_path / "elsewhere" / "events.jsonl")
    assert lines[1]["resumed_from"] == str(checkpoint)


def test_pipelines_write_events_too(tmp_path: Path) -> None:
    """``anagram run --pipeline``, with elements counted by bundles."""
    (tmp_path / "p.py").write_text(
        "from pipeline_optimization import Pipeline\npipeline = Pipeline('mine').lines().map(str.upper).count()\n"
    )
    (tmp_path / "text.txt").write_text("a\nb\nc\n")
    done = anagram("run", "--pipeline", "p.py", "text.txt", "--events", "e", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = lines_of(tmp_path / "e")
    assert lines[1]["pipeline"] == "mine"
    assert sum(line["elements"] for line in lines if line["kind"] == "attempt_ended") == 3
    assert lines[1]["command"][-2:] == ["--events", "e"]
