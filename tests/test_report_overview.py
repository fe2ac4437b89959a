"""What stands at the top of reports: what can be told apart, and which verdicts there are."""

from __future__ import annotations

from attrs import evolve

from example_summary import full_results
from pipeline_optimization.benchmarks.records import SummaryRow
from pipeline_optimization.benchmarks.reports.overview import fact_list, resolution_sentence, run_resolution
from pipeline_optimization.benchmarks.reports.summary_table import Cell, summary_tables

TABLES = summary_tables(full_results())


def test_resolution() -> None:
    """Half the width of the ratios' intervals is what a run can tell apart: over all tables from the least to the most."""
    assert resolution_sentence(TABLES[0]) == "Differences below about ±3.1\u202f% are out of this table's reach."
    assert run_resolution(TABLES) == "Differences below about ±3.1\u202f% are out of this run's reach."
    assert run_resolution([evolve(TABLES[0], resolution=0.2), TABLES[1]]) == (
        "Differences are out of this run's reach below about ±3.1\u202f% in latency · medium, and up to ±20.0\u202f% in "
        "mixed · medium."
    )


def test_without_intervals() -> None:
    """Where there is no interval, nothing can be told apart."""
    blind = evolve(TABLES[0], resolution=None)
    assert "cannot tell contenders apart" in resolution_sentence(blind)
    assert "cannot tell contenders apart" in run_resolution([blind])
    rows = [evolve(row, ratio_interval=None) for row in full_results().summary]
    assert summary_tables(evolve(full_results(), summary=rows))[0].resolution is None


def test_best_alone_is_not_tied() -> None:
    """The best is called tied only where somebody is tied with it."""
    assert [row.verdict_text for row in TABLES[0].rows[:3]] == ["tied best", "tied best", "slower"]
    alone = [row for row in full_results().summary if row.verdict != "tied"]
    assert summary_tables(evolve(full_results(), summary=alone))[0].rows[0].verdict_text == "best"


def test_success_is_held_against_what_was_expected() -> None:
    """A rate that is the expected one is ticked; another names it; one that nothing is expected of stands alone."""
    row = full_results().summary[0]

    def success(row: SummaryRow) -> Cell:
        return summary_tables(evolve(full_results(), summary=[row]))[0].rows[0].cells[0]

    assert success(row).detail == "✓ expected"
    assert success(evolve(row, success_rate=0.5)).detail == "(expected 96.0\u202f%)"
    assert success(evolve(row, expected_success_rate=None)).detail == ""


def test_only_known_facts() -> None:
    """Facts without a value are left out."""
    facts = dict(fact_list(full_results()))
    assert facts["Seed"] == "4711"
    assert facts["Memory taken from"] == "PSS"
    assert "Time budget" not in facts
