"""The outcomes of runs that count anagrams, as a table, JSON, CSV or newline-delimited JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TextIO

from attrs import frozen

from pipeline_optimization.anagrams.cases import other_rules
from pipeline_optimization.anagrams.report import RunReport
from pipeline_optimization.plural import counted

__all__ = ["FORMATS", "TABLE_ROWS", "Outcome", "Renderer"]

FORMATS = frozenset({"csv", "json", "ndjson", "table"})

TABLE_ROWS = 20
"""Rows of a table if the user gives no number."""


@frozen
class Outcome:
    """A report, and the counts that its test case expects (None if it is of no test case)."""

    report: RunReport
    expected: Mapping[str, int] | None = None

    @property
    def other_rules(self) -> str:
        """Return why the counts cannot be compared with those of the test case; nothing if they can."""
        if self.expected is None:
            return ""
        report = self.report
        return other_rules(tokenizer=report.tokenizer, lexicon=report.lexicon, relation=report.relation)

    @property
    def is_expected(self) -> bool | None:
        """Return whether a complete run gave the expected counts; None if that cannot be said."""
        if self.expected is None or self.other_rules or not self.report.is_complete:
            return None
        return dict(self.report.anagram_counts) == dict(self.expected)

    @property
    def problems(self) -> list[str]:
        """Return a sentence for each thing that is wrong."""
        report = self.report
        found = []
        if report.stop is not None:
            found.append(f"Stopped: {report.stop.reason}. The counts cover only what was finished.")
        for (task, error), count in report.failures.items():
            lack = "the counts lack it" if count == 1 else "the counts lack them"
            found.append(f"Incomplete: {counted(count, 'item')} of {task} failed for good ({error}); {lack}.")
        if self.is_expected is False:
            found.append(f"Wrong: the counts differ from those that the test case {report.case!r} expects.")
        return found


def _expectation(outcome: Outcome) -> str:
    """Return what the table says of the counts that the test case expects; nothing if nothing can be said."""
    if outcome.other_rules:
        return f"not compared: {outcome.other_rules}"
    if outcome.is_expected is None:
        return ""
    return "the counts are those that the test case expects" if outcome.is_expected else "differ"


class Renderer:
    """Writes outcomes one by one. ``top`` limits the words to the most frequent ones; None means no limit."""

    def __init__(self, form: str, stream: TextIO, *, top: int | None, has_many: bool) -> None:
        self._form = form
        self._stream = stream
        self._top = top
        self._has_many = has_many
        self._documents: list[dict[str, object]] = []
        self._csv = None
        if form == "csv":
            import csv  # noqa: PLC0415 - for this format only

            if reconfigure := getattr(stream, "reconfigure", None):
                reconfigure(encoding="utf-8")  # data do not depend on a locale; JSON is ASCII

            self._csv = csv.writer(stream, lineterminator="\n")
        self._has_header = False

    def add(self, outcome: Outcome) -> None:
        report = outcome.report
        if self._form == "table":
            from pipeline_optimization.cli.run.tables import print_anagrams  # noqa: PLC0415 - rich is a sixth of a small run's time

            limit = TABLE_ROWS if self._top is None else self._top
            words = self._words(report, limit)
            print_anagrams(report, words, outcome.problems, self._stream, expectation=_expectation(outcome))
        elif self._form == "json":
            self._documents.append(self._document(outcome))
        else:
            self._write_header()
            for word, count in self._words(report, self._top):
                self._write_row(report.case, word, count)

    def finish(self) -> None:
        """Write what can only be written at the end."""
        if self._form == "json":
            json.dump(self._documents if self._has_many else self._documents[0], self._stream, indent=2)
            self._stream.write("\n")

    def _write_header(self) -> None:
        """Write the header of CSV before the first row, and not earlier: after an error there must be no output."""
        if self._csv is not None and not self._has_header:
            self._csv.writerow(["case", "word", "count"] if self._has_many else ["word", "count"])
            self._has_header = True

    def _write_row(self, case: str, word: str, count: int) -> None:
        if self._csv is not None:
            self._csv.writerow([case, word, count] if self._has_many else [word, count])
        else:
            row = {"case": case} if self._has_many else {}
            self._stream.write(json.dumps({**row, "word": word, "count": count}) + "\n")

    def _document(self, outcome: Outcome) -> dict[str, object]:
        document = outcome.report.to_dict()
        if outcome.is_expected is not None:
            document["matches_expected"] = outcome.is_expected
        if self._top is not None:
            document["top"] = self._top
            document["anagram_counts"] = dict(sorted(self._words(outcome.report, self._top)))
        return document

    @staticmethod
    def _words(report: RunReport, top: int | None) -> list[tuple[str, int]]:
        """Return all words in order, or the ``top`` most frequent ones, the most frequent first."""
        pairs = list(report.anagram_counts.items())
        if top is None:
            return pairs
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:top]
