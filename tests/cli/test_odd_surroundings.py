"""The command line where something that programs take for granted is missing."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from command import ANAGRAM, PATIENCE, anagram, environment
from pipeline_optimization.cli.standard_streams import TellingStream

CAT = "word,count\nact,1\ncat,1\ntac,1\n"


def with_closed(streams: Sequence[int], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line with some of its standard streams closed."""

    def close() -> None:
        for number in streams:
            os.close(number)

    return subprocess.run(
        [*ANAGRAM, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=PATIENCE,
        preexec_fn=close,  # there is no other way, and no thread here
        check=False,
    )


def test_no_standard_error() -> None:
    """Without standard error, results come as ever."""
    done = with_closed([2], "run", "--text", "cat", "--format", "csv")
    assert (done.returncode, done.stdout) == (0, CAT)


WRITING = [
    "run --text cat",
    "run --text cat --format json",
    "run --text cat --format csv",
    "run --help",
    "--version",
    "plugins list --all",
    "plugins list --json",
]


@pytest.mark.parametrize("arguments", WRITING)
def test_no_standard_output(arguments: str) -> None:
    """Without standard output, what should go there is an error."""
    done = with_closed([1], *arguments.split())
    assert done.returncode == 2
    assert done.stderr == "Error: Cannot write to standard output: Bad file descriptor.\n"


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
@pytest.mark.parametrize("arguments", WRITING)
def test_no_room_for_standard_output(arguments: str) -> None:
    """So it is where the disk is full."""
    with open("/dev/full", "wb") as full:
        command = [*ANAGRAM, *arguments.split()]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert done.stderr == "Error: Cannot write to standard output: No space left on device.\n"


@pytest.mark.parametrize("orchestrator", ["sequential", "multiprocess"])
def test_no_standard_stream_at_all(orchestrator: str, tmp_path: Path) -> None:
    """A run that needs none needs none, and nothing is written into a file that has got the number of one."""
    output, checkpoint = tmp_path / "counts.csv", tmp_path / "run.checkpoint"
    arguments = ["run", "--text", "cat", "--format", "csv", "--output", str(output), "--checkpoint", str(checkpoint)]
    for _ in range(2):
        done = with_closed([0, 1, 2], *arguments, "--resume", "--seed", "1", "--orchestrator", orchestrator)
        assert done.returncode == 0
        assert output.read_text() == CAT
        output.unlink()


def test_no_working_directory(tmp_path: Path) -> None:
    """A directory that was deleted meanwhile is an error of one sentence."""
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["sh", "-c", 'rmdir "$PWD" && exec "$@"', "sh", *ANAGRAM, "run", "--text", "cat"],
        cwd=gone,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "Error: The working directory does not exist any more. Change to one that does.\n"


@pytest.mark.parametrize("columns", ["0", "1", "30"])
def test_no_room(columns: str) -> None:
    """However narrow a terminal is said to be, no word and no number is cut."""
    word = "antidisestablishmentarianism"
    text = f"{'cat ' * 123_456} {word}"
    done = anagram("run", "--input", "-", stdin=text.encode(), env={"COLUMNS": columns})
    printed = done.stdout.decode()
    assert {f"{'act':28}  123,456", f"{word}        1"} <= set(printed.splitlines())
    assert "items  attempts  retries  failed" in printed


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_other_encodings(encoding: str, tmp_path: Path) -> None:
    """What standard output has no character for is printed as a number; data are UTF-8 in any case."""
    words = tmp_path / "words.txt"
    words.write_text("\N{CYRILLIC SMALL LETTER A}\n\N{LATIN SMALL LETTER E WITH ACUTE}\n", "utf-8")
    text = words.read_text("utf-8")
    arguments = ["run", "--text", text, "--tokenizer", "whitespace", "--lexicon", f"file:{words}"]
    environ = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    table = anagram(*arguments, env=environ)
    assert (table.returncode, table.stderr) == (0, b"")
    shown = {word.encode(encoding, "backslashreplace") for word in text.split()}
    assert shown <= set(table.stdout.split())
    data = anagram(*arguments, "--format", "csv", env=environ)
    assert data.stdout.decode("utf-8").split() == ["word,count", *sorted(f"{word},1" for word in text.split())]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8", "utf-16-le"])
def test_any_character_can_be_printed(encoding: str) -> None:
    """Also one that no encoding has, and one that is a control character in some and nothing in others."""
    written = io.BytesIO()
    text = "a\x81\u0161\xe9\u2713\udcff"
    with io.TextIOWrapper(written, encoding=encoding, write_through=True) as stream:
        TellingStream(stream).write(text)
        assert written.getvalue() == text.encode(encoding, "backslashreplace")
