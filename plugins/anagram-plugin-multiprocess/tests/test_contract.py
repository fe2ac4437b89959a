"""The orchestrator ``multiprocess`` keeps the contract, and survives the death of its workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

import pipeline_functions as f
import pipeline_optimization
from anagram_plugin_multiprocess.orchestrator import MultiprocessOrchestrator
from deadly_tokenizer import DeadlyPlugin
from pipeline_optimization import Pipeline, Registry, count_anagrams, run
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.sources import TextSource
from pipeline_optimization.testing import OrchestratorContract, check_orchestrator, drive
from pipeline_optimization.types import Capabilities, Completion, ItemFinished, TaskFailed
from similar_cases import some
from worker_killer import Killer

METHODS = ["forkserver", "spawn", "fork"]
TEXT = "Stop! The silent cat's tea-pot, the post, the spot; 3 cats act, listen: stop. " * 10


class TestMultiprocess(OrchestratorContract):
    name = "multiprocess"
    options = {"workers": 2}


@pytest.mark.slow
class TestMultiprocessSpawn(OrchestratorContract):
    name = "multiprocess"
    options = {"workers": 2, "start": "spawn"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
class TestMultiprocessFork(OrchestratorContract):
    name = "multiprocess"
    options = {"workers": 2, "start": "fork"}


class HidesDeaths(MultiprocessOrchestrator):
    """Replaces a dead worker, and says nothing of its attempt."""

    def poll(self, timeout: float) -> Sequence[Completion]:
        return [completion for completion in super().poll(timeout) if completion.status != "lost"]


@pytest.mark.slow
def test_hidden_deaths_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conformance kit finds an orchestrator that keeps a worker's death to itself, and nothing else in it."""
    monkeypatch.setattr(drive, "PATIENCE", 3.0)
    claims = Capabilities(isolation="process", can_kill=True, is_parallel=True)
    results = check_orchestrator(lambda: HidesDeaths(2, "forkserver"), capabilities=claims)
    assert [result.name for result in results if result.status == "failed"] == ["a_death_is_told"]


@pytest.mark.parametrize("method", some(METHODS, every=3))
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_killed_workers_lose_and_double_nothing(method: str) -> None:
    """Workers killed with SIGKILL cost attempts, which are made again: counts and ledger stay the same."""
    registry = Registry.load()
    killer = Killer(kills=3, every=8)
    registry.register(killer, "killer")
    reference = count_anagrams(TEXT, chunk_size=20)
    report = count_anagrams(
        TEXT,
        orchestrator="multiprocess",
        orchestrator_options={"workers": 2, "start": method},
        chunk_size=20,
        registry=registry,
    )
    assert len(killer.killed) == 3
    assert report.is_complete
    assert report.anagram_counts == reference.anagram_counts
    assert report.ledger_digest == reference.ledger_digest
    assert 1 <= report.lost <= 3
    assert {event.kind for event in killer.lost} == {"lost"}
    assert all("was ended by SIGKILL" in event.error.message for event in killer.lost)


def test_killed_workers_lose_and_double_no_element() -> None:
    """The same under a pipeline most of whose elements fail, so that most items finish without a worker to kill."""
    registry = Registry.load()
    killer = Killer(kills=3, every=8)
    registry.register(killer, "killer")
    text = TextSource(("cat\n" + "xenon\n" * 8) * 40)
    options: dict[str, Any] = {"chunk_size": 40, "retry": "none"}
    pipeline = Pipeline("p").lines().map(f.picky).count()
    reference = run(pipeline, text, **options)
    report = run(
        pipeline,
        text,
        orchestrator="multiprocess",
        orchestrator_options={"workers": 2},
        registry=registry,
        **options,
    )
    assert len(killer.killed) == 3
    assert (report.result, report.failures, report.ledger_digest) == (
        {"cat": 40},
        reference.failures,
        reference.ledger_digest,
    )
    assert dict(report.failures) == {("picky", "ValueError"): 320}


class MaskReader:
    """Notes the signals that the workers block."""

    def __init__(self) -> None:
        self.masks: list[int] = []

    @hookimpl
    def anagram_item_finished(self, event: ItemFinished) -> None:
        status = Path(f"/proc/{event.worker}/status").read_text()
        self.masks += [int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigBlk:")]


class Terminator:
    """Sends SIGTERM to the parent of each worker that answers, if that is not this process, and to the worker."""

    def __init__(self) -> None:
        self.sent = 0
        self.lost: list[TaskFailed] = []

    @hookimpl
    def anagram_item_finished(self, event: ItemFinished) -> None:
        worker = psutil.Process(int(event.worker))
        for pid in {worker.ppid(), worker.pid} - {os.getpid()}:
            os.kill(pid, signal.SIGTERM)
            self.sent += 1

    @hookimpl
    def anagram_task_failed(self, event: TaskFailed) -> None:
        self.lost.append(event)


@pytest.mark.skipif(os.name != "posix", reason="has no SIGTERM that can be left to a parent")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_sigterm_to_all_processes_is_the_parents_to_handle(method: str) -> None:
    """A service manager's SIGTERM to the whole group ends no worker and no fork server: the parent decides."""
    registry = Registry.load()
    terminator = Terminator()
    registry.register(terminator, "terminator")
    options = {"workers": 2, "start": method}
    report = count_anagrams(
        TEXT, orchestrator="multiprocess", orchestrator_options=options, chunk_size=20, registry=registry
    )
    assert terminator.sent >= 10
    assert terminator.lost == []
    assert report.is_complete


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_ctrl_c_never_reaches_a_worker(method: str) -> None:
    """Workers are born with SIGINT blocked, so that one that still starts prints no traceback; the parent is not."""
    registry = Registry.load()
    reader = MaskReader()
    registry.register(reader, "reader")
    options = {"workers": 1, "start": method}
    count_anagrams("cat", orchestrator="multiprocess", orchestrator_options=options, registry=registry)
    assert reader.masks
    assert all(mask & (1 << (signal.SIGINT - 1)) for mask in reader.masks)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, set())


def test_poison_is_quarantined() -> None:
    """An item that kills every worker is reported after three deaths, and the others are counted."""
    registry = Registry.load()
    registry.register(DeadlyPlugin(), "deadly-plugin")
    report = count_anagrams(
        "cat dog deadly! cat dog",
        orchestrator="multiprocess",
        orchestrator_options={"workers": 2},
        tokenizer="deadly",
        chunk_size=4,
        registry=registry,
    )
    assert dict(report.failures) == {("count_chunk", "WorkerLost"): 1}
    assert report.lost == 3
    assert (report.anagram_counts["cat"], report.anagram_counts["dog"]) == (2, 2)


def test_a_worker_that_comes_too_late_ends() -> None:
    """A worker whose parent died before it could ask to die with it says nothing and ends."""
    code = (
        "from multiprocessing import Pipe\n"
        "import pipeline_optimization\n"
        "from anagram_plugin_multiprocess.worker_process import serve\n"
        "ours, theirs = Pipe()\n"
        "serve(theirs, b'', parent=1 << 30, code=pipeline_optimization.__file__)\n"
        "assert not ours.poll()\n"
    )
    subprocess.run([sys.executable, "-c", code], timeout=60, check=True)


WHERE = """
import os
import pipeline_optimization
from pipeline_optimization.builtin.tokenizers import WhitespaceTokenizer
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, NoOptions

def make_where(options):
    with open(os.environ["FOUND"], "a") as file:
        file.write(f"{os.getpid()} {pipeline_optimization.__file__} {os.environ.get('PYTHONSAFEPATH')}\\n")
    return WhitespaceTokenizer()

@hookimpl
def anagram_register_tokenizers():
    return [Component(name="where", summary="s", factory=make_where, options=NoOptions)]
"""


@pytest.mark.parametrize("method", some(METHODS, every=3))
def test_workers_run_the_parents_code(tmp_path: Path, method: str) -> None:
    """Workers run the code that the parent found on its own path, not what a new interpreter would find, in its environment."""
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "where.py").write_text(WHERE)
    here = tmp_path / "elsewhere" / "pipeline_optimization"
    here.parent.mkdir()
    here.symlink_to(Path(pipeline_optimization.__file__).parent)
    program = (
        f"import sys; sys.path.insert(0, {str(here.parent)!r}); from pipeline_optimization.cli import main; main()"
    )
    command = ["run", "--text", "cat", "--orchestrator", "multiprocess", "-o", f"start={method}", "-o", "workers=2"]
    subprocess.run(
        [sys.executable, "-c", program, *command, "--tokenizer", "where", "--plugins-dir", str(tmp_path / "plugins")],
        env={**os.environ, "FOUND": str(tmp_path / "found.txt")},
        check=True,
        timeout=60,
    )
    found = dict(line.split(" ", 1) for line in (tmp_path / "found.txt").read_text().splitlines())
    assert len(found) > 1
    assert set(found.values()) == {f"{here / '__init__.py'} None"}


@pytest.mark.parametrize("method", some(METHODS, every=3))
def test_no_module_comes_from_the_working_directory(tmp_path: Path, method: str) -> None:
    """A user's files there may be called as modules are that workers import."""
    for name in ("attrs", "json", "pickle", "pipeline_optimization"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('imported')\n")
    command = [str(Path(sys.executable).with_name("anagram")), "run", "--format", "csv", "--text", "cat"]
    workers = ["--orchestrator", "multiprocess", "-o", "workers=2", "-o", f"start={method}"]
    done = subprocess.run([*command, *workers], capture_output=True, cwd=tmp_path, check=False, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == (b"word,count\nact,1\ncat,1\ntac,1\n", b"", 0)
