"""The command line: what it prints, where, and how it ends."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from command import ANAGRAM, anagram, environment, run_json

CAT = {"act": 1, "cat": 1, "tac": 1}


def test_small_case_is_the_default() -> None:
    """Without input the small case runs under the exercise's faults, and says that the counts are as expected."""
    report = run_json("--seed", "1")
    assert report["anagram_counts"] == CAT
    assert (report["case"], report["faults"], report["matches_expected"]) == ("small", "exercise", True)
    assert report["seed"] == 1


def test_own_text_has_no_faults() -> None:
    """Own text runs without simulated faults, in one attempt."""
    report = run_json("--text", "cat")
    assert report["anagram_counts"] == CAT
    assert (report["faults"], report["attempts"], report["complete"]) == ("none", 1, True)


def test_json_has_what_the_readme_lists() -> None:
    """The JSON report begins with run time and counts and has every promised figure."""
    report = run_json("--text", "Cat dog cat")
    assert list(report)[:2] == ["runtime", "anagram_counts"]
    assert list(report["anagram_counts"]) == sorted(report["anagram_counts"])
    assert report["runtime"] > 0
    assert (report["words"], report["distinct_words"], report["matched_words"]) == (3, 2, 3)
    assert {"orchestrator", "seed", "attempts", "retries", "tasks", "failures", "floor", "ledger"} <= set(report)
    assert report["tasks"]["count_chunk"]["attempts"] == 1


def test_all_cases() -> None:
    """``--test-case all`` gives a list of three reports, all as expected."""
    done = anagram("run", "--test-case", "all", "--format", "json", "--latency-scale", "0", "-o", "retry.base=0")
    assert done.returncode == 0
    reports = json.loads(done.stdout)
    assert [report["case"] for report in reports] == ["small", "medium", "large"]
    assert all(report["matches_expected"] for report in reports)


def test_csv_and_ndjson() -> None:
    """CSV has a header and a row a word; newline-delimited JSON has an object a word; both in order."""
    rows = list(csv.reader(io.StringIO(anagram("run", "--text", "cat", "--format", "csv").stdout.decode())))
    assert rows == [["word", "count"], ["act", "1"], ["cat", "1"], ["tac", "1"]]
    lines = anagram("run", "--text", "cat", "--format", "ndjson").stdout.splitlines()
    assert [json.loads(line) for line in lines] == [{"word": w, "count": 1} for w in ("act", "cat", "tac")]


def test_top() -> None:
    """``--top`` keeps the most frequent words, and JSON says that it did."""
    done = anagram("run", "--text", "god cat cat", "--format", "csv", "--top", "2")
    assert done.stdout.decode().splitlines()[1:] == ["act,2", "cat,2"]
    report = run_json("--text", "god cat cat", "--top", "2")
    assert (report["anagram_counts"], report["top"]) == ({"act": 2, "cat": 2}, 2)


def test_table() -> None:
    """The table names the orchestrator, the totals, the seed, the tasks and the words, without colour in a pipe."""
    out = anagram("run", "--text", "cat cat", "--seed", "5").stdout.decode()
    for part in ("sequential", "2 (1 different), 2 with anagrams", "5 (faults none", "count_chunk", "act", "tac"):
        assert part in out
    assert "\x1b" not in out


def test_table_says_what_it_hides() -> None:
    """A table that does not show all words says how many more there are."""
    out = anagram("run", "--text", "cat dog", "--top", "1").stdout.decode()
    assert "... and 4 more words" in out


def test_narrow_terminal() -> None:
    """At 40 columns nothing is longer than the terminal is wide."""
    out = anagram("run", "--test-case", "medium", "--latency-scale", "0", env={"COLUMNS": "40"}).stdout.decode()
    assert max(map(len, out.splitlines())) <= 40


def test_output_file(tmp_path: Path) -> None:
    """``--output`` writes the file whole and prints nothing."""
    target = tmp_path / "counts.json"
    done = anagram("run", "--text", "cat", "--format", "json", "--output", str(target))
    assert (done.returncode, done.stdout) == (0, b"")
    assert json.loads(target.read_text())["anagram_counts"] == CAT
    assert [path.name for path in tmp_path.iterdir()] == ["counts.json"]
    assert target.stat().st_mode & 0o444 == 0o444 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_failed_run_keeps_the_old_output(tmp_path: Path) -> None:
    """Where the input turns out to be damaged, the old output file stays as it was and no part file is left."""
    target, source = tmp_path / "out.json", tmp_path / "in.gz"
    target.write_text("old")
    source.write_bytes(b"\x1f\x8b\x08\x00truncated")
    assert anagram("run", str(source), "--output", str(target)).returncode == 2
    assert target.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"out.json", "in.gz"}


def test_output_to_a_device() -> None:
    """A device is written to, not replaced."""
    assert anagram("run", "--text", "cat", "--output", "/dev/null").returncode == 0
    assert not Path("/dev/null").is_file()


def test_inputs(tmp_path: Path) -> None:
    """Files, globs, positional paths and standard input add up, and file borders end words."""
    (tmp_path / "a.txt").write_text("cat c")
    (tmp_path / "b.txt").write_text("at act")
    report = run_json("--input", "a.txt", "b.txt", "-", stdin=b"tac", cwd=tmp_path)
    assert report["anagram_counts"]["cat"] == 3
    assert report["words"] == 5
    assert run_json("--input", "*.txt", cwd=tmp_path)["words"] == 4


def test_incomplete() -> None:
    """Where items fail for good the exit code is 1, and table and JSON say what failed and that counts lack it."""
    arguments = ("run", "--test-case", "medium", "--retry", "none", "--latency-scale", "0", "--seed", "7")
    table = anagram(*arguments)
    assert table.returncode == 1
    sentence = "failed for good (InjectedFault); the counts lack"
    assert sentence in " ".join(table.stdout.decode().split())
    assert sentence in table.stderr.decode()
    done = anagram(*arguments, "--format", "json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["complete"]) == (1, False)
    assert report["failures"]
    assert {"task", "error", "count"} <= set(report["failures"][0])
    assert "matches_expected" not in report


def test_options_help() -> None:
    """``-o help`` lists the options of the chosen components as they are typed."""
    out = anagram("run", "--orchestrator", "threaded", "-o", "help").stdout.decode()
    assert "-o workers=8" in out
    assert "-o retry.attempts=10" in out


def test_dotted_options() -> None:
    """``-o retry.KEY`` reaches the retry policy."""
    report = run_json(
        "--faults", "heavy", "--text", "cat", "--latency-scale", "0", "-o", "retry.attempts=99", "-o", "retry.base=0"
    )
    assert report["complete"]


def test_broken_pipe() -> None:
    """A reader that has enough ends the program in silence."""
    many = " ".join(["cat dog stop listen"] * 10)
    with subprocess.Popen(
        [*ANAGRAM, "run", "--text", many, "--format", "ndjson"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_progress_on_a_terminal() -> None:
    """On a terminal, work of more than a second shows how far it is, by task, and takes the lines away at the end."""
    ours, theirs = os.openpty()
    arguments = ["--test-case", "medium", "--latency-scale", "0.3", "--seed", "1", "--format", "csv"]
    with subprocess.Popen(
        [*ANAGRAM, "run", *arguments], stdout=subprocess.DEVNULL, stderr=theirs, env=environment()
    ) as process:
        os.close(theirs)
        shown = b""
        # Linux answers a read from a terminal that all writers have closed with an error.
        with contextlib.suppress(OSError):
            while block := os.read(ours, 1000):
                shown += block
        assert process.wait() == 0
    os.close(ours)
    assert re.search(rb"items done, \d+ s", shown)
    assert re.search(rb"task +done .*\r?\nfilter_input +1 ", shown)
    assert shown.endswith(b"\x1b[J")


def test_plugins_list() -> None:
    """Every installed plugin is listed with its status and offers, as a table and as JSON."""
    records = {record["name"]: record for record in json.loads(anagram("plugins", "list", "--json").stdout)}
    assert {"core", "threaded", "multiprocess", "asyncio"} <= set(records)
    assert all(record["status"] == "installed" for name, record in records.items() if name != "core")
    records = {one["name"]: one for one in json.loads(anagram("plugins", "list", "--all", "--json").stdout)}
    assert all(record["status"] == "active" for record in records.values())
    assert "orchestrator:threaded" in records["threaded"]["components"]
    assert "active" in anagram("plugins", "list").stdout.decode()


def test_version_and_help() -> None:
    """``--version`` and ``--help`` work for every command."""
    assert anagram("--version").stdout.startswith(b"anagram, version ")
    for arguments in ([], ["run"], ["plugins"], ["plugins", "list"]):
        assert b"Usage:" in anagram(*arguments, "--help").stdout
    assert b"\n  anagram run --text cat\n" in anagram("run", "--help").stdout


@pytest.mark.parametrize("link", ["itself", "symbolic link", "hard link", "glob"])
def test_the_output_is_no_input(link: str, tmp_path: Path) -> None:
    """Results never take the place of what was read."""
    text = tmp_path / "text.txt"
    text.write_text("cat")
    other = tmp_path / "other.txt"
    if link == "symbolic link":
        other.symlink_to(text)
    elif link == "hard link":
        other.hardlink_to(text)
    output = other if other.exists() else text
    given = tmp_path / "t*.txt" if link == "glob" else text
    done = anagram("run", str(given), "--output", str(output))
    assert done.returncode == 2
    # A glob leaves the run's own files out, and here it has no others.
    reason = (
        b"matches no file to read, only 1 file of this run"
        if link == "glob"
        else b"The results would take the place of an input"
    )
    assert reason in done.stderr
    assert text.read_text() == "cat"


def test_a_device_may_be_both() -> None:
    """A terminal or /dev/null is not replaced by what is written there."""
    done = anagram("run", os.devnull, "--output", os.devnull)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_output_is_no_checkpoint(tmp_path: Path) -> None:
    """Nor that of the checkpoint, which may not be there yet."""
    path = tmp_path / "run.checkpoint"
    done = anagram("run", "--text", "cat", "--checkpoint", str(path), "--output", f"{tmp_path}/./run.checkpoint")
    assert done.returncode == 2
    assert b"The checkpoint cannot be the output too" in done.stderr
    assert not path.exists()


def test_a_text_that_names_a_file(tmp_path: Path) -> None:
    """It is counted as a text, with a note that says how to count the file."""
    (tmp_path / "my cat.txt").write_text("dog")
    done = anagram("run", "--text", "my cat.txt", "--format", "csv", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, b"word,count")
    message = " ".join(done.stderr.decode().split())
    assert (
        "The text 'my cat.txt' is counted itself, not the file of that name. For the file: anagram run 'my cat.txt'"
        in message
    )
    assert anagram("run", "--text", "my dog.txt", "--format", "csv", cwd=tmp_path).stderr == b""


def test_a_pipeline_that_is_counted_as_a_text(tmp_path: Path) -> None:
    """Python code is counted like any text, with a note that says how to run it; other files are counted without a note."""
    (tmp_path / "my own.py").write_text("cat = 1")
    done = anagram("run", "my own.py", "--format", "csv", cwd=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[1]) == (0, b"act,1")
    message = " ".join(done.stderr.decode().split())
    assert message == (
        "Note: The words of 'my own.py' are counted. If the file has a pipeline, run it with: anagram run --pipeline 'my own.py'"
    )
    (tmp_path / "cat.txt").write_text("cat")
    assert anagram("run", "cat.txt", "--format", "csv", cwd=tmp_path).stderr == b""
