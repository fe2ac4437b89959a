"""The products of a file of events: after the run has ended, it becomes a page, a trace and metrics."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from pipeline_optimization.errors import UsageError
from pipeline_optimization.observing.digest import Digest
from pipeline_optimization.observing.metrics import Metrics
from pipeline_optimization.observing.page.report import page_of
from pipeline_optimization.observing.reading import EventReader
from pipeline_optimization.observing.resources import ResourcesSampled
from pipeline_optimization.observing.sampling import Segment
from pipeline_optimization.observing.trace import Trace
from pipeline_optimization.output import open_output
from pipeline_optimization.plural import counted
from pipeline_optimization.types.events import RunEvent

__all__ = ["Products", "account_of", "digest_of"]

VISIBLE = "backslashreplace"
"""What UTF-8 cannot write is shown as an escape, such as ``\\udcff``. In metrics, a backslash has another meaning."""


@frozen(kw_only=True)
class Products:
    """The paths of the files that are wanted, None for others. Each file appears only when it is whole."""

    report: str | None = None
    trace: str | None = None
    metrics: str | None = None

    def write(self, events: str) -> tuple[Digest, Sequence[str]]:
        """Make the files from a file of events, in one pass.

        Args:
            events: The path of the file of events.

        Returns:
            The digest of the events, and notes for the user about them.

        Raises:
            InputError: If the events cannot be read.
            UsageError: If a file cannot be written. The others are written all the same.
        """
        reader, digest = EventReader(events), Digest()
        metrics = None if self.metrics is None else Metrics(before=_text_of(self.metrics))

        def noted() -> Iterator[tuple[RunEvent, int]]:
            for event, stands_for in _events(reader):
                digest.note(event, stands_for)
                if isinstance(event, ResourcesSampled):
                    continue
                if metrics is not None:
                    metrics.note(event, stands_for)
                yield event, stands_for

        problems: list[UsageError] = []
        with _collecting(problems):
            self._write_trace(rest := noted())
        for _ in rest:
            pass  # the other files need the rest of the events even if the trace cannot be written
        notes = _notes_of(reader)
        if self.report is not None:
            with _collecting(problems), open_output(self.report, option="--report", errors=VISIBLE) as page:
                page.write(page_of(digest, account_of(digest), notes=notes))
        if self.metrics is not None and metrics is not None:
            with _collecting(problems), open_output(self.metrics, option="--metrics", errors="replace") as text:
                text.write(metrics.text())
        if problems:
            raise UsageError(" ".join(map(str, problems))) from problems[0]
        return digest, notes

    def _write_trace(self, events: Iterator[tuple[RunEvent, int]]) -> None:
        if self.trace is None:
            return
        trace = Trace()
        with open_output(self.trace, option="--trace") as stream:
            stream.write(trace.first_line)
            for event, _ in events:
                stream.writelines(trace.lines(event))
            stream.write(trace.last_line)


@contextmanager
def _collecting(problems: list[UsageError]) -> Iterator[None]:
    try:
        yield
    except UsageError as problem:
        problems.append(problem)


def digest_of(events: str) -> tuple[Digest, Sequence[str]]:
    """Return the digest of a file of events, and notes for the user about it. Raises InputError."""
    return Products().write(events)


def _notes_of(reader: EventReader) -> Sequence[str]:
    """Return notes for the user about a file that was read: that it was cut off, or that lines are missing."""
    notes = [reader.cut] if reader.is_cut else []
    if reader.missing:
        notes.append(
            f"Missing here: {counted(reader.missing, 'line')} that could not be written while the run went on."
        )
    return notes


def account_of(digest: Digest) -> Sequence[tuple[str, float]]:
    """Return where the time of the slots went, as names with seconds. If the run's last event does not tell, its attempts tell a part."""
    if digest.finished is not None and digest.finished.account is not None:
        return list(digest.finished.account.parts.items())
    tasks = digest.tasks.values()
    busy, waited = sum(task.seconds for task in tasks), sum(task.waited for task in tasks)
    rest = max(0.0, digest.slots_used * digest.seconds - busy)
    return [("compute", max(0.0, busy - waited)), ("wait", waited), ("between attempts", rest)]


def _events(reader: EventReader) -> Iterator[tuple[RunEvent | ResourcesSampled, int]]:
    """Yield the events, each with the number of attempts that it stands for."""
    for line in reader:
        if not isinstance(line.event, Segment):
            yield line.event, line.stands_for


def _text_of(path: str | None) -> str:
    """Return what a file contained before, or an empty text if there is none."""
    if path is None or not os.path.isfile(path):
        return ""
    return Path(path).read_text("utf-8", "replace")
