"""Nothing is imported that is not used: told from the modules of a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from command import environment
from fake_distributions import install

LIST_MODULES = """
import json, sys
from pipeline_optimization.cli.main import _run
code = _run(sys.argv[1:])
print("\\n" + json.dumps([code, sorted(sys.modules)]))
"""
HEAVY = {
    "csv",
    "difflib",
    "english_words",
    "multiprocessing",
    "asyncio",
    "fsspec",
    "numpy",
    "psutil",
    "sqlite3",
    "rich._emoji_codes",
}
LOUD = "raise SystemExit('imported')\n"
COMPONENT = """
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, NoOptions
from pipeline_optimization.builtin.tokenizers import WhitespaceTokenizer

@hookimpl
def anagram_register_tokenizers():
    return [Component(name="{name}", summary="s", factory=WhitespaceTokenizer, options=NoOptions)]
"""


def modules_of(*arguments: str, path: Path | None = None) -> set[str]:
    """Run a command that must succeed; return the modules that it imported."""
    extra = {} if path is None else {"PYTHONPATH": os.fspath(path)}
    done = subprocess.run(
        [sys.executable, "-c", LIST_MODULES, *arguments],
        capture_output=True,
        text=True,
        env=environment(extra),
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stderr
    return set(modules)


def plugins_in(modules: set[str]) -> set[str]:
    """Return the top-level modules of plugins, but for the installed ones that observe: every run asks them whether they are wanted."""
    found = {name.partition(".")[0] for name in modules if name.startswith(("anagram_plugin_", "fake_"))}
    return found - {"anagram_plugin_openlineage", "anagram_plugin_opentelemetry"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a directory with a plugin that must never be imported."""
    install(tmp_path, "loud", "loud", LOUD)
    return tmp_path


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("run", "--help")])
def test_help_imports_no_plugin(arguments: tuple[str, ...], site: Path) -> None:
    """No help text needs a plugin."""
    modules = modules_of(*arguments, path=site)
    assert not plugins_in(modules)


def test_the_command_is_reached_at_once() -> None:
    """What is imported before ``main`` is in Python already, since a Ctrl-C cannot be answered in silence before."""
    code = "import sys; b = set(sys.modules); import pipeline_optimization.cli; print(*sorted(set(sys.modules) - b))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True)
    built_in = {name for name in done.stdout.split() if name in sys.builtin_module_names}
    assert set(done.stdout.split()) - built_in == {"__future__", "pipeline_optimization", "pipeline_optimization.cli"}


def test_help_is_small() -> None:
    """``anagram --help`` imports neither the lexicon, nor rich, nor the registry, nor what runs attempts."""
    modules = modules_of("--help")
    assert "pipeline_optimization.cli.main" in modules
    heavy = {"english_words", "multiprocessing", "asyncio", "rich", "fsspec", "pluggy", "importlib.metadata"}
    assert not (heavy | {"pipeline_optimization.registry"}) & modules


def test_cat_is_light() -> None:
    """With a cached index, ``run --text cat`` imports neither the word list nor multiprocessing nor asyncio, nor emoji."""
    modules_of("run", "--text", "cat")
    assert not HEAVY & modules_of("run", "--text", "cat")
    modules = modules_of("run", "--text", "cat", "--format", "json")
    assert "pipeline_optimization.engine.loop" in modules
    assert not HEAVY & modules


GARBAGE_IN_A_COMMAND = """
import gc, sys
from pipeline_optimization.cli import main
from pipeline_optimization.registry import Registry

was = [gc.isenabled()]
make = Registry.__init__
def watched(*arguments, **named):
    was.append(gc.isenabled())
    make(*arguments, **named)

Registry.__init__ = watched
try:
    main(sys.argv[1:])
except SystemExit as end:
    print(end.code, *was, gc.isenabled())
"""


@pytest.mark.parametrize(
    ("arguments", "printed"), [(["run", "--text", "cat"], "0 True True True"), (["no-such-command"], "2 True True")]
)
def test_garbage_is_collected(arguments: list[str], printed: str) -> None:
    """Importing goes without a garbage collector; commands have one, and so does whoever called the command line."""
    command = [sys.executable, "-c", GARBAGE_IN_A_COMMAND, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=60)
    assert done.stdout.splitlines()[-1] == printed, done.stderr


def test_listing_imports_no_plugin(site: Path) -> None:
    """``plugins list`` lists from metadata; ``--all`` is what imports."""
    assert not plugins_in(modules_of("plugins", "list", "--json", path=site))
    assert not plugins_in(modules_of("plugins", "list", path=site))


def test_a_run_imports_no_plugin_that_it_does_not_use(site: Path) -> None:
    """A run with built-in components imports no plugin; one with a plugin's component that plugin only."""
    install(site, "dashes", "dashes", COMPONENT.format(name="dashes"))
    assert not plugins_in(modules_of("run", "--text", "cat", path=site))
    assert plugins_in(modules_of("run", "--text", "cat", "--tokenizer", "dashes", path=site)) == {"fake_dashes"}
    used = plugins_in(modules_of("run", "--text", "cat", "--orchestrator", "threaded", path=site))
    assert used == {"anagram_plugin_threaded"}


def test_observers_are_imported_in_every_run(tmp_path: Path) -> None:
    """A plugin in the group of observers is imported by a run that names nothing of it, but not by a listing."""
    install(tmp_path, "watch", "watch", "", group="anagram_observer")
    assert plugins_in(modules_of("run", "--text", "cat", path=tmp_path)) == {"fake_watch"}
    assert not plugins_in(modules_of("plugins", "list", path=tmp_path))


def test_kernels_are_imported_for_large_inputs(tmp_path: Path) -> None:
    """A plugin in the group of kernels is imported where the input is large enough to ask, or a kernel is named."""
    install(tmp_path, "quick", "quick", "", group="anagram_kernel")
    text = tmp_path / "large.txt"
    text.write_text("cat " * (300 << 10))
    arguments = ("run", "--no-plugin", "numba")
    assert not plugins_in(modules_of(*arguments, "--text", "cat", path=tmp_path))
    assert plugins_in(modules_of(*arguments, str(text), path=tmp_path)) == {"fake_quick"}
    named = modules_of(*arguments, "--text", "cat", "--kernel", "python", path=tmp_path)
    assert plugins_in(named) == {"fake_quick"}


def test_a_component_of_another_name_is_found(site: Path) -> None:
    """A component that is not called like its plugin is found too, at the price of importing the others."""
    install(site, "several", "several", COMPONENT.format(name="one-of-several"))
    modules = modules_of("run", "--no-plugin", "loud", "--text", "cat", "--tokenizer", "one-of-several", path=site)
    assert {"fake_several", "anagram_plugin_threaded"} <= plugins_in(modules)


def test_a_file_of_tasks_reads_no_sources() -> None:
    """Contenders of a comparison start hundreds of times: their tasks import nothing that finds or reads inputs."""
    listing = "import sys; import pipeline_optimization.tasks.find_anagrams_task; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, env=environment(), check=True, timeout=60
    )
    assert "pipeline_optimization.builtin.lexicons" in done.stdout.split()
    assert not [name for name in done.stdout.split() if name.startswith("pipeline_optimization.sources")]


def test_a_run_imports_nothing_that_only_its_errors_need() -> None:
    """How to install what is missing is looked up where something is missing."""
    listing = (
        "import sys; from pipeline_optimization import Pipeline, run; run(Pipeline('p').values(int).count(), range(3)); "
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, env=environment(), check=True, timeout=60
    )
    modules = done.stdout.split()
    assert "pipeline_optimization.engine.loop" in modules
    assert "pipeline_optimization.registry.installing" not in modules
