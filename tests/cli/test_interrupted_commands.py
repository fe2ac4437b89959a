"""Signals before, after and beside the work of a command: its exit code stands, and nothing is torn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from itertools import product
from pathlib import Path
from types import FrameType

import pytest

from command import ANAGRAM, environment
from pipeline_optimization.cli import main
from pipeline_optimization.cli.run.progress import ProgressLine
from pipeline_optimization.engine.interruption import PATIENCE, Interrupter, Interruption
from pipeline_optimization.foreign_code import call_foreign
from pipeline_optimization.output import open_output
from pipeline_optimization.signal_mask import STOP_SIGNALS
from project_files import ROOT
from signals_at_lines import NEVER, strike
from similar_cases import some

FILES = ("/output.py", "/tempfile.py")
STRIKES_AT_IMPORT = """
import importlib.abc, os, signal, sys

class Striker(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Striker())
sys.path.insert(0, {root!r})
{entry}
"""
ENTRIES = {
    "console script": "from pipeline_optimization.cli import main; main(['run', '--text', 'cat'])",
    "main.py": "import main; sys.argv[1:] = ['--text', 'cat']; main.main()",
    "module": "import runpy; sys.argv[1:] = ['run', '--text', 'cat']; runpy.run_module('pipeline_optimization', run_name='__main__')",
}


@pytest.mark.parametrize(
    ("entry", "module"),
    some(
        product(ENTRIES, ["pipeline_optimization.cli.main", "attrs", "click", "pipeline_optimization.errors"]), every=5
    ),
)
def test_a_signal_while_the_command_is_imported(entry: str, module: str) -> None:
    """Whatever is being imported, Ctrl-C ends the command with 130 and without a traceback."""
    program = STRIKES_AT_IMPORT.format(module=module, root=str(ROOT), entry=ENTRIES[entry])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment(), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_full_standard_error_hides_no_exit_code() -> None:
    """A message that cannot be written is lost, and the exit code says all the same that the input was wrong."""
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*ANAGRAM, "run", "nothere"], stderr=full, env=environment(), check=False)
    assert done.returncode == 2


def test_after_the_command_the_system_handles_signals() -> None:
    """A signal that comes when the command has ended meets no handler that raises."""
    with pytest.raises(SystemExit):
        main(["run", "--text", "cat"])
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_signals_in_quick_succession_are_one() -> None:
    """What the first one made clean up is not struck by the next; one that comes later raises again."""
    now = 100.0
    interrupter = Interrupter(clock=lambda: now)
    with pytest.raises(KeyboardInterrupt) as caught:
        interrupter(signal.SIGTERM, None)
    assert caught.value.args == (signal.SIGTERM,)
    now += PATIENCE / 2
    interrupter(signal.SIGINT, None)
    now += PATIENCE
    with pytest.raises(KeyboardInterrupt):
        interrupter(signal.SIGINT, None)


def test_one_more_signal_strikes_what_hangs() -> None:
    """After the second signal, further ones wait as well; one that comes much later raises wherever it is."""
    now = 100.0
    with Interruption(clock=lambda: now) as interruption:
        for _ in range(5):
            signal.raise_signal(signal.SIGINT)
        now += PATIENCE
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            interruption.notice()


def test_a_signal_that_nobody_noticed_is_passed_on() -> None:
    """A Ctrl-C that strikes when a run has ended, but not left its handlers, is the program's."""
    with pytest.raises(KeyboardInterrupt), Interruption():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_hanging_up_ends_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When its terminal goes away, a run ends as by SIGTERM, with the exit code of that signal."""

    def hang_up(self: ProgressLine, *arguments: object) -> None:
        signal.raise_signal(signal.SIGHUP)

    monkeypatch.setattr(ProgressLine, "show", hang_up)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup, which ignores it
    book = tmp_path / "book.txt"
    book.write_text("cat " * 100)
    with pytest.raises(SystemExit) as ended:
        main(["run", str(book), "--chunk-size", "4", "--output", str(tmp_path / "out.txt")])
    assert ended.value.code == 129
    assert "went away" in (tmp_path / "out.txt").read_text()


def test_nohup_is_respected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run whose caller ignores SIGHUP, as nohup does, goes on when its terminal goes away."""
    monkeypatch.setattr(ProgressLine, "show", lambda *arguments: signal.raise_signal(signal.SIGHUP))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    book = tmp_path / "book.txt"
    book.write_text("cat " * 100)
    with pytest.raises(SystemExit) as ended:
        main(["run", str(book), "--chunk-size", "4", "--output", str(tmp_path / "out.txt")])
    assert ended.value.code == 0


def test_a_result_is_whole_wherever_signals_strike(tmp_path: Path) -> None:
    """There is the old file or the new one, nothing beside it, and a KeyboardInterrupt is not taken for another error."""
    target = tmp_path / "out.txt"

    def write() -> None:
        with open_output(str(target)) as stream:
            stream.write("new")

    def begins(frame: FrameType) -> bool:
        return frame.f_code.co_name == "open_output"

    with strike(NEVER, files=FILES, begins=begins) as lines:
        write()
    interrupted = 0
    mask = os.umask(0o22)
    for line in range(1, lines() + 1):
        for later in ((), (1,), (4, 1)):
            target.write_text("old")
            signal.signal(signal.SIGINT, Interrupter())  # as in a command; the fixture puts back what was
            with strike(line, *later, files=FILES, begins=begins):
                try:
                    write()
                except KeyboardInterrupt:
                    interrupted += 1
            assert target.read_text() in {"old", "new"}
            assert list(tmp_path.iterdir()) == [target], (line, later)
            assert os.umask(0o22) == 0o22
    os.umask(mask)
    assert interrupted > lines()


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_signal_is_no_failure_of_a_plugin(number: int) -> None:
    """Whichever signal ends a command while a plugin is imported: the plugin is not accused."""
    signal.signal(number, Interrupter())  # as in a command; the fixture puts back what was
    with pytest.raises(KeyboardInterrupt) as caught:
        call_foreign(signal.raise_signal, number)
    assert caught.value.args == (number,)


def test_a_close_that_the_programs_own_handler_interrupts_is_made_once_more() -> None:
    """The handler stays in force and raises anywhere, also before anything was closed, so the orchestrator is closed again."""
    closes: list[bool] = []

    class Closing:
        def close(self, *, force: bool) -> None:
            closes.append(force)
            if len(closes) == 1:
                signal.raise_signal(signal.SIGINT)

    def leave(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, leave)
    try:
        with pytest.raises(KeyboardInterrupt), Interruption() as interruption:
            interruption.close(Closing(), force=False)
    finally:
        signal.signal(signal.SIGINT, before)
    assert closes == [False, True]
