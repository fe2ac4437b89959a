"""The command ``watch``: shows in another terminal how far a run is that is being recorded."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self

import click

from pipeline_optimization.cli.live_region import LiveRegion
from pipeline_optimization.cli.output_width import PIPE_WIDTH, wanted_columns
from pipeline_optimization.cli.task_rows import Rates, TaskRow, clock, lines_of
from pipeline_optimization.plural import counted
from pipeline_optimization.printable import printable

if TYPE_CHECKING:
    from pipeline_optimization.observing.digest import Digest

__all__ = ["watch"]

INTERVAL = 0.5
"""Seconds between two pictures on a terminal."""

PLAIN_INTERVAL = 10.0
"""Seconds between two lines where there is no terminal."""

PATIENCE = 1.0
"""Seconds after which such a line says that nothing was written yet."""


@click.command()
@click.argument("path", metavar="RECORD|EVENTS")
def watch(path: str) -> None:
    """Show the progress of a run from its record (--record) or its file of events (--events), until the run ends.

    In a directory of several records, the newest is watched.

    \b
    anagram watch records/
    anagram watch events.jsonl
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines
    from pipeline_optimization.observing.digest import Digest  # noqa: PLC0415 - --help is quick without it
    from pipeline_optimization.observing.following import Following  # noqa: PLC0415 - as above
    from pipeline_optimization.observing.record_folders import records_in  # noqa: PLC0415 - as above
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
    if digest.finished is not None and digest.finished.account is not None:
        from pipeline_optimization.cli.account_table import account_table  # noqa: PLC0415 - as above
        from pipeline_optimization.cli.console import TableConsole  # noqa: PLC0415 - as above

        TableConsole(sys.stdout).print(account_table(digest.finished.account))
    if lines.was_killed:
        click.echo("The run was killed: its process is gone, and its record has no end.", err=True)


class _Screen:
    """Shows a digest again and again: in the same place on a terminal, else as a line now and then."""

    def __init__(self, digest: Digest, clock: Callable[[], float] = time.monotonic) -> None:
        self._digest = digest
        self._clock = clock
        self._region = LiveRegion("stdout") if sys.stdout.isatty() else None
        self._rates = Rates(lambda: digest.seconds)
        self._due = clock() + (0.0 if self._region is not None else PATIENCE)
        self._is_first = True

    def __enter__(self) -> Self:
        if self._region is not None:
            self._region.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._region is not None:
            self._region.__exit__(*error)

    def show(self) -> None:
        """Show the present state if the last one was shown long enough ago."""
        now = self._clock()
        if now < self._due:
            return
        is_first, self._is_first = self._is_first, False
        if self._region is not None:
            self._due = now + INTERVAL
            self._region.draw(lines_of(self._header(), self._rows(), self._region.size[0] - 1))
        else:
            self._due = now + PLAIN_INTERVAL
            if not is_first or self._is_empty:
                click.echo(printable(self._header()))

    def end(self) -> None:
        """Show the last state. It stays on the terminal."""
        width = (wanted_columns() or PIPE_WIDTH) if self._region is None else self._region.size[0] - 1
        click.echo("\n".join(lines_of(self._header(), self._rows(), width)))

    @property
    def _is_empty(self) -> bool:
        return self._digest.started is None and not self._digest.attempts

    def _rows(self) -> Sequence[TaskRow]:
        tasks = self._digest.tasks
        rates = self._rates.of({name: task.outcomes["ok"] for name, task in tasks.items()})
        return [
            TaskRow(
                task=name,
                done=task.outcomes["ok"],
                rate=rates.get(name),
                errors=task.outcomes.total() - task.outcomes["ok"],
                retries=task.retries,
                median=task.quantile(0.5),
            )
            for name, task in tasks.items()
        ]

    def _header(self) -> str:
        digest = self._digest
        if self._is_empty and digest.finished is None:
            return "The run has not written anything yet. This waits for it until you press Ctrl-C."
        bad = sum(task.outcomes.total() - task.outcomes["ok"] for task in digest.tasks.values())
        state = "goes on" if digest.finished is None else "has ended"
        name, attempts = digest.name or "the run", counted(digest.attempts, "attempt")
        return f"{name} {state}: {clock(digest.seconds)}, {attempts}, {bad:,} without a result"
