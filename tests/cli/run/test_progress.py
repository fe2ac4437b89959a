"""How far a run is, as people are shown it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from command import ended_here
from pipeline_optimization.cli.run.progress import ProgressLine
from pipeline_optimization.pipeline.run import Progress
from pipeline_optimization.sources import FileSource


@pytest.fixture
def book(tmp_path: Path) -> FileSource:
    (tmp_path / "book.txt").write_bytes(b"x" * 1_000_000)
    return FileSource.at(str(tmp_path / "book.txt"))


def shown(book: FileSource, rate: float, capsys: pytest.CaptureFixture[str], mode: str = "plain") -> list[str]:
    """Return the lines of a run that reads at a steady rate (bytes a second), as told four times a second."""
    now = [0.0]
    with ProgressLine([book], mode, clock=lambda: now[0]) as line:
        while (read := now[0] * rate) < 1_000_000:
            line.show(Progress(bytes_read=int(read), items=int(read) // 1000))
            now[0] += 0.25
    return capsys.readouterr().err.splitlines()


def test_plain_lines(book: FileSource, capsys: pytest.CaptureFixture[str]) -> None:
    """A line every ten seconds, the first one after ten."""
    lines = shown(book, 20_000, capsys)
    assert len(lines) == 4
    assert lines[0] == "0.2 of 1.0 MB ( 20%) read, 200 items done, 10 s, about 40 s left"


@pytest.mark.parametrize("rate", [3_000, 9_000, 27_000])
def test_the_end_is_estimated(book: FileSource, capsys: pytest.CaptureFixture[str], rate: float) -> None:
    """From half-way on the estimate of a steady run is within a fifth of what is left."""
    whole = 1_000_000 / rate
    late = [line for line in shown(book, rate, capsys) if int(re.findall(r"(\d+)%", line)[0]) >= 50]
    assert late
    for line in late:
        (seconds,), (left,) = re.findall(r", (\d+) s", line), re.findall(r"about (\d+) s left", line)
        assert int(left) == pytest.approx(whole - int(seconds), rel=0.2, abs=1)


def test_off_and_auto_in_a_pipe(book: FileSource, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written that nobody asked for."""
    assert shown(book, 20_000, capsys, "off") == []
    assert shown(book, 20_000, capsys, "auto") == []


def test_the_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command takes the three words, and no others."""
    for word in ("auto", "plain", "off"):
        assert ended_here(["run", "--text", "cat", "--progress", word], capsys)[0] == 0
    code, _, err = ended_here(["run", "--text", "cat", "--progress", "loud"], capsys)
    assert (code, "'auto', 'plain', 'off'" in err) == (2, True)
