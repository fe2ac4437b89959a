"""The console script ``anagram``: its commands, and how errors end it."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import NoReturn, TextIO, cast

import click

from pipeline_optimization import __version__
from pipeline_optimization.cli.exit_codes import BROKEN_PIPE, INTERRUPTED, USAGE
from pipeline_optimization.cli.standard_streams import QuietStream, TellingStream, replace_closed_streams
from pipeline_optimization.engine.interruption import Interrupter
from pipeline_optimization.errors import AnagramError, UsageError
from pipeline_optimization.printable import printable_lines
from pipeline_optimization.signal_mask import STOP_SIGNALS, stop_signals_blocked

__all__ = ["run_and_exit"]

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


COMMANDS = {
    "run": ("run.command", "Run a pipeline: your own, or the built-in one that counts anagrams."),
    "retry": ("run.retry", "Run the failed items of a checkpoint again."),
    "benchmark": ("compare.benchmark", "Measure orchestrators by themselves."),
    "compare": ("compare.command", "Compare orchestrators head to head."),
    "report": ("observe.report", "Show stored results again."),
    "runs": ("observe.runs", "Show recorded runs."),
    "profile": ("observe.profile", "Write a fault profile of a recorded run."),
    "advise": ("advise.command", "Predict which orchestrator is fastest."),
    "watch": ("observe.watch", "Show the progress of a run that is being recorded."),
    "plugins": ("plugins.command", "Show the installed plugins."),
}
"""Each command with the module that has a function of that name, and its line of help."""

BY_SIGNAL = {(number,): 128 + number for number in STOP_SIGNALS}
"""The exit code of each signal, by the arguments that its KeyboardInterrupt has."""


class _PipeClosedError(Exception):
    """The program that read our output has closed the pipe. Click would turn a BrokenPipeError into exit code 1."""


class _Commands(click.Group):
    """Imports a command's module only when the command is asked for, so that ``--help`` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        # CPython swallows an exception in the middle of an import, or makes it another one.
        with stop_signals_blocked():
            module = import_module(f"pipeline_optimization.cli.{COMMANDS[cmd_name][0]}")
        # Modules are never garbage. To look through them for some, also when the process ends, takes a tenth of a small run.
        gc.freeze()
        gc.enable()
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _PipeClosedError from error


@click.group(cls=_Commands, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="anagram")
def anagram() -> None:
    """Run data pipelines, by default one that counts anagrams, with any orchestrator."""


PATIENCE = 2.0
"""Seconds that other threads have to end when the command is done."""


def run_and_exit(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with the exit code that the README states."""
    others = threading.enumerate()
    replace_closed_streams()
    handled = _handle_stop_signals()
    code = _run(arguments)
    for number in handled:
        # Nothing is left to tidy up: from now on the system ends the process, where Python would print a traceback.
        signal.signal(number, signal.SIG_DFL)
    _exit(code, set(threading.enumerate()).difference(others))


def _exit(code: int, threads: Iterable[threading.Thread]) -> NoReturn:
    """End the process. Threads that a user's function has left running get a moment to end; Python itself would wait for them for ever."""
    kept = [one for one in threads if not one.daemon]
    until = time.monotonic() + PATIENCE
    for thread in kept:
        thread.join(max(0.0, until - time.monotonic()))
    if left := [one.name for one in kept if one.is_alive()]:
        click.echo(f"Note: Threads that did not end were left behind: {', '.join(left)}.", err=True)
        sys.stdout.flush()
        os._exit(code)
    # If a KeyboardInterrupt leaves a text that ``exec`` runs, as at the import of a named tuple, CPython notes that it was not handled, even if
    # the caller of ``exec`` handles it. At its end, CPython would then kill the process with SIGINT. The next ``exec`` of a text clears the note.
    exec("")  # noqa: S102 - the text is empty
    sys.exit(code)


def _handle_stop_signals() -> Sequence[int]:
    """Let a command tidy up when a signal tells it to end. Return the signals that are handled here now: those that had no handler of their own."""
    interrupter = Interrupter()
    handled = []
    for number in STOP_SIGNALS:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, interrupter)
            handled.append(number)
    return handled


def _run(arguments: Sequence[str] | None) -> int:
    # Hardly anything here is cyclic garbage, and looking for it costs 6 % of a run over 200,000 files.
    gc.set_threshold(20_000, 50, 100)
    output, errors = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast("TextIO", TellingStream(output)), cast("TextIO", QuietStream(errors))
    try:
        # Without standalone mode, click returns the exit code of ctx.exit(), or else what the command returned.
        given = list(sys.argv[1:] if arguments is None else arguments)
        # The command gets its arguments as they were given as the context's object, since it may tell the user to repeat them.
        code = anagram.main(args=given, prog_name="anagram", standalone_mode=False, obj=given[1:])
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return USAGE
    except AnagramError as error:
        click.echo(printable_lines(f"Error: {error}"), err=True)
        _forget_output()
        return USAGE
    except MemoryError:
        click.echo("Error: There is not enough memory. Try a smaller --chunk-size or fewer workers.", err=True)
        return USAGE
    except (BrokenPipeError, _PipeClosedError):
        _forget_output()
        return BROKEN_PIPE
    except (KeyboardInterrupt, click.Abort) as error:
        click.echo("Interrupted.", err=True)
        cause = error.__cause__ if isinstance(error, click.Abort) else error  # click has turned one into the other
        return INTERRUPTED if cause is None else BY_SIGNAL.get(cause.args, INTERRUPTED)
    finally:
        sys.stdout, sys.stderr = output, errors


def _forget_output() -> None:
    """Drop text that standard output holds and cannot write. Python would complain about it once more at exit."""
    try:
        sys.stdout.flush()
    except (OSError, UsageError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
