"""Log records as lines on standard error."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from pipeline_optimization.printable import printable_lines

__all__ = ["ErrorStreamHandler", "JsonLines", "TextLines", "lines_of"]


class ErrorStreamHandler(logging.Handler):
    """Writes each record at once to the present ``sys.stderr``. A record that cannot be written is lost, and nothing else changes."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except Exception:  # noqa: BLE001, S110 - a record must not become a failure of the task that logs it
            pass


class TextLines(logging.Formatter):
    """Writes a record for people. Tracebacks follow on lines of their own. No character of a message moves the cursor of a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created)  # noqa: DTZ006 - the user's own time
        line = f"{at:%H:%M:%S}.{at.microsecond // 1000:03} {record.levelname} {record.name}: {record.getMessage()}"
        if where := _where(record):
            line += f" [{where}]"
        lines = [line, *_traces(self, record)]
        return "\n".join(map(printable_lines, lines))


class JsonLines(logging.Formatter):
    """Writes a record as a JSON object on one line. A value that is not known is null."""

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        facts |= {name: getattr(record, name, None) or None for name in ("run", "item", "attempt", "worker")}
        traces = _traces(self, record)
        if traces:
            facts["exception"] = "\n".join(traces)
        return json.dumps(facts, default=str)


def lines_of(form: str) -> logging.Formatter:
    """Return the formatter for a form, ``text`` or ``json``."""
    return JsonLines() if form == "json" else TextLines()


def _where(record: logging.LogRecord) -> str:
    item, attempt, worker = (getattr(record, name, None) for name in ("item", "attempt", "worker"))
    parts = [item, f"attempt {attempt}" if item and attempt else "", f"worker {worker}" if worker else ""]
    return ", ".join(str(part) for part in parts if part)


def _traces(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    found = record.exc_text or (formatter.formatException(record.exc_info) if record.exc_info else "")
    stack = formatter.formatStack(record.stack_info) if record.stack_info else ""
    return [text for text in (found, stack) if text]
