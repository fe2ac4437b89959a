"""``hatch run speed``: programs in turn, ratios by round, and texts that are what they are said to be."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from speed_table import corpora, kept_run
from speed_table.alternation import Program, Timing, alternate, ratio_of
from speed_table.corpora import Corpora
from speed_table.peers import compile_c

AHEAD = """
import runpy, sys, time
from pipeline_optimization.checkpoint import CheckpointStore

seconds, ahead = time.perf_counter, [0]
time.perf_counter = lambda: seconds() + ahead[0]

def taking(call, seconds):
    def longer(*arguments, **options):
        ahead[0] += seconds
        return call(*arguments, **options)
    return longer

CheckpointStore.__init__ = taking(CheckpointStore.__init__, 1000)
CheckpointStore.close = taking(CheckpointStore.close, 3000)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a script with a clock on which opening and closing a checkpoint take long."""


def taking(seconds: float, found: object, calls: list[object]) -> Program:
    def program() -> tuple[float | None, object]:
        calls.append(found)
        return seconds * len(calls), found

    return program


def test_programs_take_turns() -> None:
    """Each runs once a round, and the first round does not count."""
    calls: list[object] = []
    programs = {"a": taking(1.0, None, calls), "b": taking(10.0, 5, calls)}
    timings = alternate("section", "text", 1000, programs, rounds=2)
    assert calls == [None, 5] * 3
    assert timings["a"].seconds == [3.0, 5.0]
    assert timings["b"].seconds == [40.0, 60.0]


def test_programs_must_find_the_same() -> None:
    """A program that does another job cannot be compared; one that finds None does not say."""
    with pytest.raises(SystemExit, match=r"do not find the same: \{'a': 1, 'b': 2\}"):
        alternate("s", "t", 1, {"a": taking(1, 1, []), "b": taking(1, 2, []), "c": taking(1, None, [])}, rounds=1)


def test_ratios_are_of_rounds() -> None:
    """A round in which the machine was busy for both changes no ratio; speeds count, whatever the sizes."""
    one = Timing(section="s", program="a", input="t", size=1_000_000, seconds=[2.0, 20.0, 3.0])
    other = Timing(section="s", program="b", input="u", size=2_000_000, seconds=[2.0, 20.0, 2.0])
    assert str(ratio_of(one, other)) == "2.00 (2.00 to 3.00)"
    assert one.speed == pytest.approx(1 / 3)


def test_zipf_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has so many different words, about as long as asked for, the first ranks far more frequent, and is made once."""
    monkeypatch.setattr(corpora, "ZIPF_BYTES", 200_000)
    path = Corpora(tmp_path).zipf(5_000)
    counts = Counter(path.read_bytes().split())
    assert len(counts) == 5_000
    assert path.stat().st_size == pytest.approx(200_000, rel=0.01)
    assert counts[b"a"] > 20 * counts[b"ab"] > 0
    assert all(word.isalpha() for word in counts)
    before = path.stat().st_mtime_ns
    assert Corpora(tmp_path).zipf(5_000).stat().st_mtime_ns == before


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_the_c_peer_counts(tmp_path: Path) -> None:
    """It counts words without case, and grows."""
    program = compile_c(Path(corpora.__file__).with_name("word_count.c"), tmp_path / "word_count")
    words = [f"w{n}" for n in range(100_000)] * 2 + ["Cat", "cAT"]
    text = tmp_path / "text"
    text.write_text("\n\n ".join(words), "ascii")
    done = subprocess.run([program, text], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["200002", "100001"]


def test_opening_and_closing_count_as_time_of_the_checkpoint(tmp_path: Path) -> None:
    """The time of a checkpoint contains its opening and its closing, not only the calls between them."""
    text, measured = tmp_path / "text", tmp_path / "seconds"
    text.write_text("the cat sat", "ascii")
    options = ["run", "--input", str(text), "--checkpoint", str(tmp_path / "checkpoint")]
    command = [sys.executable, "-c", AHEAD, kept_run.__file__, str(measured), *options]
    subprocess.run(command, capture_output=True, check=True)
    whole, kept = map(float, measured.read_text("utf-8").split())
    assert 4000 <= kept <= whole
