"""The command ``runs``: shows recorded runs as a list, one by one, or two side by side."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import click

from pipeline_optimization.errors import AnagramError, UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from pipeline_optimization.observing.digest import Digest
    from pipeline_optimization.observing.record_folders import RecordFolder

__all__ = ["record_at", "runs", "show_record"]


class _Runs(click.Group):
    """Takes a directory for ``list``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        is_directory = self.get_command(ctx, args[0]) is None and os.path.isdir(args[0])
        return super().resolve_command(ctx, ["list", *args] if is_directory else args)


@click.group(cls=_Runs, invoke_without_command=False)
def runs() -> None:
    """Show runs that --record kept: a list, one of them, or the differences of two.

    \b
    anagram runs list records/
    anagram runs show records/20261127-120000-words
    anagram runs diff records/20261127-120000-words records/20261127-121500-words
    """  # noqa: D301 - click wants the character, which keeps it from joining the lines


@runs.command("list")
@click.argument("directory", metavar="DIR")
@click.option(
    "--filter",
    "wanted",
    multiple=True,
    metavar="KEY=TEXT",
    help="Only runs whose KEY, such as orchestrator, contains TEXT.",
)
def list_(directory: str, wanted: Sequence[str]) -> None:
    """List the runs in a directory, the oldest first.

    A KEY of --filter is a column: run, pipeline, orchestrator, state.
    """
    from pipeline_optimization.observing.record_folders import records_in  # noqa: PLC0415 - --help is quick without it
    from pipeline_optimization.observing.stories import Stories  # noqa: PLC0415 - as above

    filters = [_filter(one) for one in wanted]
    records = records_in(directory)
    rows = [row for record in records if _fits(row := _row(record), filters)]
    if not rows:
        click.echo("No run is recorded there." if not wanted else "No run fits.")
        return
    _print_runs(rows)
    stories = Stories(records)
    for record in records:
        if (before := stories.resumed(record)) is not None:
            _echo(f"{record.name} resumes {before.name}.")


@runs.command()
@click.argument("record", metavar="RECORD")
def show(record: str) -> None:
    """Show what a run did, by task, and where its time went."""
    one = record_at(record)
    show_record(one, *one.digest())


def show_record(record: RecordFolder, digest: Digest, notes: Sequence[str]) -> None:
    """Print what a run did, as its events (``digest``) tell, and notes on what a user must know of them."""
    from pipeline_optimization.observing.advice import advice_for  # noqa: PLC0415 - as above
    from pipeline_optimization.observing.products import account_of  # noqa: PLC0415 - as above
    from pipeline_optimization.observing.stories import Stories  # noqa: PLC0415 - as above

    stories = Stories.beside(record)
    _print_runs([_row(one, digest if one == record else None) for one in stories.story(record)])
    if (before := stories.resumed(record)) is not None:
        _echo(f"{record.name} resumes {before.name}.")
    for after in stories.resuming(record):
        _echo(f"{record.name} is resumed by {after.name}.")
    _print(TASK_TITLES, _task_rows(digest), right=set(range(1, 8)))
    _print(("where the time went", "time", "share"), _account_rows(digest), right={1, 2})
    if advice := advice_for(dict(account_of(digest))):
        click.echo(advice)
    for note in notes:
        click.echo(f"Note: {note}", err=True)


@runs.command()
@click.argument("before", metavar="RECORD")
@click.argument("after", metavar="RECORD")
def diff(before: str, after: str) -> None:
    """Show what differs between two runs: their facts, and each task's attempts, failures and times."""
    first, second = record_at(before), record_at(after)
    (old, _), (new, _) = first.digest(), second.digest()
    rows = [(name, was, is_) for name, was, is_ in _facts(old, new) if was != is_]
    if not rows:
        click.echo("These runs do not differ.")
        return
    _print(("", first.name, second.name), rows, right={1, 2}, numbers=set())  # a fact may be a long text


TITLES = ("run", "pipeline", "orchestrator", "state", "took", "attempts", "failed")
SHOWN = (0, 2, 3, 4, 5, 6)
"""Which of them a list has: so its lines fit into 80 columns. The name of a run tells the pipeline."""

TASK_TITLES = ("task", "attempts", "retries", "errors", "mean", "median", "95 %", "in all")

GAP = 2
"""Spaces between two columns."""

LEAST_TEXT = 8
"""The least width of a column of texts. Longer texts are folded in a narrow terminal."""

FACTS = ("pipeline", "orchestrator", "slots", "seed", "faults", "retry", "inputs", "host", "versions")
"""Attributes of the first event in which two runs may differ."""


def _row(record: RecordFolder, digest: Digest | None = None) -> tuple[str, ...]:
    from pipeline_optimization.observing.page.drawing import clock, number  # noqa: PLC0415 - as above

    try:
        digest = digest or record.digest()[0]
    except AnagramError as error:
        return (record.name, "", "", f"cannot be read: {error}", "", "", "")
    started, finished = digest.started, digest.finished
    state = "no end" if finished is None else "complete" if finished.is_complete else finished.stopped or "incomplete"
    failed = number(sum(one.failures for one in finished.tasks.values())) if finished is not None else ""
    return (
        record.name,
        digest.name,
        started.orchestrator if started is not None else "",
        state,
        clock(digest.seconds),
        number(digest.attempts),
        failed,
    )


def _task_rows(digest: Digest) -> Sequence[tuple[str, ...]]:
    from pipeline_optimization.observing.page.drawing import clock, number  # noqa: PLC0415 - as above

    return [
        (
            name,
            number(task.outcomes.total()),
            number(task.retries),
            number(task.outcomes.total() - task.outcomes["ok"]),
            clock(task.seconds / task.measured if task.measured else 0),
            clock(task.quantile(0.5)),
            clock(task.quantile(0.95)),
            clock(task.seconds),
        )
        for name, task in digest.tasks.items()
    ]


def _account_rows(digest: Digest) -> Sequence[tuple[str, ...]]:
    from pipeline_optimization.observing.page.drawing import clock  # noqa: PLC0415 - as above
    from pipeline_optimization.observing.products import account_of  # noqa: PLC0415 - as above

    account = account_of(digest)
    whole = sum(amount for _, amount in account) or 1.0
    return [(name, clock(amount), f"{amount / whole:.1%}") for name, amount in account]


def _facts(old: Digest, new: Digest) -> Sequence[tuple[str, str, str]]:
    """Return all that may differ between two runs, each as its name, its value before and its value after."""
    from pipeline_optimization.observing.page.drawing import clock  # noqa: PLC0415 - as above

    found = [(name, str(getattr(old.started, name, "")), str(getattr(new.started, name, ""))) for name in FACTS]
    found += [("began", _moment(old), _moment(new)), ("took", clock(old.seconds), clock(new.seconds))]
    accounts = [{name: f"{time} ({share})" for name, time, share in _account_rows(one)} for one in (old, new)]
    for kind in dict.fromkeys([*accounts[0], *accounts[1]]):
        was, is_ = (account.get(kind, "–") for account in accounts)
        found.append((f"time: {kind}", was, is_))
    rows = [{row[0]: row for row in _task_rows(one)} for one in (old, new)]
    for task in dict.fromkeys([*rows[0], *rows[1]]):
        for at, title in enumerate(TASK_TITLES[1:], start=1):
            was, is_ = (row[task][at] if task in row else "–" for row in rows)
            found.append((f"{task}: {title}", was, is_))
    was, is_ = (one.finished.ledger_digest if one.finished is not None else "" for one in (old, new))
    return [*found, ("ledger", was, is_)]


def _moment(digest: Digest) -> str:
    return f"{datetime.fromtimestamp(digest.started.wall):%Y-%m-%d %H:%M:%S}" if digest.started is not None else ""  # noqa: DTZ006 - the user's own time


def _filter(text: str) -> tuple[int, str]:
    key, equals, value = text.partition("=")
    if not equals or key not in TITLES[:4]:
        raise UsageError(f"--filter takes KEY=TEXT with one of the keys {', '.join(TITLES[:4])}, not {text!r}.")
    return TITLES.index(key), value


def _fits(row: Sequence[str], filters: Sequence[tuple[int, str]]) -> bool:
    return all(text in row[at] for at, text in filters)


def record_at(path: str) -> RecordFolder:
    from pipeline_optimization.observing.record_folders import records_in  # noqa: PLC0415 - as above

    found = records_in(path)
    if len(found) != 1:
        raise UsageError(
            f"{path!r} has {len(found)} recorded runs. Name one of its folders: {', '.join(one.name for one in found[:5])}."
        )
    return found[0]


def _print_runs(rows: Sequence[Sequence[str]]) -> None:
    _print([TITLES[at] for at in SHOWN], [[row[at] for at in SHOWN] for row in rows], right={3, 4, 5})


def _echo(text: str) -> None:
    from pipeline_optimization.cli.console import for_terminal  # noqa: PLC0415 - as above

    click.echo(for_terminal(text))


def _print(
    titles: Sequence[str], rows: Sequence[Sequence[str]], *, right: set[int], numbers: set[int] | None = None
) -> None:
    """Print a table. Some columns (``right``) end at their right edge. All of these hold ``numbers``, unless told otherwise."""
    whole = right if numbers is None else numbers
    from pipeline_optimization.cli.console import TableConsole  # noqa: PLC0415 - as above

    console = TableConsole(sys.stdout)
    # A terminal that is too narrow wraps the lines, which is better than numbers that are torn.
    with console.widened(_least_width(titles, rows, whole=whole)):
        console.print(_table(titles, rows, right=right, whole=whole))
    click.echo()


def _least_width(titles: Sequence[str], rows: Sequence[Sequence[str]], *, whole: set[int]) -> int:
    """Return the width of a table whose numbers are whole, and whose texts are folded."""
    longest = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    return sum(GAP + (size if at in whole else min(size, LEAST_TEXT)) for at, size in enumerate(longest))


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], *, right: set[int], whole: set[int]) -> Table:
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    from pipeline_optimization.cli.console import for_terminal  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for at, title in enumerate(titles):
        justify: Literal["left", "right"] = "right" if at in right else "left"
        table.add_column(Text(for_terminal(title)), justify=justify, overflow="fold", no_wrap=at in whole)
    for row in rows:
        table.add_row(*(Text(for_terminal(one)) for one in row))
    return table
