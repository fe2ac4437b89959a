"""What a command keeps of a run: pages, traces and metrics by name, folders of records, and what shows them again."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from command import ANAGRAM, anagram, ended_here, environment
from pipeline_optimization.engine.profile_files import read_profile
from pipeline_optimization.observing import following
from pipeline_optimization.observing.following import Following
from pipeline_optimization.observing.products import digest_of
from pipeline_optimization.observing.reading import EventReader
from pipeline_optimization.types import AttemptEnded

Run = Callable[..., tuple[int, str, str]]
FAULTS = ["run", "--text", "the cat sat on a mat", "--faults", "exercise", "--latency-scale", "0", "--seed", "4"]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process, in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def run_here(*arguments: str) -> tuple[int, str, str]:
        return ended_here(arguments, capsys)

    return run_here


def only_record(directory: str) -> Path:
    (found,) = Path(directory).iterdir()
    return found


def test_each_file_by_itself(
    run: Run, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each option writes its file and no other; the events that it is made of are gone when nobody asked for them."""
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    code, _, err = run(*FAULTS, "--report", "r.html", "--trace", "t.json", "--metrics", "m.prom")
    assert (code, err) == (0, "")
    assert sorted(os.listdir(tmp_path)) == ["m.prom", "r.html", "t.json"]
    assert Path("r.html").read_text().startswith("<!doctype html>")
    assert {one["ph"] for one in json.loads(Path("t.json").read_text())} >= {"M", "X", "i"}
    assert "pipeline_optimization_run_complete" in Path("m.prom").read_text()
    assert not list(temporary.iterdir())


def test_a_record_has_all_of_it(run: Run) -> None:
    """A folder in the directory holds events, report, trace and metrics; the message on standard error says which."""
    code, out, err = run(*FAULTS, "--record", "kept", "--format", "csv")
    assert code == 0
    home = only_record("kept")
    assert sorted(os.listdir(home)) == ["events.jsonl", "metrics.prom", "report.html", "report.json", "trace.json"]
    assert err == f"Recorded: {home.resolve()}\n"
    assert out.startswith("word,count\n")


def test_a_record_has_the_report_as_json(run: Run) -> None:
    """It is what the command prints with --format json, but for what only a test case has; the run of a pipeline has one, too."""
    code, out, _ = run(*FAULTS, "--record", "kept", "--format", "json")
    assert code == 0
    kept = json.loads((only_record("kept") / "report.json").read_text())
    assert kept.items() <= json.loads(out).items()
    Path("own.py").write_text("from pipeline_optimization import Pipeline\nown = Pipeline('own').lines().count()\n")
    assert run("run", "--pipeline", "own.py", "own.py", "--record", "own", "--format", "csv")[0] == 0
    assert json.loads((only_record("own") / "report.json").read_text())["pipeline"] == "own"


def test_a_resumed_run_joins_its_record(run: Run) -> None:
    """A run that was killed and the two that go on with its checkpoint are one story, whatever else is recorded there."""
    stopped = [*FAULTS, "--checkpoint", "c", "--retry", "none", "--record", "kept"]
    assert run(*stopped)[0] == 1
    killed = only_record("kept")
    events = (killed / "events.jsonl").read_bytes()
    (killed / "events.jsonl").write_bytes(events[: len(events) * 2 // 3])
    assert run(*stopped, "--resume", "--retry-failed")[0] in {0, 1}
    assert run("retry", "c", "--retry", "exponential", "--record", "kept")[0] == 0
    assert run(*FAULTS, "--record", "kept")[0] == 0
    first, second, third, other = sorted((one.name for one in Path("kept").iterdir()), key=_moment)
    _, out, _ = run("runs", "list", "kept")
    assert [line for line in out.splitlines() if "resumes" in line] == [
        f"{second} resumes {first}.",
        f"{third} resumes {second}.",
    ]
    assert other in out
    _, out, _ = run("runs", "show", f"kept/{second}")
    assert f"{second} resumes {first}." in out
    assert f"{second} is resumed by {third}." in out
    assert [line.split()[0] for line in out.splitlines()[1:4]] == [first, second, third]
    assert "was cut" in run("runs", "show", f"kept/{first}")[2]


def _moment(name: str) -> tuple[str, int]:
    """Return what records are ordered by: names of one second have a number, from the second on."""
    stem, _, number = name.rpartition("-")
    return (stem, int(number)) if number.isdecimal() else (name, 1)


def test_a_run_that_cannot_start_leaves_no_record(run: Run) -> None:
    """Wrong usage leaves neither a folder nor a file."""
    code, _, err = run("run", "gone.txt", "--record", "kept")
    assert (code, "gone.txt" in err) == (2, True)
    assert not list(Path("kept").iterdir())


def test_a_run_that_fails_is_recorded(run: Run) -> None:
    """What failed for good is in the report, whose first lines say that the result is incomplete."""
    code, _, _ = run(*FAULTS, "--retry", "none", "--report", "r.html")
    assert code == 1
    assert "The result is incomplete" in Path("r.html").read_text()
    assert "InjectedFault" in Path("r.html").read_text()


def test_runs_are_listed_shown_and_compared(run: Run) -> None:
    """A list has a line a run, --filter takes some of them, and a difference has the lines that differ."""
    run(*FAULTS, "--record", "kept")
    run(*FAULTS, "--record", "kept", "--orchestrator", "asyncio")
    first, second = sorted(one.name for one in Path("kept").iterdir())
    code, out, _ = run("runs", "list", "kept")
    assert code == 0
    assert [line.split()[:3] for line in out.splitlines()[1:3]] == [
        [first, "sequential", "complete"],
        [second, "asyncio", "complete"],
    ]
    assert max(map(len, out.splitlines())) <= 80
    _, out, _ = run("runs", "list", "kept", "--filter", "orchestrator=async")
    assert second in out
    assert f"{first} " not in out
    _, out, _ = run("runs", "show", f"kept/{first}")
    assert "find_anagrams" in out
    assert "where the time went" in out
    _, out, _ = run("runs", "diff", f"kept/{first}", f"kept/{second}")
    assert [line.split() for line in out.splitlines() if line.startswith("orchestrator")] == [
        ["orchestrator", "sequential", "asyncio"]
    ]
    assert "ledger" not in out  # the same attempts with the same outcomes
    assert "retries" not in out


def test_events_make_everything_later(run: Run) -> None:
    """``report`` shows a file of events, and makes of it what the run could have made."""
    run(*FAULTS, "--events", "e.jsonl", "--report", "r.html")
    code, out, err = run("report", "e.jsonl", "--export", "later.html", "--export", "t.json", "--export", "m.prom")
    assert code == 0, err
    assert "find_anagrams" in out
    assert Path("later.html").read_text() == Path("r.html").read_text()
    assert json.loads(Path("t.json").read_text())


def test_a_record_has_no_secrets_of_errors(run: Run) -> None:
    """An error's message may have a URL with a password: no file of the record has it, and no line of the run's log."""
    Path("p.py").write_text(
        "from pipeline_optimization import Pipeline\n\n"
        "def fail(line):\n    raise ValueError(f'postgresql://ann:{line}@host/db refused')\n\n"
        "p = Pipeline('p').lines().map(fail).count()\n"
    )
    Path("in.txt").write_text("geheim\n")
    _, _, err = run("run", "in.txt", "--pipeline", "p.py", "--retry", "none", "--record", "kept", "-v")
    files = [one for one in only_record("kept").rglob("*") if one.is_file()]
    assert {"events.jsonl", "report.html", "report.json"} <= {one.name for one in files}
    for one in files:
        text = one.read_text()
        assert "ann:geheim" not in text, one
        assert one.name not in {"events.jsonl", "report.html", "report.json"} or "ann:***@host" in text
    assert "ann:***@host" in err


def test_a_killed_run_can_be_looked_at(run: Run) -> None:
    """Events that end in the middle of a line are shown up to the last whole one, and it is said that they were cut."""
    run(*FAULTS, "--record", "kept")
    home = only_record("kept")
    text = (home / "events.jsonl").read_bytes()
    (home / "events.jsonl").write_bytes(text[: len(text) * 2 // 3])
    code, out, err = run("runs", "show", str(home))
    assert code == 0
    assert "no end" in out
    assert "was cut off after line" in err
    assert "no end" in run("runs", "list", "kept")[1]
    run("report", str(home / "events.jsonl"), "--export", "r.html")
    assert "The record has no end" in Path("r.html").read_text()


def test_a_broken_record_does_not_hide_the_others(run: Run) -> None:
    """A list says which record cannot be read, and why, and has the others."""
    run(*FAULTS, "--record", "kept")
    Path("kept/0").mkdir()
    Path("kept/0/events.jsonl").write_text("{}\n")
    Path("kept/1").mkdir()
    Path("kept/1/events.jsonl").write_text(
        json.dumps({"seq": 0, "kind": "stream", "format": "pipeline-optimization events", "version": 99}) + "\n"
    )
    code, out, _ = run("runs", "list", "kept")
    assert code == 0
    assert "is no file of events" in " ".join(out.split())
    assert "complete" in out
    code, _, err = run("runs", "show", "kept/1")
    assert code == 2
    assert "have version 99" in err


DAMAGED: Sequence[tuple[str, str, str]] = (
    (r'"wall":[\d.]+', '"wall":1e30', "its member 'wall' is no time of the calendar"),
    (r'"wall":[\d.]+', '"wall":-1', "its member 'wall' is no time of the calendar"),
    (r'"time_ns":\d+', '"time_ns":1' + 400 * "0", "it has no time"),
    (r'"idle":[-\d.e]+', '"idle":NaN', "its member 'idle' is of the wrong type or too large"),
    (r'"compute":[-\d.e]+', '"compute":Infinity', "its member 'compute' is of the wrong type or too large"),
)


@pytest.mark.parametrize(("what", "instead", "message"), DAMAGED)
def test_a_record_with_impossible_numbers_is_refused(run: Run, what: str, instead: str, message: str) -> None:
    """By every command that reads it, with the line and the reason."""
    run(*FAULTS, "--record", "kept")
    home = only_record("kept")
    text = (home / "events.jsonl").read_text()
    damaged, number = re.subn(what, instead, text)
    assert number
    (home / "events.jsonl").write_text(damaged)
    commands = (
        ("runs", "show", str(home)),
        ("runs", "diff", str(home), str(home)),
        ("watch", str(home)),
        ("report", str(home / "events.jsonl"), "--export", "r.html"),
    )
    for command in commands:
        code, _, err = run(*command)
        assert (code, message in " ".join(err.split())) == (2, True), (command, err)
    code, out, _ = run("runs", "list", "kept")
    assert (code, "cannot be read" in " ".join(out.split())) == (0, True)


def test_a_record_with_odd_numbers_is_shown(run: Run) -> None:
    """Numbers that are possible, though no run has them, such as a share of more than all: no bar is longer than the others."""
    run(*FAULTS, "--record", "kept")
    home = only_record("kept")
    text = (home / "events.jsonl").read_text()
    text = re.sub(r'"account":{"wall":[-\d.e]+', '"account":{"wall":1e-300', text)
    text = re.sub(r'"compute":[-\d.e]+', '"compute":1e300', text)
    text = re.sub(r'"idle":[-\d.e]+', '"idle":-1e300', text)
    text = re.sub(r'"pid":\d+', '"pid":9000000000000000000', text)
    (home / "events.jsonl").write_text(text)
    assert '"compute":1e300' in text
    for command in (
        ("runs", "show", str(home)),
        ("watch", str(home)),
        ("report", str(home / "events.jsonl"), "--export", "r.html"),
    ):
        assert run(*command)[0] == 0, command


REFUSED: Sequence[tuple[tuple[str, ...], str]] = (
    (("run", "a.txt", "--report", "a.txt"), "'--report'|--report would write over it"),
    (("run", "a.txt", "--report", "no/r.html"), "there is no directory"),
    (("run", "a.txt", "--report", "."), "it is a directory. Name another --report"),
    (("run", "a.txt", "--trace", "t" * 300), "File name too long. Name another --trace"),
    (("run", "a.txt", "--metrics", "-"), "--metrics writes files, and - would be standard output"),
    (("run", "a.txt", "--record", "kept", "--events", "e.jsonl"), "leave --events out"),
    (("run", "a.txt", "--record", "a.txt"), "Cannot make"),
    (("run", "a.txt", "--trace", "t.json", "--events", "fd:7"), "let --events be a file"),
    (("run", "--test-case", "all", "--record", "kept"), "Name one test case"),
    (("runs", "list", "nothing"), "There is no record, directory or file 'nothing'"),
    (("runs", "show", "."), "has 0 recorded runs"),
    (("runs", "list", ".", "--filter", "seed=3"), "--filter takes KEY=TEXT with one of the keys"),
)


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda one: one[0] if isinstance(one, tuple) else "")
def test_wrong_usage(run: Run, arguments: Sequence[str], message: str) -> None:
    """The message says what is wrong; nothing runs, and no file is changed."""
    Path("a.txt").write_text("cat")
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert any(one in " ".join(err.split()) for one in message.split("|")), err
    assert Path("a.txt").read_text() == "cat"


def test_retry_is_recorded(run: Run) -> None:
    """``retry`` takes the same options, whose files are relative to where it is called."""
    run(*FAULTS, "--retry", "none", "--checkpoint", "c")
    elsewhere = Path("elsewhere").resolve()
    elsewhere.mkdir()
    os.chdir(elsewhere)
    code, _, err = run("retry", "../c", "--retry", "exponential", "--report", "r.html", "--record", "kept")
    assert code == 0, err
    assert (elsewhere / "r.html").is_file()
    assert (only_record(str(elsewhere / "kept")) / "events.jsonl").is_file()


def test_nothing_of_it_is_imported_without_being_asked_for() -> None:
    """A run that keeps nothing does not load what makes pages, traces and metrics."""
    code = "import sys; from pipeline_optimization.cli import main\ntry: main(['run', '--text', 'cat'])\nexcept SystemExit: pass\n"
    code += "print([one for one in sys.modules if '.observing.' in one and not one.endswith('pipeline.observing')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_disk_that_is_full_costs_the_page_only(tmp_path: Path) -> None:
    """If the page cannot be written at the end, a warning says so, and the result and the exit code are those of the run."""
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full")
    done = anagram(*FAULTS, "--format", "csv", "--report", "/dev/full", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith(b"word,count\n")
    assert b"Warning: " in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_one_file_that_cannot_be_written_costs_itself_only(run: Run) -> None:
    """The others are written, each problem is told, and so is the record's folder."""
    files = ["--trace", "/dev/full", "--report", "r.html", "--metrics", "/dev/full"]
    code, _, err = run(*FAULTS, "--record", "kept", *files)
    assert code == 0
    assert "'/dev/full': No space left on device. Name another --trace" in err
    assert "'/dev/full': No space left on device. Name another --metrics" in err
    assert f"Recorded: {only_record('kept').resolve()}" in err
    assert "find_anagrams" in Path("r.html").read_text()
    code, _, err = run("report", str(only_record("kept") / "events.jsonl"), "--export", "./m.prom")
    assert (code, Path("m.prom").exists()) == (0, True), err


def test_a_name_that_is_no_utf_8_is_recorded(run: Run) -> None:
    """Python reads such a name of a file with halves of surrogate pairs, which no file can take. The files show escapes, and the result is there."""
    odd = os.fsdecode(b"a\xff.txt")
    try:
        Path(odd).write_text("the cat")
    except OSError:
        pytest.skip("this system has no such names")
    code, out, err = run("run", odd, "--record", "kept", "--format", "csv")
    assert (code, out.splitlines()[0]) == (0, "word,count"), err
    home = only_record("kept")
    assert sorted(os.listdir(home)) == ["events.jsonl", "metrics.prom", "report.html", "report.json", "trace.json"]
    assert "a\\udcff.txt" in (home / "report.html").read_text("utf-8")
    line = (home / "events.jsonl").read_text().replace('"task":"', '"task":"\\ud800')
    (home / "events.jsonl").write_text(line)
    exports = ("--export", "x.html", "--export", "x.json", "--export", "x.prom")
    for command in (("report", str(home / "events.jsonl"), *exports), ("watch", str(home)), ("profile", str(home))):
        code, _, err = run(*command)
        assert code == 0, (command, err)
    assert run("profile", str(home), "--output", "x.toml")[0] == 0


def test_without_any_room_nothing_is_made_and_the_result_is_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warning says so."""

    def full(handle: int, data: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    for options in (("--record", "kept"), ("--report", "r.html")):
        code, out, err = run(*FAULTS, *options, "--format", "csv")
        assert (code, out.splitlines()[0]) == (0, "word,count")
        assert "No event could be written" in err
    assert not Path("r.html").exists()


def test_no_place_for_events_until_the_end(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told before anything runs."""
    monkeypatch.setattr(tempfile, "tempdir", str(Path("missing").absolute()))
    code, out, err = run(*FAULTS, "--report", "r.html")
    assert (code, out) == (2, "")
    assert "Set TMPDIR, or give --events FILE" in " ".join(err.split())


def test_what_cannot_be_looked_into_is_told(run: Run) -> None:
    """A name that is too long, and a folder of somebody else: a message, and the other records are listed."""
    run(*FAULTS, "--record", "kept")
    for command in (("runs", "list"), ("runs", "show"), ("watch",), ("profile",)):
        code, _, err = run(*command, "n" * 300)
        assert (code, "File name too long" in " ".join(err.split())) == (2, True), (command, err)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there are no permissions of this kind")
def test_folders_of_somebody_else_are_passed_over(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory of records may have folders that only others may read."""
    run(*FAULTS, "--record", "kept")
    Path("kept/private").mkdir()
    real = Path.stat

    def stat(path: Path, **options: Any) -> os.stat_result:
        if "private" in path.parts:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    code, out, err = run("runs", "list", "kept")
    assert (code, "complete" in out) == (0, True), err
    code, _, err = run("runs", "list", "kept/private")
    assert (code, "Permission denied" in err) == (2, True), err


def test_a_directory_is_enough(run: Run) -> None:
    """``runs DIR`` lists it, with the options of ``list``; ``report`` takes a record as ``runs show`` does."""
    run(*FAULTS, "--record", "kept")
    home = only_record("kept")
    assert run("runs", "kept", "--filter", "state=complete") == run(
        "runs", "list", "kept", "--filter", "state=complete"
    )
    code, _, err = run("runs", "nothing")
    assert (code, "No such command 'nothing'" in err) == (2, True)
    assert run("report", str(home))[:2] == run("runs", "show", str(home))[:2]
    assert run("report", str(home), "--export", "r.html")[0] == 0
    code, _, err = run("report", "kept")
    assert (code, "Is a directory" in err) == (2, True)


def test_a_run_that_was_killed_at_once_is_told_apart(run: Run) -> None:
    """Its file is empty: no file of another kind, and no broken one."""
    run(*FAULTS, "--record", "kept")
    Path("kept/0").mkdir()
    Path("kept/0/events.jsonl").touch()
    code, out, _ = run("runs", "list", "kept")
    assert code == 0
    assert "is empty: its run was killed before it wrote, or has just begun" in " ".join(out.split())
    assert run("report", "kept/0/events.jsonl")[0] == 2


def test_events_that_another_program_has_written_again(run: Run) -> None:
    """JSON may have spaces between its members; a record is what its first line says."""
    run(*FAULTS, "--events", "e.jsonl")
    lines = [json.loads(line) for line in Path("e.jsonl").read_text().splitlines()]
    Path("f.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert run("report", "f.jsonl")[1] == run("report", "e.jsonl")[1].replace("e.jsonl", "f.jsonl")


def test_equal_runs_have_no_table_of_differences(run: Run) -> None:
    """An empty table would look like a failure."""
    run(*FAULTS, "--record", "kept")
    home = str(only_record("kept"))
    assert run("runs", "diff", home, home)[:2] == (0, "These runs do not differ.\n")


def test_a_line_without_an_end_is_not_read_for_ever(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """``watch`` takes as long a line as every other reader, and no longer one."""
    monkeypatch.setattr(following, "LONGEST", 5000)
    run(*FAULTS, "--events", "e.jsonl")
    first = Path("e.jsonl").read_text().partition("\n")[0]
    Path("e.jsonl").write_text(f"{first}\n{'x' * 6000}")
    code, _, err = run("watch", "e.jsonl")
    assert (code, "Line 2 of the events 'e.jsonl' cannot be used: it is too long" in " ".join(err.split())) == (
        2,
        True,
    ), err


def test_a_run_is_watched_to_its_end(run: Run) -> None:
    """What is written in the meantime is shown, and the command ends with the run; in a pipe its last output is the whole table."""
    run(*FAULTS, "--record", "kept")
    home = only_record("kept")
    text = (home / "events.jsonl").read_bytes()
    (home / "events.jsonl").write_bytes(text[: len(text) // 2])

    def finish(seconds: float) -> None:
        (home / "events.jsonl").write_bytes(text)

    with Following(str(home / "events.jsonl"), sleep=finish) as lines:
        found = [line.event for line in lines if line is not None]
    assert not lines.was_killed
    assert [line.event for line in EventReader(home / "events.jsonl")] == found
    code, out, _ = run("watch", "kept")
    assert code == 0
    assert "anagrams has ended" in out
    assert "find_anagrams" in out


def test_a_run_that_has_written_nothing_yet(run: Run) -> None:
    """Who watches it is told what the command waits for, and how to stop, and then sees the run to its end."""
    run(*FAULTS, "--record", "kept")
    events = only_record("kept") / "events.jsonl"
    text = events.read_bytes()
    events.write_bytes(b"")
    command = [*ANAGRAM, "watch", "kept"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(), text=True) as watching:
        assert watching.stdout is not None
        first = watching.stdout.readline()
        events.write_bytes(text)
        rest = watching.stdout.read()
    assert first == "The run has not written anything yet. This waits for it until you press Ctrl-C.\n"
    assert "anagrams has ended" in rest
    assert "nothing" not in rest
    assert "not written" not in rest


@pytest.mark.parametrize(("columns", "bar"), [(40, 12), (80, 30)])
def test_a_narrow_terminal_has_shorter_bars_and_whole_numbers(columns: int, bar: int, run: Run) -> None:
    """The bars of the time account take the room that its numbers leave."""
    run(*FAULTS, "--record", "kept")
    events = only_record("kept") / "events.jsonl"
    account = '"account":{"wall":1.0,"slots":1,"compute":1.0,"wait":0.0,"retry_delay":0.0,"transport":0.0,"driver":0.0,"idle":0.0}'
    events.write_text(re.sub(r'"account":{[^}]*}', account, events.read_text()))
    out = anagram("watch", "kept", cwd=Path.cwd(), env={"COLUMNS": str(columns)}).stdout.decode()
    table = out[out.index("time of slots") :]
    assert "…" not in table
    assert {"100.0%", "0.0%", "retry delay"} <= {
        cell for line in table.splitlines() for cell in re.split(r" {2,}", line)
    }
    assert table.count("━") == bar
    assert max(map(len, table.splitlines())) <= columns


def test_no_number_of_a_record_is_torn_on_a_narrow_terminal(run: Run) -> None:
    """A table of eight columns does not fit into 40: names are folded, and the terminal wraps the rest of the lines."""
    run(*FAULTS, "--record", "kept")
    wide, narrow = (
        anagram("runs", "show", "kept", cwd=Path.cwd(), env={"COLUMNS": columns}).stdout.decode()
        for columns in ("100", "40")
    )
    numbers = re.compile(r"(?<= )[\d.]+ ?(?:ms|s|µs|%)?(?= |$)", re.MULTILINE)
    assert numbers.findall(narrow) == numbers.findall(wide) != []
    assert max(map(len, narrow.partition("where the time went")[0].splitlines())) > 40


def test_a_run_that_was_killed_is_not_watched_for_ever(run: Run) -> None:
    """If the run's process is gone, the command ends and says so."""
    run(*FAULTS, "--record", "kept")
    home = only_record("kept")
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    lines = (home / "events.jsonl").read_text().splitlines(keepends=True)
    lines[1] = json.dumps({**json.loads(lines[1]), "pid": gone.pid}) + "\n"
    (home / "events.jsonl").write_text("".join(lines[:-1]))
    code, out, err = run("watch", str(home))
    assert code == 0
    assert "anagrams goes on" in out
    assert "The run was killed" in err


def test_what_cannot_be_watched(run: Run) -> None:
    """A file that is none of events is refused."""
    Path("a.txt").write_text("cat\n")
    code, _, err = run("watch", "a.txt")
    assert (code, "cannot be used: it is not JSON" in err) == (2, True)


def test_a_profile_of_a_run(run: Run) -> None:
    """The profile has the run's failure rates and errors, its times are between the run's extremes, and a run under it works."""
    run(*FAULTS, "--events", "e.jsonl")
    code, _, err = run("profile", "e.jsonl", "--output", "p.toml")
    assert (code, err) == (0, "")
    profile = read_profile(Path("p.toml"))
    digest, _ = digest_of("e.jsonl")
    assert profile.tasks.keys() == digest.tasks.keys()
    for name, task in digest.tasks.items():
        made = profile.tasks[name]
        assert made.failure_rate == pytest.approx(task.outcomes["error"] / task.outcomes.total(), rel=1e-4)
        assert set(made.errors) == ({"InjectedFault"} if task.outcomes["error"] else set())
        assert made.latency is not None
        assert made.latency.least == pytest.approx(task.shortest, rel=1e-4)
        assert made.latency.most == pytest.approx(task.longest, rel=1e-4)
    assert run("run", "--text", "the cat", "--faults", "p.toml", "--seed", "1")[0] == 0


STEPS = """
import time
from pipeline_optimization import Pipeline

def parse(line: str) -> int:
    until = time.thread_time() + 0.001
    while time.thread_time() < until:
        pass
    return int(line)

def ask(number: int) -> int:
    time.sleep(0.003)
    return number

def same(number: int) -> int:
    return number

pipeline = Pipeline("p").lines().map(parse).map(ask).map(same).sum()
"""


def test_a_profile_of_steps_that_ran_together(run: Run) -> None:
    """Each step of a bundle computes or waits as its calls did on average, and fails as often; one that takes next to nothing is left out."""
    Path("p.py").write_text(STEPS)
    Path("in.txt").write_text("1\n2\nx\n4\n" * 5)
    run(
        "run",
        "--pipeline",
        "p.py",
        "in.txt",
        "--events",
        "e.jsonl",
        "--retry",
        "fixed",
        "-o",
        "retry.attempts=2",
        "-o",
        "retry.delay=0",
    )
    code, text, _ = run("profile", "e.jsonl")
    Path("p.toml").write_text(text)
    assert code == 0
    profile = read_profile(Path("p.toml"))
    assert profile.tasks.keys() == {"parse", "ask"}
    assert '# "same" took' in text
    parse, ask = profile.tasks["parse"], profile.tasks["ask"]
    assert parse.compute is not None
    assert ask.latency is not None
    assert ask.compute is None or ask.compute.mean < 0.003
    assert 0.0005 < parse.compute.mean < ask.latency.mean * 2
    assert ask.latency.mean >= 0.003
    # Of twenty lines five are no numbers; each of them was tried twice.
    assert parse.failure_rate == pytest.approx(10 / 25)
    assert ask.failure_rate == 0
    assert set(parse.errors) == {"ValueError"}


def test_refused_options_leave_no_folder(run: Run) -> None:
    """What is wrong with the other files is told before the record's folder is made."""
    Path("a.txt").write_text("cat")
    code, _, _ = run("run", "a.txt", "--record", "kept", "--report", "a.txt")
    assert code == 2
    assert not Path("kept").exists()


def test_two_files_of_one_kind_are_refused(run: Run) -> None:
    """Each file that is told to be written is: a second one of the same kind is wrong usage, before anything is written."""
    run(*FAULTS, "--events", "e.jsonl")
    code, _, err = run("report", "e.jsonl", "--export", "a.html", "--export", "b.html")
    assert code == 2
    assert "'a.html' and 'b.html'" in err
    assert not Path("a.html").exists()
    assert not Path("b.html").exists()


def test_metrics_of_a_sampled_run(run: Run) -> None:
    """Where the events are a sample, attempts count for as many as they stand for, and not once each."""
    run(
        "run",
        "--test-case",
        "large",
        "--latency-scale",
        "0",
        "--seed",
        "1",
        "--events",
        "all.jsonl",
        "--metrics",
        "all.prom",
    )
    few = ["--events", "few.jsonl", "--events-limit", "10", "--metrics", "few.prom"]
    run("run", "--test-case", "large", "--latency-scale", "0", "--seed", "1", *few)
    whole, sampled = (_attempts(Path(name).read_text()) for name in ("all.prom", "few.prom"))
    lines = [line for line in EventReader("few.jsonl") if isinstance(line.event, AttemptEnded)]
    assert sampled == sum(line.stands_for for line in lines) > len(lines)
    assert sampled > whole / 2


def _attempts(text: str) -> int:
    return sum(
        int(value) for value in re.findall(r"^pipeline_optimization_attempts_total\S* (\d+)$", text, re.MULTILINE)
    )
