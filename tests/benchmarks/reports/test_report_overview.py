"""What stands in the tables of all reports: verdicts, success, the order of rows, and facts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from io import StringIO

import pytest
from attrs import evolve

from example_results import results, sample
from example_summary import full_results
from pipeline_optimization.benchmarks.reports.columns import Cell
from pipeline_optimization.benchmarks.reports.html.document import results_to_html
from pipeline_optimization.benchmarks.reports.markdown import results_to_markdown
from pipeline_optimization.benchmarks.reports.overview import fact_list
from pipeline_optimization.benchmarks.reports.summary_table import summary_tables
from pipeline_optimization.benchmarks.statistics.summary import summarise
from pipeline_optimization.benchmarks.summary_row import SummaryRow
from pipeline_optimization.cli.compare.table import print_comparison

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


def test_policies_that_are_varied_are_not_told_again() -> None:
    """Where every contender's name says how it retries, no sentence repeats all names."""
    found = full_results()
    contenders = [
        evolve(one, retry="fixed" if one.name == "asyncio" else "none", options={"retry": "fixed"})
        for one in found.contenders
    ]
    run = evolve(found.run, retry="exponential")
    assert summary_tables(evolve(found, run=run, contenders=contenders))[0].retries == ""
    unnamed = [evolve(one, options={"orchestrator.workers": "2"}) for one in contenders]
    assert "asyncio: fixed" in summary_tables(evolve(found, run=run, contenders=unnamed))[0].retries


def test_what_an_earlier_table_said_is_not_repeated() -> None:
    """Policies are the contenders', not the case's, and stand once."""
    found = full_results()
    ways = {"hasty": "none"}
    contenders = [evolve(one, retry=ways.get(one.name, "exponential")) for one in found.contenders]
    other = evolve(found, run=evolve(found.run, retry="exponential"), contenders=contenders)
    assert [bool(table.retries) for table in summary_tables(other)] == [True, False, False]


def test_a_policy_that_nobody_has_is_not_named() -> None:
    """Where none has the run's policy, each one's is told; where all share another, nothing differs."""
    found = full_results()
    run = evolve(found.run, retry="exponential")

    def told(ways: Sequence[str]) -> str:
        names = [row.contender for row in TABLES[0].rows]
        policies = dict(zip(names, itertools.cycle(ways), strict=False))
        contenders = [evolve(c, retry=policies[c.name]) for c in found.contenders]
        return summary_tables(evolve(found, run=run, contenders=contenders))[0].retries

    differ = told(["none", "fixed"])
    assert differ.startswith("Retry policies differ, which changes times: ")
    assert "no retries" in differ
    assert ": fixed" in differ
    assert "exponential" not in differ
    assert told(["none"]) == ""


def test_an_interrupted_comparison_does_not_boast() -> None:
    """Its heading has no round that was not taken, and who was not measured yet is no undecided or failed one."""
    whole = results({"sequential": 200.0, "threaded": 100.0}, rounds=9)
    taken = [one for one in whole.samples if one.contender == "threaded" and one.round == 1 and one.kind == "timed"]
    warm = sample("sequential", 0, 200.0, kind="warm_up")
    cut = evolve(whole, run=evolve(whole.run, is_interrupted=True), samples=[warm, *taken])
    done = summarise(evolve(cut, cases=[evolve(cut.cases[0], rounds=9)]))
    (table,) = summary_tables(done)
    assert table.heading == "mixed · small (22 words, interrupted in round 1, random order)"
    assert {row.contender: row.verdict_text for row in table.rows} == {
        "threaded": "undecided",
        "sequential": "not measured",
    }
    assert not any("did not get through" in warning.text for warning in done.warnings)
    assert any("sequential was not measured" in warning.text for warning in done.warnings)
    complete = summarise(evolve(whole, run=evolve(whole.run, is_interrupted=True)))
    assert "9 rounds" in summary_tables(complete)[0].heading


@pytest.mark.parametrize("measured", [[], ["threaded"]])
def test_nobody_is_blamed_for_an_interruption(measured: list[str]) -> None:
    """Whoever had no turn yet did not fail, and no sentence of any kind says so."""
    whole = results({"sequential": 200.0, "threaded": 100.0, "asyncio": 100.0}, rounds=9)
    taken = [one for one in whole.samples if one.contender in measured and one.round == 1 and one.kind == "timed"]
    warm = [sample(name, 0, 200.0, kind="warm_up") for name in ("threaded", "asyncio")]
    cut = evolve(whole, run=evolve(whole.run, is_interrupted=True), samples=[*warm, *taken])
    done = summarise(evolve(cut, cases=[evolve(cut.cases[0], rounds=0 if not measured else 9)]))
    assert not done.recommendation.certain
    assert done.recommendation.use == "".join(measured)
    for text in (results_to_markdown(done), results_to_html(done)):
        assert "got through" not in text
        assert "get through" not in text
        assert "0 rounds" not in text
    alone = evolve(whole, contenders=whole.contenders[:1], run=cut.run, cases=done.cases)
    single = summarise(evolve(alone, samples=[sample("sequential", 0, 200.0, kind="warm_up")]))
    assert single.verdicts == ["mixed · small: sequential was not measured before the interruption."]


def test_only_known_facts() -> None:
    """Facts without a value are left out."""
    facts = dict(fact_list(full_results()))
    assert facts["Seed"] == "4711"
    assert facts["Memory taken from"] == "PSS"
    assert "Time budget" not in facts
