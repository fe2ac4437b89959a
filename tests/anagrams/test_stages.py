"""Stages as workers build them, wherever they are."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from pipeline_optimization import count_anagrams
from pipeline_optimization.anagrams.plan import AnagramOptions, make_plan
from pipeline_optimization.anagrams.stages import COUNT_RANGES, build_stages, decode_counted, encode_ranges
from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.engine.wire import Call, decode_answer, encode_call
from pipeline_optimization.engine.worker import Stage, Worker, WorkerSetup
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import FileRange
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams


class Cluster(VirtualOrchestrator):
    """Its workers may be anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = evolve(self.capabilities, is_distributed=True)


def test_relative_paths_mean_what_they_mean_in_the_parent(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker of a cluster that was started in another directory finds the same file."""
    here, there = tmp_path / "here", tmp_path / "there"
    for directory, text in ((here, "cat"), (there, "dog dog")):
        directory.mkdir()
        (directory / "book.txt").write_text(text)
    monkeypatch.chdir(here)
    plan = make_plan(registry, AnagramOptions(orchestrator=Cluster()))
    stages = plan.job.stages
    monkeypatch.chdir(there)
    for name in ("book.txt", str(here / "book.txt"), (here / "book.txt").as_uri()):
        result = build_stages(stages)[COUNT_RANGES](encode_ranges([FileRange(name, 0, 3)]))
        (counts,) = decode_counted(result).chunks
        assert (counts.words, len(counts.groups)) == (1, 1)
        assert stages.open_index().words_of(counts.groups[0]) == ["act", "cat", "tac"]
    local = evolve(stages, directory="")
    (counts,) = decode_counted(build_stages(local)[COUNT_RANGES](encode_ranges([FileRange("book.txt", 0, 7)]))).chunks
    assert counts.words == 2


def test_words_are_looked_up_by_the_task_itself(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run does to a word is ``find_anagrams.plain``: a task that finds nothing makes a run find nothing."""
    options: dict[str, Any] = {"faults": "exercise", "latency_scale": 0.0, "seed": 1}
    assert count_anagrams("cat dog", registry=registry, **options).matched_words == 2
    monkeypatch.setattr(find_anagrams, "plain", lambda word, index: [])
    assert count_anagrams("cat dog", registry=registry, **options).matched_words == 0


COUNTS_IN_A_FILE = """
import pickle
import sys
from importlib import import_module

from pipeline_optimization.engine.worker import WorkerSetup

path, sent = sys.argv[1], bytes.fromhex(sys.argv[2])
for name in WorkerSetup.from_bytes(sent).modules:
    import_module(name)
before = set(sys.modules)
from pipeline_optimization.engine.wire import Call, decode_answer, encode_call
from pipeline_optimization.engine.worker import Worker
from pipeline_optimization.anagrams.stages import encode_ranges
from pipeline_optimization.anagrams.stages import COUNT_RANGES
from pipeline_optimization.sources import FileRange

call = Call(COUNT_RANGES, "", 1, encode_ranges([FileRange(path, 0, 3)]))
answer = decode_answer(Worker(sent).run_attempt(encode_call(call)))
assert answer.error is None, answer.error
print(sorted(name for name in set(sys.modules) - before if name.startswith("pipeline_optimization")))
"""


def test_what_workers_share_is_all_that_they_import(registry: Registry, tmp_path: Path) -> None:
    """A process that imports ``WorkerSetup.modules`` imports nothing more of the package when it counts in a file."""
    (tmp_path / "book.txt").write_text("cat")
    plan = make_plan(registry, AnagramOptions())
    plan.job.stages.open_index()
    setup = WorkerSetup(build=build_stages, argument=plan.job.stages, faults=plan.faults).to_bytes()
    command = [sys.executable, "-c", COUNTS_IN_A_FILE, str(tmp_path / "book.txt"), setup.hex()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def _builds_nothing(argument: object) -> Mapping[str, Stage]:
    BUILT.append(argument)
    raise SystemExit("no stages")


BUILT: list[object] = []


@pytest.mark.parametrize("is_async", [False, True])
def test_what_building_stages_raises_is_an_answer(is_async: bool) -> None:
    """Whatever it is, SystemExit too: it ends no worker, and nobody builds again for the same attempt, but for an event loop's look."""
    BUILT.clear()
    worker = Worker(WorkerSetup(build=_builds_nothing, argument=None, faults=FaultPlan()).to_bytes())
    payload = encode_call(Call("task", "", 1, b""))
    answer = asyncio.run(worker.run_attempt_async(payload)) if is_async else worker.run_attempt(payload)
    error = decode_answer(answer).error
    assert error is not None
    assert (error.type, error.message) == ("SystemExit", "no stages")
    assert len(BUILT) == 1 + is_async
