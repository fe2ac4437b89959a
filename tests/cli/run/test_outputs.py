"""Where results go, and that nothing else goes there."""

from __future__ import annotations

import json
import os
import sys
from contextlib import chdir
from pathlib import Path
from unittest import mock

import pytest

from command import anagram, refused_here
from pipeline_optimization.cli import main
from similar_cases import some

CSV = "word,count\nact,1\ncat,1\ntac,1\n"


def run(*arguments: str, cwd: Path) -> int:
    """Run ``anagram run`` in this process and return its exit code."""
    with chdir(cwd), pytest.raises(SystemExit) as ended:
        main(["run", *arguments])
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("a.csv", "word,count\n"),
        ("a.CSV", "word,count\n"),
        ("a.json", "{\n"),
        ("a.ndjson", '{"word"'),
        ("a.jsonl", '{"word"'),
    ],
)
def test_the_suffix_says_the_format(name: str, beginning: str, tmp_path: Path) -> None:
    """As with --export, nobody must say twice what a file is."""
    assert run("--text", "cat", "--output", name, cwd=tmp_path) == 0
    assert (tmp_path / name).read_text().startswith(beginning)


def test_other_suffixes_mean_a_table(tmp_path: Path) -> None:
    """A suffix that names no format means what no suffix means."""
    assert run("--text", "cat", "--output", "a.txt", cwd=tmp_path) == 0
    assert (tmp_path / "a.txt").read_text().startswith("sequential, ")


def test_a_format_that_contradicts_the_suffix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was said on purpose holds, and a note says so."""
    assert run("--text", "cat", "--format", "csv", "--output", "a.json", cwd=tmp_path) == 0
    assert (tmp_path / "a.json").read_text() == CSV
    assert "Note: a.json gets the format csv, as --format says, though it ends in .json.\n" in capsys.readouterr().err


def test_the_mode_is_kept(tmp_path: Path) -> None:
    """A private file stays private."""
    target = tmp_path / "a.csv"
    target.touch()
    target.chmod(0o600)
    assert run("--text", "cat", "--output", "a.csv", cwd=tmp_path) == 0
    assert (target.read_text(), target.stat().st_mode & 0o7777) == (CSV, 0o600)


@pytest.mark.parametrize("target", ["there is one", "there is none"])
def test_a_link_stays_one(target: str, tmp_path: Path) -> None:
    """Through a symbolic link its target is written, wherever that is, and whether there is one yet or not."""
    place = tmp_path / "place"
    place.mkdir()
    if target == "there is one":
        (place / "real.csv").write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to("place/real.csv")
    assert run("--text", "cat", "--output", "link.csv", cwd=tmp_path) == 0
    assert link.is_symlink()
    assert (place / "real.csv").read_text() == CSV
    assert {path.name for path in place.iterdir()} == {"real.csv"}


def test_links_in_a_circle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They are told as what they are, and stay as they are."""
    (tmp_path / "a.csv").symlink_to("b.csv")
    (tmp_path / "b.csv").symlink_to("a.csv")
    assert "Cannot write 'a.csv'" in refused_here(["run", "--text", "cat", "--output", "a.csv"], tmp_path, capsys)
    assert (tmp_path / "a.csv").is_symlink()


@pytest.mark.parametrize("form", ["csv", "json", "ndjson", "table"])
def test_an_error_leaves_standard_output_empty(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A program that reads the results sees none, rather than an empty table, if the input cannot be read."""
    (tmp_path / "in.gz").write_bytes(b"\x1f\x8b\x08\x00truncated")
    refused_here(["run", "in.gz", "--format", form], tmp_path, capsys)


def test_problems_stand_once_on_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sees both streams reads each problem once; who keeps one of them finds it there."""
    arguments = ("--text", "cat", "--faults", "exercise", "--latency-scale", "0", "--retry", "none", "--seed")
    seed = next(str(seed) for seed in range(100) if run(*arguments, str(seed), cwd=tmp_path) == 1)
    capsys.readouterr()
    run(*arguments, seed, cwd=tmp_path)
    apart = capsys.readouterr()
    assert "failed for good" in apart.out
    assert "failed for good" in apart.err
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    run(*arguments, seed, cwd=tmp_path)
    together = capsys.readouterr()
    assert (together.out + together.err).count("failed for good") == 1


NOISY = """
print("importing")
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, NoOptions

class Noisy:
    is_characterwise = False
    def filter(self, text):
        print("filtering", flush=True)
        return text
    def words(self, text):
        return text.split()

def make(options):
    return Noisy()

@hookimpl
def anagram_register_tokenizers():
    print("registering")
    return [Component(name="noisy", summary="prints", factory=make, options=NoOptions)]

@hookimpl
def anagram_run_started(event):
    print("starting")
    print("to run")
"""


@pytest.mark.parametrize("orchestrator", some(["multiprocess", "threaded", "sequential"], every=3))
def test_standard_output_has_results_alone(orchestrator: str, tmp_path: Path) -> None:
    """What a plugin prints while it is imported, asked or told, and what its components print, is not among the results."""
    (tmp_path / "noisy.py").write_text(NOISY)
    options = ("--tokenizer", "noisy", "--plugins-dir", ".", "--format", "json", "--orchestrator", orchestrator)
    done = anagram("run", "--text", "cat", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["anagram_counts"]["cat"] == 1
    told = done.stderr.decode().splitlines()
    for line in ("noisy: importing", "noisy: registering", "noisy: starting", "noisy: to run", "filtering"):
        assert line in told, told


def test_lists_of_plugins_have_results_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same holds for commands that only look at plugins."""
    (tmp_path / "noisy.py").write_text(NOISY)
    # The command tells its choice of plugins to processes that it starts, through the environment.
    with mock.patch.dict(os.environ), chdir(tmp_path), pytest.raises(SystemExit):
        main(["plugins", "info", "noisy", "--json", "--plugins-dir", "."])
    captured = capsys.readouterr()
    assert json.loads(captured.out)["name"] == "noisy"
    assert captured.err == "noisy: importing\nnoisy: registering\n"
