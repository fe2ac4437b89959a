"""Users' pipelines on clusters: of a plugin and of a module that workers lack; of a file, and again from a checkpoint."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from command import environment
from project_files import LOCAL_PLUGINS

pytestmark = pytest.mark.cluster

OWN = """
from functools import partial

from pipeline_optimization import CompletePipeline, Pipeline, task


@task(permanent=(ValueError,))
def words(line: str, *, least: int) -> list[str]:
    if line == "bad":
        raise ValueError(line)
    return [word for word in line.split() if len(word) >= least]


def pipeline(least: int = 1) -> CompletePipeline[str, dict[str, int]]:
    return Pipeline("own").lines().flat_map(partial(words, least=least)).count()
"""


def run(cluster: str, directory: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a command in a directory; return its exit code and what it printed."""
    command = (sys.executable, "-m", "pipeline_optimization", *arguments, "--orchestrator", cluster, "--format", "csv")
    done = subprocess.run(
        command, cwd=directory, env=environment(), capture_output=True, text=True, timeout=180, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("reference", ["own:pipeline", "long-words"])
def test_wherever_it_is(cluster: str, reference: str, tmp_path: Path) -> None:
    """Workers import what it names, with its options; the answer is that of any orchestrator."""
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "in.txt").write_text("a cat\nthe cat\n")
    plugins = ("--plugins-dir", str(LOCAL_PLUGINS)) if reference == "long-words" else ()
    options = ("--chunk-size", "4", "-o", "pipeline.least=2", *plugins)
    code, out, err = run(cluster, tmp_path, "run", "--pipeline", reference, "in.txt", *options)
    assert (code, out) == (0, "cat,2\nthe,1\n"), err


def test_what_failed_runs_again(cluster: str, tmp_path: Path) -> None:
    """From a checkpoint, by the command, after the function was mended."""
    (tmp_path / "own.py").write_text(OWN)
    (tmp_path / "in.txt").write_text("a cat\nbad\nthe cat\n")
    code, out, err = run(cluster, tmp_path, "run", "--pipeline", "own.py", "in.txt", "--checkpoint", "c")
    assert (code, out) == (1, "cat,2\na,1\nthe,1\n"), err
    assert "in.txt, line 2: 'bad'" in err
    (tmp_path / "own.py").write_text(OWN.replace('line == "bad"', 'line == "worse"'))
    code, out, err = run(cluster, tmp_path, "retry", "c", "--pipeline", "own.py", "--accept-changed-code")
    assert (code, out) == (0, "cat,2\na,1\nbad,1\nthe,1\n"), err


HOLDING = """
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from pipeline_optimization import Pipeline, task

NOTES = Path(__file__).parent / "notes"


def note(what: str) -> None:
    with NOTES.open("a") as notes:
        notes.write(f"{what} {os.getpid()}\\n")


@contextmanager
def session() -> Iterator[int]:
    note("open")
    yield 2
    note("close")


@asynccontextmanager
async def later() -> AsyncIterator[int]:
    note("open-async")
    yield 3
    note("close-async")


@task(using=session)
def double(line: str, factor: int) -> int:
    return int(line) * factor


@task(using=later)
async def triple(number: int, factor: int) -> int:
    return number * factor


pipeline = Pipeline("holding").lines().map(double).map(triple).sum()
"""


def test_resources_are_closed(cluster: str, tmp_path: Path) -> None:
    """What workers have opened, each once, is closed when the run ends."""
    (tmp_path / "holding.py").write_text(HOLDING)
    (tmp_path / "in.txt").write_text("".join(f"{number}\n" for number in range(50)))
    code, out, err = run(cluster, tmp_path, "run", "--pipeline", "holding.py", "in.txt", "--chunk-size", "8")
    assert (code, out.strip()) == (0, "7350"), err
    notes = Counter((tmp_path / "notes").read_text().splitlines())
    assert set(notes.values()) == {1}
    for what in ("", "-async"):
        opened, closed = (
            {note.split()[1] for note in notes if note.startswith(f"{how}{what} ")} for how in ("open", "close")
        )
        assert opened == closed != set()
