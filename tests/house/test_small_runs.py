"""What small runs have to walk through and to import: the fewer files, the sooner a reader has followed them, and the sooner they end."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pipeline_optimization import Pipeline, count_anagrams, run

MOST_FILES = 40
"""Whoever needs more has made a layer that all runs pass, and should look for one to take away."""

PROGRAM = """
import json
import sys
from inspect import CO_OPTIMIZED
from pathlib import Path

import pipeline_optimization
from pipeline_optimization import count_anagrams

root = str(Path(pipeline_optimization.__file__).parent)
walked = set()


def note(frame, event, argument):
    code = frame.f_code
    # Bodies of modules and classes are no functions: they run where something is imported.
    if event == "call" and code.co_flags & CO_OPTIMIZED and code.co_filename.startswith(root):
        walked.add(code.co_filename.removeprefix(root))


sys.setprofile(note)
counts = count_anagrams("cat").anagram_counts
sys.setprofile(None)
print(json.dumps({"counts": dict(counts), "walked": sorted(walked), "imported": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def found() -> dict[str, object]:
    """Count a word in a new process, whose caches on disk are warm, and tell what ran."""
    count_anagrams("cat")
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    result: dict[str, object] = json.loads(done.stdout)
    assert result["counts"] == {"act": 1, "cat": 1, "tac": 1}
    return result


def test_a_word_walks_through_few_files(found: dict[str, object]) -> None:
    """Functions of so many files of the package run, from the call to the report."""
    walked = found["walked"]
    assert isinstance(walked, list)
    assert "/api.py" in walked
    assert len(walked) <= MOST_FILES, "\n".join(walked)


@pytest.mark.parametrize(
    "name",
    [
        "asyncio",
        "concurrent.futures",
        "email",
        "importlib.metadata",
        "platformdirs",
        "random",
        "socket",
        "sqlite3",
        "pipeline_optimization.checkpoint",
        "pipeline_optimization.engine.task_client",
        "pipeline_optimization.anagrams.range_counting",
        "pipeline_optimization.sources.url",
        "pipeline_optimization.engine.announcer",
        "pipeline_optimization.engine.lanes",
        "pipeline_optimization.pipeline.run_events",
        "pipeline_optimization.types.events",
    ],
)
def test_a_word_does_not_load_what_it_does_not_need(found: dict[str, object], name: str) -> None:
    """Files, URLs, clusters, checkpoints, observers and the harness cost nothing where there are none."""
    imported = found["imported"]
    assert isinstance(imported, list)
    assert name not in imported


SUM = """
import json
import sys
from pathlib import Path

from pipeline_optimization import Pipeline, run

report = run(Pipeline("sum").lines().map(int).sum(), Path(sys.argv[1]))
print(json.dumps({"result": report.result, "imported": sorted(sys.modules)}))
"""


@pytest.fixture(scope="module")
def summed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Sum the lines of a file in a new process, whose caches on disk are warm, and tell what it imported."""
    path = tmp_path_factory.mktemp("sum") / "numbers.txt"
    path.write_text("1\n2\n")
    run(Pipeline("sum").lines().map(int).sum(), path)
    done = subprocess.run([sys.executable, "-c", SUM, str(path)], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert result["result"] == 3
    return set(result["imported"])


@pytest.mark.parametrize("is_collecting", [True, False])
def test_what_is_imported_changes_no_setting(*, is_collecting: bool) -> None:
    """Garbage is not looked for while the package is imported, and then as before."""
    switch = "enable" if is_collecting else "disable"
    program = f"import gc; gc.{switch}(); from pipeline_optimization import run; print(gc.isenabled())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"{is_collecting}\n"


@pytest.mark.parametrize(
    "name",
    [
        "asyncio",
        "concurrent.futures",
        "multiprocessing",
        "platformdirs",
        "random",
        "sqlite3",
        "subprocess",
        "tempfile",
        "uuid",
        "pipeline_optimization.anagrams",
        "pipeline_optimization.counting.kernel",
        "pipeline_optimization.observing",
        "pipeline_optimization.pipeline.destinations",
        "pipeline_optimization.pipeline.model.code",
        "pipeline_optimization.pipeline.model.own_loop",
        "pipeline_optimization.sources.url",
    ],
)
def test_a_sum_does_not_load_what_it_does_not_need(summed: set[str], name: str) -> None:
    """A pipeline of plain functions over a file is run without event loops, processes, URLs, databases and anagrams."""
    assert name not in summed
