"""Plugins that are single files: of every kind, in every orchestrator, under every start method."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from command import anagram, run_json
from pipeline_optimization import count_anagrams
from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.worker import WorkerSetup
from pipeline_optimization.file_module import FileModule, import_file
from pipeline_optimization.registry import Registry, Selection
from project_files import LOCAL_PLUGINS
from similar_cases import some

TEXT = "CAT cat ACT DOG dog BIRD " * 3
EXPECTED = {"act": 3, "cat": 3, "dog": 3}
COMPONENTS = ("--tokenizer", "quiet", "--signature", "first", "-o", "signature.ignored=x", "--lexicon", "tiny")
ORCHESTRATORS = [
    ("sequential",),
    ("plain",),
    ("threaded",),
    ("asyncio",),
    ("multiprocess", "-o", "start=fork"),
    ("multiprocess", "-o", "start=spawn"),
    ("multiprocess", "-o", "start=forkserver"),
]


@pytest.mark.parametrize("orchestrator", some((pytest.param(one, id="-".join(one)) for one in ORCHESTRATORS), every=3))
def test_components_in_every_orchestrator(orchestrator: tuple[str, ...]) -> None:
    """A file's tokenizer, signature, lexicon and retry policy work wherever attempts run; its observer in the parent."""
    arguments = ("run", "--text", TEXT, "--orchestrator", *orchestrator, *COMPONENTS, "--retry", "stubborn")
    faults = ("--faults", "heavy", "--latency-scale", "0", "--seed", "3", "--chunk-size", "20", "--format", "json")
    done = anagram(*arguments, *faults, "--plugins-dir", str(LOCAL_PLUGINS))
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["anagram_counts"] == EXPECTED
    assert done.stderr.count(b"finished in ") == 1


@pytest.mark.parametrize("orchestrator", ORCHESTRATORS, ids="-".join)
def test_pipelines_in_every_orchestrator(orchestrator: tuple[str, ...]) -> None:
    """A file's pipeline is run by its name, with its option, wherever attempts run."""
    arguments = ("run", "--pipeline", "long-words", "--text", "a cat\nthe cat\n", "--orchestrator", *orchestrator)
    options = ("-o", "pipeline.least=2", "--chunk-size", "2", "--format", "csv", "--plugins-dir", str(LOCAL_PLUGINS))
    done = anagram(*arguments, *options)
    assert (done.returncode, done.stdout) == (0, b"cat,2\nthe,1\n"), done.stderr.decode()


def test_from_another_directory(tmp_path: Path) -> None:
    """A directory is named relative to where the command runs, and need not be on any path."""
    shutil.copy(LOCAL_PLUGINS / "quiet.py", tmp_path)
    report = run_json("--text", TEXT, *COMPONENTS, "--plugins-dir", ".", "--orchestrator", "multiprocess", cwd=tmp_path)
    assert report["anagram_counts"] == EXPECTED


def test_files_are_listed_by_path() -> None:
    """A file is listed with its path as its origin, found by that path, and switched off by its name or path."""
    path = str(LOCAL_PLUGINS / "quiet.py")
    facts = json.loads(anagram("plugins", "info", path, "--json", "--plugins-dir", str(LOCAL_PLUGINS)).stdout)
    assert (facts["name"], facts["origin"], facts["status"]) == ("quiet", path, "active")
    assert len(facts["components"]) == 6
    for alias in ("quiet", "quiet.py", path):
        registry = Registry.load(Selection(directories=[str(LOCAL_PLUGINS)], disabled=[alias]))
        assert [record.status for record in registry.records if record.name == "quiet"] == ["disabled"]


@pytest.mark.parametrize("code", ["import no_such_module_anywhere", "raise SystemExit('no_such_module_anywhere')"])
def test_a_broken_file_disturbs_nobody(code: str, tmp_path: Path) -> None:
    """A file that cannot be imported, or ends the program, is listed as failed, and leaves no half module behind."""
    (tmp_path / "broken_file.py").write_text(code)
    (tmp_path / "_ignored.py").write_text("raise SystemExit\n")
    registry = Registry.load(Selection(directories=[str(tmp_path)]))
    (record,) = [record for record in registry.import_all() if record.distribution == "(file)"]
    assert (record.name, record.status) == ("broken_file", "failed")
    assert "no_such_module_anywhere" in record.error
    assert "broken_file" not in sys.modules
    assert count_anagrams("cat", registry=registry).is_complete


def test_a_pipe_is_no_plugin(tmp_path: Path) -> None:
    """Without a writer, reading it would make every command wait for ever."""
    os.mkfifo(tmp_path / "pipe.py")
    done = anagram("run", "--text", "cat", "--format", "csv", "--plugins-dir", str(tmp_path))
    assert (done.returncode, done.stdout.split()[1:]) == (0, [b"act,1", b"cat,1", b"tac,1"])
    assert b"It is no regular file, so reading it may never end" in done.stderr


def test_a_file_takes_no_installed_name(tmp_path: Path) -> None:
    """A file called like an installed plugin is a conflict that names both; like a module, it shadows nothing."""
    (tmp_path / "threaded.py").write_text("")
    registry = Registry.load(Selection(directories=[str(tmp_path)]))
    records = [record for record in registry.records if record.name == "threaded"]
    assert [record.status for record in records] == ["conflict", "conflict"]
    assert f"--no-plugin {tmp_path / 'threaded.py'}" in records[0].error
    (tmp_path / "json.py").write_text("is_ours = True\n")
    module = import_file(tmp_path / "json.py")
    assert module.__name__ != "json"
    assert module.is_ours
    assert import_file(tmp_path / "json.py") is module


def test_a_file_has_annotations_of_its_own(tmp_path: Path) -> None:
    """They are evaluated as they are in any module, whatever the core's own modules ask Python for."""
    path = tmp_path / "annotated.py"
    path.write_text("def count(line: str) -> int: ...")
    assert import_file(path).count.__annotations__ == {"line": str, "return": int}


def test_workers_need_no_file(tmp_path: Path) -> None:
    """A worker gets the file's text with its set-up, so that it need not find the file where it is."""
    path = tmp_path / "far_away.py"
    path.write_text("class Thing:\n    pass\n\n\ndef build(argument):\n    return {'is_built': argument}\n")
    module = import_file(path)
    setup = WorkerSetup(build=module.build, argument=module.Thing(), faults=FaultPlan(), files=[FileModule.of(path)])
    data = setup.to_bytes()
    path.unlink()
    sys.modules.pop("far_away", None)
    restored = WorkerSetup.from_bytes(data)
    assert type(restored.argument).__qualname__ == "Thing"
    assert type(restored.argument) is not module.Thing
    assert sys.modules.pop("far_away").__file__ == str(path)


@pytest.mark.slow
def test_the_same_file_as_a_contender() -> None:
    """The same file, with a TaskOrchestrator class, is measured by the harness; and its orchestrator by name."""
    arguments = ("--test-case", "small", "--profile", "cpu", "--iterations", "1", "--workers", "1")
    directory = ("--plugins-dir", str(LOCAL_PLUGINS))
    for contender in (str(LOCAL_PLUGINS / "quiet.py"), "plain"):
        done = anagram("benchmark", "--orchestrator", contender, *arguments, *directory, cwd=LOCAL_PLUGINS.parent)
        assert done.returncode == 0, done.stderr.decode()
        assert b"100" in done.stdout


def test_what_a_plugin_makes_is_finalized(tmp_path: Path) -> None:
    """Modules are kept out of garbage collection, but what comes after them is not, though it be in a cycle of objects."""
    (tmp_path / "writing.py").write_text(
        """
from pipeline_optimization.hookspecs import hookimpl

class Writer:
    def __init__(self):
        self.itself = self
        self.file = open("written", "w")

    def __del__(self):
        self.file.write("all of it")
        self.file.close()

@hookimpl
def anagram_run_finished(event):
    Writer()
"""
    )
    done = anagram("run", "--text", "cat", "--plugins-dir", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert (tmp_path / "written").read_text() == "all of it"
