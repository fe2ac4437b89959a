"""``anagram plugins check`` runs the contract of what a plugin offers; ``new`` makes what passes it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from command import anagram, refused
from fake_distributions import install
from pipeline_optimization.templates.rendering import write_plugin
from pipeline_optimization.testing import check_sink
from pipeline_optimization.testing.component_checks import REGISTRATION_CHECKS
from pipeline_optimization.testing.sink_checks import SINK_CHECKS

BAD = """
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, NoOptions

class Length:
    def __init__(self, options): pass
    def __call__(self, word, /): return len(word)

@hookimpl
def anagram_register_signatures():
    return [Component(name="length", summary="s", factory=Length, options=NoOptions)]

@hookimpl
def anagram_run_finished(): pass
"""


def test_a_sound_plugin() -> None:
    """Every check of every component is printed with its outcome, and the exit code is 0."""
    done = anagram("plugins", "check", "threaded")
    assert done.returncode == 0, done.stdout.decode()
    lines = done.stdout.decode().splitlines()
    assert lines[0].split() == ["component", "check", "outcome", "what", "was", "seen"]
    assert any(line.split()[:3] == ["orchestrator:threaded", "one_element", "passed"] for line in lines)
    assert lines[-1].endswith("checks, 0 failed.")


def test_a_broken_plugin(tmp_path: Path) -> None:
    """A check that fails is named with what was seen, in JSON too, and the exit code is 1."""
    install(tmp_path, "length", "length", BAD)
    done = anagram("plugins", "check", "length", "--json", env={"PYTHONPATH": os.fspath(tmp_path)})
    assert done.returncode == 1
    failed = {
        (one["component"], one["check"]): one["detail"] for one in json.loads(done.stdout) if one["status"] == "failed"
    }
    assert set(failed) == {("signature:length", "differs_for_others"), ("observer", "is_declared")}
    assert failed["signature:length", "differs_for_others"].startswith("'a' and 'b' have the same signature.")
    assert "in the group anagram_observer" in failed["observer", "is_declared"]


OBSERVER = """
from pipeline_optimization.hookspecs import hookimpl

@hookimpl
def anagram_run_finished(event): pass
"""


def test_a_component_that_cannot_be_built(tmp_path: Path) -> None:
    """It has one check, which fails, and the total counts one check."""
    without_observer, _, _ = BAD.rpartition("@hookimpl")
    (tmp_path / "bad.py").write_text(without_observer.replace("__call__", "called"))
    done = anagram("plugins", "check", "bad", "--plugins-dir", str(tmp_path))
    assert done.returncode == 1
    assert "signature:length  is_built" in done.stdout.decode()
    assert done.stdout.decode().splitlines()[-1] == "1 check, 1 failed."


def test_an_installed_observer(tmp_path: Path) -> None:
    """An observer keeps its contract where it is installed too, and where another one is broken."""
    install(tmp_path, "watching", "watch", OBSERVER, group="anagram_observer")
    install(tmp_path, "broken", "broken", "import no_such_module_anywhere\n", group="anagram_observer")
    done = anagram("plugins", "check", "watch", "--json", env={"PYTHONPATH": os.fspath(tmp_path)})
    assert done.returncode == 0, done.stdout.decode()
    assert {one["status"] for one in json.loads(done.stdout)} == {"passed"}


@pytest.mark.slow
def test_components_that_need_a_value(tmp_path: Path) -> None:
    """A component that cannot be built without a value is skipped, and checked where the value is given."""
    (tmp_path / "words.txt").write_text("cat\nact\n")
    arguments = ("plugins", "check", "core", "--json")
    for given, status in (((), "skipped"), (("--with", "file:words.txt"), "passed")):
        done = anagram(*arguments, *given, cwd=tmp_path)
        assert done.returncode == 0, done.stdout.decode()
        found = [one for one in json.loads(done.stdout) if one["component"].startswith("lexicon:file")]
        assert {one["status"] for one in found} <= {status, "skipped"}
        assert any(one["status"] == status for one in found)
        assert ("--with file:VALUE" in found[0]["detail"]) == (not given)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "nobody"), "There is no plugin 'nobody'"),
        (("check", "numba"), "has no component and no observer hook"),
        (("check", "threaded", "--no-plugin", "threaded"), "cannot be used. It is switched off"),
        (("new", "My_Plugin", "--kind", "lexicon"), "'My_Plugin' cannot be a plugin's name"),
        (("new", "exercise", "--kind", "tokenizer"), "The core has a tokenizer 'exercise' already"),
        (("new", "anagrams", "--kind", "pipeline"), "The core has a pipeline 'anagrams' already"),
        (("new", "x", "--kind", "engine"), "'engine' is not one of 'orchestrator', 'tokenizer', 'signature'"),
        (("new", "taken", "--kind", "lexicon"), "exists already. Choose another name"),
    ],
)
def test_refusals(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    """What cannot be checked or made is refused with the reason."""
    (tmp_path / "anagram-plugin-taken").mkdir()
    assert message in " ".join(refused(("plugins", *arguments), cwd=tmp_path).split())


KINDS = (
    "orchestrator",
    "tokenizer",
    "signature",
    "retry_policy",
    "lexicon",
    "pipeline",
    "sink",
    "fault_profile",
    "observer",
)


@pytest.mark.parametrize("kind", KINDS)
def test_new_makes_a_whole_distribution(kind: str, tmp_path: Path) -> None:
    """Each kind's template gives every file of a distribution, with no placeholder left over."""
    done = anagram("plugins", "new", "my-own", "--kind", kind, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    home = tmp_path / "anagram-plugin-my-own"
    made = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    assert made == {
        ".github/workflows/test.yml",
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "src/anagram_plugin_my_own/__init__.py",
        "src/anagram_plugin_my_own/py.typed",
        "tests/test_contract.py",
    }
    for path in home.rglob("*"):
        if path.is_file():
            assert "$" not in path.read_text().replace("${{ matrix.python }}", "")
    assert ("anagram_observer" in (home / "pyproject.toml").read_text()) == (kind == "observer")


def test_the_sink_of_a_new_plugin_keeps_its_contract(tmp_path: Path) -> None:
    """It passes every check that applies to a sink that is not installed, by the contract in its own test."""
    home = write_plugin("my-own", "sink", tmp_path)
    plugin: dict[str, Any] = {"__name__": "anagram_plugin_my_own"}
    contract: dict[str, Any] = {"__name__": "test_contract"}
    exec((home / "src" / "anagram_plugin_my_own" / "__init__.py").read_text(), plugin)
    exec((home / "tests" / "test_contract.py").read_text(), contract)
    made: Any = contract["TestMyOwn"]()
    make: Any = plugin["MyOwn"]
    options: Any = plugin["Options"]
    results = check_sink(
        lambda place: make(options(**made.options_in(place))), made.read, rows=made.rows, refused=made.refused
    )
    assert {result.name: result.detail for result in results if result.status == "failed"} == {}
    assert sum(result.status == "passed" for result in results) == len(SINK_CHECKS) - len(REGISTRATION_CHECKS)


def test_the_pipeline_of_a_new_plugin_runs(tmp_path: Path) -> None:
    """It keeps its contract, and runs by its name in other processes, which import the plugin's module."""
    home = write_plugin("my-own", "pipeline", tmp_path)
    code = (home / "src" / "anagram_plugin_my_own" / "__init__.py").read_text()
    site = tmp_path / "site"
    site.mkdir()
    install(site, "anagram-plugin-my-own", "my-own", code)
    env = {"PYTHONPATH": os.fspath(site)}
    done = anagram("plugins", "check", "my-own", "--json", env=env)
    outcomes = {one["check"]: one["status"] for one in json.loads(done.stdout)}
    assert (done.returncode, outcomes["is_described"], outcomes["can_be_sent_to_workers"]) == (0, "passed", "passed")
    for start in ("fork", "spawn"):
        options = (
            "--orchestrator",
            "multiprocess",
            "-o",
            f"start={start}",
            "-o",
            "pipeline.least=2",
            "--format",
            "csv",
        )
        done = anagram("run", "--pipeline", "my-own", "--text", "a cat\nthe cat\n", *options, env=env)
        assert (done.returncode, done.stdout) == (0, b"cat,2\nthe,1\n"), done.stderr.decode()
