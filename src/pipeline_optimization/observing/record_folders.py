"""Records of runs. A record is a folder with a run's events and with what was made of them."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from pipeline_optimization.errors import InputError, UsageError
from pipeline_optimization.observing.digest import Digest
from pipeline_optimization.observing.products import Products, digest_of
from pipeline_optimization.observing.reading import EventReader
from pipeline_optimization.types import RunStarted

__all__ = ["EVENTS", "RecordFolder", "new_record", "records_in"]

EVENTS = "events.jsonl"


@frozen
class RecordFolder:
    """A folder with the events of one run. If there is only a file of events, ``file`` is its name."""

    home: Path
    file: str = EVENTS

    @property
    def name(self) -> str:
        return self.home.name if self.file == EVENTS else self.file

    @property
    def events(self) -> str:
        return str(self.home / self.file)

    @property
    def result(self) -> str:
        """Return the file of the run's report, which the command writes and no event contains."""
        return str(self.home / "report.json")

    @property
    def products(self) -> Products:
        """Return the files that are made of the events, beside them."""
        made = {"report": "report.html", "trace": "trace.json", "metrics": "metrics.prom"}
        return Products(**{kind: str(self.home / name) for kind, name in made.items()})

    def started(self) -> RunStarted | None:
        """Return how the run began, or None if its events cannot be read or do not tell."""
        try:
            first = next(iter(EventReader(self.events)), None)
        except InputError:
            return None
        return first.event if first is not None and isinstance(first.event, RunStarted) else None

    def digest(self) -> tuple[Digest, Sequence[str]]:
        """Return the digest of the events, and notes for the user about them. Raises InputError if they cannot be read."""
        return digest_of(self.events)


def new_record(directory: str, name: str) -> RecordFolder:
    """Make a folder for a run in a directory of records, named by the time and by what runs.

    Raises UsageError if it cannot be made.
    """
    stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{re.sub(r'[^a-zA-Z0-9]+', '-', name).strip('-')[:40] or 'run'}"
    for number in range(1, 1000):
        home = Path(directory) / (stem if number == 1 else f"{stem}-{number}")
        try:
            home.mkdir(parents=True)
        except FileExistsError:
            if not home.is_dir():
                break
            continue
        except OSError as error:
            raise UsageError(f"Cannot make {str(home)!r}: {error.strerror or error}. Name another --record.") from error
        return RecordFolder(home)
    raise UsageError(f"Cannot make a folder in {directory!r}. Name another --record.")


def records_in(directory: str) -> Sequence[RecordFolder]:
    """Return the records in a directory, the oldest first. If the directory is a record itself, return that one.

    Raises InputError if there is no such directory, or it cannot be read.
    """
    home = Path(directory)
    try:
        if home.is_file():
            return [RecordFolder(home.parent, home.name)]
        if not home.is_dir():
            raise InputError(
                f"There is no record, directory or file {directory!r}. Runs are recorded with --record DIR or --events FILE.",
                source=directory,
            )
        if (home / EVENTS).is_file():
            return [RecordFolder(home)]
        return [RecordFolder(one) for one in sorted(home.iterdir()) if _has_events(one)]
    except OSError as error:
        raise InputError(f"Cannot read {directory!r}: {error.strerror or error}.", source=directory) from error


def _has_events(home: Path) -> bool:
    """Return whether a folder is a record. A folder that only others may read is none."""
    try:
        return (home / EVENTS).is_file()
    except OSError:
        return False
