"""Whatever a plugin's code raises is that plugin's failure, told by name and place; a Ctrl-C stays a Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from unittest import mock

import pytest

from command import anagram
from fake_distributions import install, module_of
from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.cli import main
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.registry import PluginRecord, Selection
from pipeline_optimization.types import ItemFinished, RunFinished

UNPRINTABLE = """
class UnprintableError(Exception):
    def __str__(self):
        raise ValueError("no")
raise UnprintableError
"""
RECURSION = """
def down():
    down()
down()
"""
FAILURES = [
    ("raise KeyboardInterrupt", "KeyboardInterrupt", 1),
    ("raise SystemExit(0)", "SystemExit: 0", 1),
    ("\nraise GeneratorExit('late')", "GeneratorExit: late", 2),
    ("import asyncio\nraise asyncio.CancelledError", "CancelledError", 2),
    (RECURSION, "RecursionError: maximum recursion depth exceeded", 3),
    (UNPRINTABLE, "UnprintableError: (its message cannot be shown: __str__ raised ValueError)", 5),
    ("raise ValueError('two\\nlines')", "ValueError: two lines", 1),
]
CTRL_C = "import os, signal\n"
KILL = "os.kill(os.getpid(), signal.SIGINT)\n"
INTERRUPTED = [
    CTRL_C + KILL + "while True: pass",
    CTRL_C + f"try:\n    {KILL}    while True: pass\nexcept BaseException: pass",
    CTRL_C + f"try:\n    {KILL}    while True: pass\nexcept BaseException: raise ImportError('half')",
]


IN_A_DESTRUCTOR = f"""{CTRL_C}
class Dying:
    def __del__(self):
        {KILL}        for _ in range(1000): pass
Dying()
"""


def load(folder: Path) -> Registry:
    return Registry.load(Selection(directories=[str(folder)]))


def record_of(registry: Registry, name: str) -> PluginRecord:
    (record,) = [record for record in registry.import_all() if record.name == name]
    return record


@pytest.mark.parametrize(("code", "message", "line"), FAILURES)
def test_imports_that_raise(code: str, message: str, line: int, tmp_path: Path) -> None:
    """The import of a file may raise anything: the plugin has failed, and a run that does not need it goes on."""
    path = tmp_path / "odd_file.py"
    path.write_text(code)
    registry = load(tmp_path)
    record = record_of(registry, "odd_file")
    assert record.status == "failed"
    assert record.error.startswith(f"Importing odd_file failed: {message}")
    assert record.error.endswith(f"({path}, line {line})")
    assert "\n" not in record.error
    assert "odd_file" not in sys.modules
    assert count_anagrams("cat", registry=registry).is_complete


def test_the_place_is_the_plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a plugin's own module calls a library that raises, the plugin's line is named, not the library's."""
    library = tmp_path / "library"
    library.mkdir()
    (library / "a_foreign_library.py").write_text("def fail():\n\n    raise RuntimeError('no')\n")
    monkeypatch.syspath_prepend(library)
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "calling.py").write_text("\nimport a_foreign_library\na_foreign_library.fail()\n")
    assert record_of(load(plugins), "calling").error.endswith(f"({plugins / 'calling.py'}, line 3)")


@pytest.mark.parametrize("code", INTERRUPTED)
def test_a_signal_during_an_import(code: str, tmp_path: Path) -> None:
    """A Ctrl-C while a plugin is imported ends the program, even where the plugin catches it."""
    (tmp_path / "slow_file.py").write_text(code)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        load(tmp_path).import_all()
    assert signal.getsignal(signal.SIGINT) is before
    (tmp_path / "slow_file.py").rename(tmp_path / "slow_again.py")  # the first is imported where it caught the signal
    with mock.patch.dict(os.environ), pytest.raises(SystemExit) as ended:
        main(["run", "--text", "cat", "--plugins-dir", str(tmp_path)])
    assert ended.value.code == 130


def test_a_signal_where_nothing_can_be_raised(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """In a destructor or a callback of a weak reference, Python prints what a handler raises, and goes on: the signal stays one."""
    (tmp_path / "dying.py").write_text(IN_A_DESTRUCTOR)
    with pytest.raises(KeyboardInterrupt):
        load(tmp_path).import_all()
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "GeneratorExit", "SystemExit"])
def test_hooks_that_raise(error: str, tmp_path: Path) -> None:
    """A registration hook that raises anything costs its own plugin only."""
    code = f"from pipeline_optimization.hookspecs import hookimpl\n@hookimpl\ndef anagram_register_lexicons():\n    raise {error}\n"
    (tmp_path / "hooked.py").write_text(code)
    registry = load(tmp_path)
    record = record_of(registry, "hooked")
    assert record.status == "failed"
    assert record.error == f"anagram_register_lexicons raised {error} ({tmp_path / 'hooked.py'}, line 4)"
    assert count_anagrams("cat", registry=registry).is_complete


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise ValueError("no")


@pytest.mark.parametrize("error", [KeyboardInterrupt, GeneratorExit, UnprintableError])
def test_observers_that_raise(error: type[BaseException]) -> None:
    """An observer that raises anything is switched off, and the run goes on."""

    class Bad:
        @hookimpl
        def anagram_item_finished(self, event: ItemFinished) -> None:
            raise error

    registry = Registry.load()
    registry.register(Bad(), "bad")
    report = count_anagrams("cat dog", chunk_size=4, registry=registry)
    assert report.is_complete
    (warning,) = report.warnings
    assert f"The observer 'bad' raised in anagram_item_finished: {error.__name__}" in warning
    assert f"{__file__}, line " in warning


def test_an_observer_that_cannot_say_whether_it_wants_events() -> None:
    """It is told nothing, the run's warnings say so, and a later run asks again."""

    class Undecided:
        raises = True
        told = 0

        @hookimpl
        def anagram_wants_events(self) -> bool:
            if self.raises:
                raise RuntimeError("oops")
            return True

        @hookimpl
        def anagram_item_finished(self, event: ItemFinished) -> None:
            self.told += 1

    registry, plugin = Registry.load(), Undecided()
    registry.register(plugin, "undecided")
    report = count_anagrams("cat", registry=registry)
    assert report.is_complete
    (warning,) = report.warnings
    assert "'undecided' ((this program) -) cannot be used, so it observes nothing." in warning
    assert "anagram_wants_events raised RuntimeError: oops" in warning
    assert plugin.told == 0
    plugin.raises = False
    assert not count_anagrams("cat", registry=registry).warnings
    assert plugin.told


def test_a_signal_while_an_observer_works() -> None:
    """A Ctrl-C while an observer works stops the run as ever; it is no failure of the observer."""

    class Slow:
        @hookimpl
        def anagram_item_finished(self, event: ItemFinished) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    registry = Registry.load()
    registry.register(Slow(), "slow")
    with pytest.raises(KeyboardInterrupt) as caught:
        count_anagrams("cat dog " * 50, chunk_size=4, registry=registry)
    assert not caught.value.report.warnings  # type: ignore[attr-defined]


def test_an_observer_that_cannot_be_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run warns of it, by name and with the reason, on standard error where the results have no place for it."""
    monkeypatch.syspath_prepend(tmp_path)
    install(tmp_path, "watching", "watch", "import no_such_module_anywhere\n", group="anagram_observer")
    install(tmp_path, "unused", "unused", "import no_such_module_anywhere\n")
    expected = (
        "The plugin 'watch' (watching 1.0) cannot be used, so it observes nothing. Importing fake_watching failed: "
        f"ModuleNotFoundError: No module named 'no_such_module_anywhere' ({tmp_path / module_of('watching')}.py, line 1)"
    )
    assert list(count_anagrams("cat").warnings) == [expected]
    env = {"PYTHONPATH": str(tmp_path)}
    for form in ("csv", "ndjson", "json"):
        done = anagram("run", "--text", "cat", "--format", form, env=env)
        assert done.returncode == 0
        assert done.stderr.decode().splitlines() == [f"Warning: {expected}"]
        assert b"Warning" not in done.stdout
    done = anagram("run", "--text", "cat", env=env)
    assert "cannot be used" in done.stdout.decode()
    for arguments in (("--no-plugin", "watch"), ("--only-plugin", "core")):
        assert anagram("run", "--text", "cat", *arguments, env=env).stderr == b""


def test_workers_import_what_the_parent_could(tmp_path: Path) -> None:
    """An observer is told the end of the run also where another plugin is broken in every way."""
    for number, (code, _, _) in enumerate(FAILURES):
        (tmp_path / f"broken_{number}.py").write_text(code)
    ends: list[RunFinished] = []

    class Good:
        @hookimpl
        def anagram_run_finished(self, event: RunFinished) -> None:
            ends.append(event)

    registry = load(tmp_path)
    registry.register(Good(), "good")
    assert len(count_anagrams("cat", registry=registry).warnings) == len(FAILURES)
    assert len(ends) == 1
