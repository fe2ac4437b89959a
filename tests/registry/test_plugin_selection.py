"""Plugins are switched off by any of their names, by four means, for every command, before they are imported."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from command import anagram, refused
from fake_distributions import install
from pipeline_optimization.errors import OptionError, PluginLoadError, UnknownPluginError, UsageError
from pipeline_optimization.registry import Registry, Selection
from pipeline_optimization.registry.pyproject_settings import read_selection

LOUD = "raise RuntimeError('imported')\n"


def statuses(*arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return each plugin's status by its name, as ``plugins list --all`` has it."""
    done = anagram("plugins", "list", "--all", "--json", *arguments, cwd=cwd, env=env)
    assert done.returncode == 0, done.stderr
    return {record["name"]: record["status"] for record in json.loads(done.stdout)}


@pytest.mark.parametrize(
    "alias",
    ["threaded", "anagram-plugin-threaded", "anagram_plugin_threaded", "Anagram.Plugin_Threaded", "THREADED"],
)
def test_every_alias_is_accepted(alias: str) -> None:
    """A plugin is switched off by its name, its distribution or its module, whatever the case and the hyphens."""
    registry = Registry.load(Selection(disabled=[alias]))
    assert {r.name for r in registry.records if r.status == "disabled"} == {"threaded"}
    with pytest.raises(PluginLoadError, match=r"'threaded' \(anagram-plugin-threaded .*switched off by the name"):
        registry.orchestrator("threaded")


def test_only(tmp_path: Path) -> None:
    """``only`` switches off all others, but never the core."""
    registry = Registry.load(Selection(only=["asyncio"]))
    active = {record.name for record in registry.import_all() if record.status == "active"}
    assert active == {"core", "asyncio"}


def test_decided_before_import(tmp_path: Path) -> None:
    """A plugin that is switched off is not imported, even by a listing that imports everything."""
    install(tmp_path, "loud", "loud", LOUD)
    env = {"PYTHONPATH": os.fspath(tmp_path)}
    assert statuses(env=env)["loud"] == "failed"
    assert statuses("--no-plugin", "loud", env=env)["loud"] == "disabled"
    assert statuses("--only-plugin", "threaded", env=env)["loud"] == "disabled"
    assert statuses(env={**env, "ANAGRAM_DISABLE_PLUGINS": "x, fake_loud"})["loud"] == "disabled"
    assert statuses(env={**env, "ANAGRAM_ONLY_PLUGINS": "asyncio"})["loud"] == "disabled"


def test_pyproject(tmp_path: Path) -> None:
    """``[tool.anagram]`` of the nearest pyproject.toml counts, also from a directory below it."""
    (tmp_path / "pyproject.toml").write_text("[tool.anagram]\ndisable-plugins = ['threaded']\nplugins-dir = 'mine'\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "ours.py").write_text("")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    found = statuses(cwd=below)
    assert (found["threaded"], found["asyncio"], found["ours"]) == ("disabled", "active", "active")
    (tmp_path / "a" / "pyproject.toml").write_text("")
    assert statuses(cwd=below)["threaded"] == "active"


def test_the_command_line_goes_before_the_environment(tmp_path: Path) -> None:
    """Of several ``only`` the nearest to the user counts; what is switched off anywhere is off."""
    (tmp_path / "pyproject.toml").write_text("[tool.anagram]\nonly-plugins = ['numba']\n")
    env = {"ANAGRAM_ONLY_PLUGINS": "asyncio", "ANAGRAM_DISABLE_PLUGINS": "multiprocess"}
    found = statuses("--only-plugin", "threaded", "--only-plugin", "multiprocess", cwd=tmp_path, env=env)
    assert {name for name, status in found.items() if status == "active"} == {"core", "threaded"}
    found = statuses(cwd=tmp_path, env=env)
    assert {name for name, status in found.items() if status == "active"} == {"core", "asyncio"}


def test_strict() -> None:
    """In strict mode a broken plugin, or a name that is nobody's, ends the command, though nothing of it was asked."""
    with pytest.raises(UnknownPluginError, match=r"no plugin 'thredded'\. Did you mean 'threaded'"):
        Registry.load(Selection(disabled=["thredded"], is_strict=True))
    assert Registry.load(Selection(disabled=["thredded"])).records


def test_strict_refuses_what_is_broken(tmp_path: Path) -> None:
    """``ANAGRAM_STRICT_PLUGINS`` refuses to work beside a broken plugin, in every command."""
    install(tmp_path, "loud", "loud", LOUD)
    env = {"PYTHONPATH": os.fspath(tmp_path), "ANAGRAM_STRICT_PLUGINS": "1"}
    done = anagram("run", "--text", "cat", env=env)
    assert done.returncode == 2
    assert b"'loud' (loud 1.0) cannot be used. Importing fake_loud failed: RuntimeError: imported" in done.stderr
    assert anagram("run", "--text", "cat", "--no-plugin", "loud", env=env).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "--text", "cat", "--no-plugin", "thredded"), "Did you mean 'threaded'?"),
        (("run", "--text", "cat", "--only-plugin", "nobody"), "There is no plugin 'nobody'. There are: "),
        (("run", "--text", "cat", "--no-plugin", "core"), "cannot be switched off"),
        (("run", "--text", "cat", "--plugins-dir", "nowhere"), "no directory 'nowhere' for plugins"),
        (("run", "--orchestrator", "asyncio", "--no-plugin", "asyncio"), "switched off by the name 'asyncio'"),
        (("benchmark", "--orchestrator", "asyncio", "--no-plugin", "asyncio"), "switched off by the name 'asyncio'"),
        (("compare", "--orchestrator", "asyncio", "--no-plugin", "asyncio"), "switched off by the name 'asyncio'"),
        (("plugins", "list", "--no-plugin", "nobody"), "There is no plugin 'nobody'"),
        (("plugins", "info", "nobody"), "There is no plugin 'nobody'"),
        (("plugins", "list", "--hook", "anagram_nothing"), "there is no hook 'anagram_nothing'"),
    ],
)
def test_refusals(arguments: tuple[str, ...], message: str) -> None:
    """What was typed and is wrong is refused, in every command, with what would be right."""
    assert message in " ".join(refused(arguments).split())


@pytest.mark.parametrize("text", ["", "tool = 3", "tool = [3]", "[tool]\nother = 3"])
def test_no_settings(tmp_path: Path, text: str) -> None:
    """A pyproject.toml that says nothing to us says nothing, whatever else it says."""
    (tmp_path / "pyproject.toml").write_text(text)
    assert read_selection(tmp_path).to_environment() == Selection().to_environment()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tool.anagram]\ndisable-plugin = []", "no key 'disable-plugin'. Did you mean 'disable-plugins'"),
        ("[tool.anagram]\nonly-plugins = 3", "only-plugins must be a list of strings, not 3"),
        ("[tool.anagram]\nstrict-plugins = 'yes'", "strict-plugins must be true or false, not 'yes'"),
        ("[tool]\nanagram = 3", "must be a table"),
        ("not toml", "Cannot read"),
    ],
)
def test_wrong_settings(tmp_path: Path, text: str, message: str) -> None:
    """What is wrong in pyproject.toml is told with the file's name."""
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(OptionError, match=message) as caught:
        read_selection(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_a_wrong_environment() -> None:
    """A strict mode that is neither true nor false is refused."""
    with pytest.raises(OptionError, match="ANAGRAM_STRICT_PLUGINS must be true or false, not 'perhaps'"):
        Selection.from_environment({"ANAGRAM_STRICT_PLUGINS": "perhaps"})


def test_other_processes_select_alike(tmp_path: Path) -> None:
    """A selection survives its way through the environment."""
    selection = Selection(disabled=("a", "b"), only=("c",), directories=(str(tmp_path),), is_strict=True)
    assert Selection.from_environment(selection.to_environment()) == selection
    assert Selection.from_environment(Selection().to_environment()) == Selection()


def test_info(tmp_path: Path) -> None:
    """``plugins info`` shows a plugin by any of its names: origin, hooks, components with their options, errors."""
    facts = json.loads(anagram("plugins", "info", "anagram-plugin-threaded", "--json").stdout)
    assert (facts["name"], facts["status"], facts["components"]) == ("threaded", "active", ["orchestrator:threaded"])
    assert facts["hooks"] == ["anagram_register_orchestrators"]
    assert facts["offers"][0]["options"][0]["name"] == "workers"
    text = anagram("plugins", "info", "threaded").stdout.decode()
    assert "status:       active" in text
    assert "  workers=8  (integer) threads, each running one attempt at a time" in text


def test_filters() -> None:
    """``--kind`` and ``--hook`` list the plugins that offer and implement them."""
    for arguments in (("--kind", "orchestrator"), ("--hook", "anagram_register_orchestrators")):
        assert {"core", "threaded", "asyncio", "multiprocess"} <= set(statuses(*arguments))
        assert "numba" not in statuses(*arguments)
    assert "numba" in statuses("--hook", "anagram_counting_kernel")


def test_the_core_cannot_be_switched_off() -> None:
    """The core is refused by name."""
    with pytest.raises(UsageError, match="'pipeline-optimization' is pipeline-optimization, which cannot"):
        Registry.load(Selection(disabled=["pipeline-optimization"]))
