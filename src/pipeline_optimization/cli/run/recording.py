"""What a command keeps of a run besides its result: its events, and the files that are made of them at its end."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import click

from pipeline_optimization.cli.options import option_group
from pipeline_optimization.errors import AnagramError
from pipeline_optimization.output import open_output, refuse_overwriting

if TYPE_CHECKING:
    from pipeline_optimization.observing.products import Products

__all__ = ["Recording", "recording_options"]

OPTIONS = (
    click.option(
        "--record", metavar="DIR", help="Keep the run in a new folder in DIR: its events, report, trace and metrics."
    ),
    click.option("--report", metavar="FILE.html", help="Write a page that shows where the time went and what failed."),
    click.option("--trace", metavar="FILE.json", help="Write a trace that Perfetto (ui.perfetto.dev) opens."),
    click.option("--metrics", metavar="FILE.prom", help="Write metrics for node exporter's textfile collector."),
)


recording_options = option_group(OPTIONS)


class Reported(Protocol):
    """The report of any run."""

    def to_dict(self) -> dict[str, object]: ...


class Recording:
    """Says where events go (``events``). When the context is left, it makes the files that the user asked for.

    It makes them also if the run has failed.
    """

    def __init__(
        self, events: str | None, products: Products | None, *, is_temporary: bool, home: str = "", result: str = ""
    ) -> None:
        self.events = events
        self._result = result
        self._products = products
        self._is_temporary = is_temporary
        self._home = home

    @classmethod
    def of(cls, given: dict[str, Any], name: str, *, others: Sequence[str | None]) -> Self:
        """Take the options of ``recording_options`` out of those that a command was given.

        Args:
            given: The command's options; ``events`` stays in it.
            name: The name of what runs, for the name of a folder.
            others: Files that must not be written over: the run's inputs, its result, its checkpoint.

        Raises:
            UsageError: If a file cannot be written, or two options exclude each other.
        """
        if to_stdout := [f"--{one}" for one in ("record", "report", "trace", "metrics") if given.get(one) == "-"]:
            raise click.UsageError(f"{to_stdout[0]} writes files, and - would be standard output. Name a file.")
        # Paths are made absolute, since a command may go on in another directory.
        record, report, trace, metrics = (
            None if (path := given.pop(one)) is None else os.path.abspath(path)
            for one in ("record", "report", "trace", "metrics")
        )
        events = given.get("events")
        if not any((record, report, trace, metrics)):
            return cls(events, None, is_temporary=False)
        from pipeline_optimization.observing.products import Products  # noqa: PLC0415 - for such runs only

        if record is not None:
            if events is not None:
                raise click.UsageError("--record keeps the events, too; leave --events out.")
            from pipeline_optimization.observing.record_folders import new_record  # noqa: PLC0415 - as above

            _check(Products(report=report, trace=trace, metrics=metrics), others)
            kept = new_record(record, name)
            made = kept.products
            products = Products(
                report=report or made.report, trace=trace or made.trace, metrics=metrics or made.metrics
            )
            return cls(kept.events, products, is_temporary=False, home=str(kept.home), result=kept.result)
        products = Products(report=report, trace=trace, metrics=metrics)
        _check(products, [*others, events])
        if events is not None and not os.path.isfile(events) and (events.startswith("fd:") or os.path.exists(events)):
            raise click.UsageError(
                "--report, --trace and --metrics are made of the events: let --events be a file, or leave it out."
            )
        if events is not None:
            return cls(events, products, is_temporary=False)
        import tempfile  # noqa: PLC0415 - most runs record nothing

        try:
            handle, path = tempfile.mkstemp(prefix="anagram-events-", suffix=".jsonl")
        except OSError as error:
            raise click.UsageError(
                f"The events need a place until the run ends: {error.strerror or error}. Set TMPDIR, or give --events FILE."
            ) from error
        os.close(handle)
        return cls(path, products, is_temporary=True)

    def keep(self, report: Reported) -> None:
        """Write a run's report into the record, if there is one, as JSON. If that fails, a warning says so."""
        if not self._result:
            return
        with self._telling(), open_output(self._result, option="--record") as stream:
            json.dump(report.to_dict(), stream, indent=2)
            stream.write("\n")

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Warn of what cannot be written, and go on: the run's result must not be lost for it."""
        try:
            yield
        except AnagramError as problem:
            click.echo(f"Warning: {problem}", err=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._products is None:
            return
        assert self.events is not None
        try:
            if os.path.isfile(self.events) and os.path.getsize(self.events):
                with self._telling():
                    _, notes = self._products.write(self.events)
                    for note in notes:
                        click.echo(f"Note: {note}", err=True)
                if self._home:
                    click.echo(f"Recorded: {self._home}", err=True)
                return
            if self._home:
                with suppress(OSError):  # it is not empty
                    os.rmdir(self._home)
            if error is None:
                click.echo("Warning: No event could be written, so nothing is made of them.", err=True)
        finally:
            if self._is_temporary:
                with suppress(FileNotFoundError):
                    os.unlink(self.events)


def _check(products: Products, others: Sequence[str | None]) -> None:
    """Raise UsageError, before anything runs, for files that cannot be written or that something else needs."""
    from pipeline_optimization.sources import first_same  # noqa: PLC0415 - for such runs only

    used = [one for one in others if one is not None and one != "-"]
    for option, path in (("--report", products.report), ("--trace", products.trace), ("--metrics", products.metrics)):
        if path is None:
            continue
        refuse_overwriting(path, others, option=option)
        is_device = os.path.exists(path) and not os.path.isfile(path)
        if first_same([path], used) is not None and not is_device:
            raise click.UsageError(f"{path!r} is written twice, also as {option}. Name another file.")
        used.append(path)
        if reason := _obstacle(path):
            raise click.UsageError(f"Cannot write {path!r}: {reason}. Name another {option}.")


def _obstacle(path: str) -> str:
    """Return why no file can be written at a path, or an empty text if nothing is known to prevent it."""
    directory = os.path.dirname(path) or "."
    if not os.path.isdir(directory):
        return f"there is no directory {directory!r}"
    if os.path.isdir(path):
        return "it is a directory"
    try:
        os.stat(path)
    except FileNotFoundError:
        pass
    except OSError as error:  # such as a name that is too long
        return error.strerror or str(error)
    if not os.access(directory, os.W_OK) and (os.path.isfile(path) or not os.path.exists(path)):
        return f"no file can be made in {directory!r}"
    return ""
