"""What stands in the tables of all reports: verdicts, success, the order of rows, and facts."""

from __future__ import annotations

from io import StringIO

from attrs import evolve

from example_summary import full_results
from pipeline_optimization.benchmarks.records import SummaryRow
from pipeline_optimization.benchmarks.reports.columns import Cell
from pipeline_optimization.benchmarks.reports.markdown import results_to_markdown
from pipeline_optimization.benchmarks.reports.overview import fact_list
from pipeline_optimization.benchmarks.reports.summary_table import summary_tables
from pipeline_optimization.cli.comparison_table import print_comparison

TABLES = summary_tables(full_results())


def test_best_alone_is_not_tied() -> None:
    """The best is called tied only where somebody is tied with it."""
    assert [row.verdict_text for row in TABLES[0].rows[:3]] == ["tied best", "tied best", "slower"]
    alone = [row for row in full_results().summary if row.verdict != "tied"]
    assert summary_tables(evolve(full_results(), summary=alone))[0].rows[0].verdict_text == "best"


def test_success_is_held_against_what_was_expected() -> None:
    """All of 100 % stands alone; less says what the injected faults allow, so that 0 % never looks like success."""
    row = full_results().summary[0]

    def success(row: SummaryRow) -> Cell:
        (table,) = summary_tables(evolve(full_results(), summary=[row]))
        return next(column for column in table.columns if column.name == "success_rate").cells[0]

    assert success(evolve(row, success_rate=1.0, expected_success_rate=1.0)).detail == ""
    assert success(evolve(row, success_rate=0.0, expected_success_rate=0.0)).detail == "(faults allow no more)"
    assert success(evolve(row, success_rate=0.5)).detail == "(faults allow 96.0\u202f%)"
    assert success(evolve(row, expected_success_rate=None)).detail == ""


def test_rows_stand_from_the_best_to_those_that_failed() -> None:
    """The best come first, then the others by their times, and last those that have a fault."""
    (first, *_) = TABLES
    assert [row.verdict for row in first.rows] == ["best", "tied", "slower", "slower", "wrong", "failed"]
    assert [row.contender for row in first.rows][-4:] == ["multiprocess", "sequential", "hasty", "broken"]


def test_other_retry_policies_are_told() -> None:
    """Every output says who retries otherwise than the run's policy; where all do alike, nothing is said."""
    found = full_results()
    same = evolve(
        found,
        run=evolve(found.run, retry="exponential"),
        contenders=[evolve(c, retry="" if c.name == "broken" else "exponential") for c in found.contenders],
    )
    assert summary_tables(same)[0].retries == ""
    ways = {"hasty": "none", "threaded": "fixed", "asyncio": "own"}
    other = evolve(same, contenders=[evolve(c, retry=ways.get(c.name, c.retry)) for c in same.contenders])
    assert summary_tables(other)[0].retries == (
        "Retry policies differ, which changes times. All have exponential, but threaded: fixed; asyncio: a loop of its own; "
        "hasty: no retries."
    )
    stream = StringIO()
    print_comparison(evolve(other, scans=[]), stream, detailed=False)
    for text in (stream.getvalue(), results_to_markdown(other)):
        assert "All have exponential, but threaded: fixed;" in " ".join(text.split())


def test_only_known_facts() -> None:
    """Facts without a value are left out."""
    facts = dict(fact_list(full_results()))
    assert facts["Seed"] == "4711"
    assert facts["Memory taken from"] == "PSS"
    assert "Time budget" not in facts
