"""The command ``watch``: a run that is recorded just now, from another terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from rich.console import Group

    from pipeline_optimization.observing.digest import Digest

__all__ = ["watch"]

INTERVAL = 0.5
"""Seconds between two pictures on a terminal."""

PLAIN_INTERVAL = 10.0
"""Seconds between two lines where there is no terminal."""


@click.command()
@click.argument("path", metavar="RECORD|EVENTS")
def watch(path: str) -> None:
    """Look at a run while it goes on: its record (--record), or its file of events (--events). It ends when the run does.

    In a directory of several records, the newest is watched.

    \b
    anagram watch records/
    anagram watch events.jsonl
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    from pipeline_optimization.observing.digest import Digest  # noqa: PLC0415 - --help is quick without it
    from pipeline_optimization.observing.following import Following  # noqa: PLC0415 - as above
    from pipeline_optimization.observing.records import records_in  # noqa: PLC0415 - as above
    from pipeline_optimization.observing.sampling import Segment  # noqa: PLC0415 - as above

    found = records_in(path)
    target = found[-1].events if found else path
    digest = Digest()
    with Following(target) as lines, _Screen(digest) as screen:
        for line in lines:
            if line is not None and not isinstance(line.event, Segment):
                digest.note(line.event, line.stands_for)
            screen.show()
        screen.end()
    if lines.was_killed:
        click.echo("The run was killed: its process is gone, and its record has no end.", err=True)


class _Screen:
    """Shows a digest again and again: in place on a terminal, elsewhere as a line now and then."""

    def __init__(self, digest: Digest, clock: Callable[[], float] = time.monotonic) -> None:
        from rich.live import Live  # noqa: PLC0415 - as above

        from pipeline_optimization.cli.console import TableConsole  # noqa: PLC0415 - as above

        self._digest = digest
        self._clock = clock
        self._is_live = sys.stdout.isatty()
        self._live = Live(console=TableConsole(sys.stdout), auto_refresh=False) if self._is_live else None
        self._due = clock() + (0.0 if self._is_live else PLAIN_INTERVAL)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self) -> None:
        """Show what there is if it is time to."""
        now = self._clock()
        if now < self._due:
            return
        if self._live is not None:
            self._due = now + INTERVAL
            self._live.update(self._picture(), refresh=True)
        else:
            self._due = now + PLAIN_INTERVAL
            click.echo(self._line())

    def end(self) -> None:
        """Show the last state, whenever that was shown before."""
        self._due = 0.0
        if self._live is not None:
            self.show()
            return
        from pipeline_optimization.cli.console import TableConsole  # noqa: PLC0415 - as above

        TableConsole(sys.stdout).print(self._picture())

    def _picture(self) -> Group:
        from rich.console import Group  # noqa: PLC0415 - as above
        from rich.text import Text  # noqa: PLC0415 - as above

        from pipeline_optimization.cli.console import for_terminal  # noqa: PLC0415 - as above
        from pipeline_optimization.cli.runs import task_table  # noqa: PLC0415 - as above

        return Group(Text(for_terminal(self._line()), style="bold"), task_table(self._digest))

    def _line(self) -> str:
        from pipeline_optimization.observing.page.drawing import clock, number  # noqa: PLC0415 - as above

        digest = self._digest
        bad = sum(task.outcomes.total() - task.outcomes["ok"] for task in digest.tasks.values())
        state = "goes on" if digest.finished is None else "has ended"
        return f"{digest.name or 'the run'} {state}: {clock(digest.seconds)}, {number(digest.attempts)} attempts, {number(bad)} without a result"
