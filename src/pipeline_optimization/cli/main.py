"""The console script ``anagram``: its commands, and how errors end it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from pipeline_optimization import __version__
from pipeline_optimization.cli.exit_codes import BROKEN_PIPE, INTERRUPTED, USAGE
from pipeline_optimization.errors import AnagramError

__all__ = ["main"]

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Commands(click.Group):
    """Imports a command's module only when the command is asked for, so that ``--help`` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return ["run", "benchmark", "compare", "plugins"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "run":
            from pipeline_optimization.cli.run import run  # noqa: PLC0415 - see the class

            return run
        if cmd_name == "plugins":
            from pipeline_optimization.cli.plugins import plugins  # noqa: PLC0415 - see the class

            return plugins
        if cmd_name in {"benchmark", "compare"}:
            from pipeline_optimization.cli import not_built  # noqa: PLC0415 - see the class

            return not_built.benchmark if cmd_name == "benchmark" else not_built.compare
        return None


@click.group(cls=_Commands, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="anagram")
def anagram() -> None:
    """Count the dictionary anagrams of a text's words, with any orchestrator."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with the exit code that the README states."""
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        # Without standalone mode click returns the exit code of ctx.exit(), or what the command returned.
        code = anagram.main(args=arguments, prog_name="anagram", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return USAGE
    except AnagramError as error:
        click.echo(f"Error: {error}", err=True)
        return USAGE
    except BrokenPipeError:
        # Whoever read our output has enough. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
