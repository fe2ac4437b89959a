"""The CSV export has a row for each sample, and no cell in it does anything."""

from __future__ import annotations

import csv
import io

import pytest
from attrs import evolve

from example_results import sample
from example_summary import HOSTILE, full_results, hostile_results
from pipeline_optimization.benchmarks.reports.columns import COLUMNS
from pipeline_optimization.benchmarks.reports.csv_export import samples_to_csv
from pipeline_optimization.benchmarks.results import Results


def rows_of(results: Results) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(samples_to_csv(results), newline=""), strict=True))


def test_one_row_a_sample() -> None:
    """Each sample of any kind is a row with all its values."""
    results = full_results()
    rows = rows_of(results)
    assert len(rows) == len(results.samples)
    first, one = rows[0], results.samples[0]
    assert (first["contender"], first["case"], first["profile"], first["kind"]) == (
        one.contender,
        "medium",
        "mixed",
        "timed",
    )
    assert float(first["warm_median_ms"]) == pytest.approx(sum(e.wall_ms for e in one.warm) / 2)
    assert [float(time) for time in first["warm_ms"].split()] == [e.wall_ms for e in one.warm]
    assert int(first["round"]) == one.round
    assert first["memory_peak_mib"] == ""
    assert {row["memory_method"] for row in rows if row["kind"] == "memory"} == {"PSS"}


def test_wrong_answers_have_no_time() -> None:
    """Executions with a wrong answer are not in the median, and crashed samples have empty cells."""
    rows = rows_of(full_results())
    assert {row["warm_median_ms"] for row in rows if row["contender"] == "hasty"} == {""}
    crashed = next(row for row in rows if row["contender"] == "broken")
    assert (crashed["exit"], crashed["problems"], crashed["cold_ms"], crashed["executions"]) == (
        "SIGSEGV",
        "crashed",
        "",
        "0",
    )


def test_it_is_rfc_4180() -> None:
    """Lines end in CR LF, and quotes, commas and line feeds survive."""
    text = samples_to_csv(hostile_results())
    assert text.endswith("\r\n")
    names = {row["contender"] for row in rows_of(hostile_results())}
    assert names == {*HOSTILE} - {"=cmd|' /C calc'!A0"} | {"'=cmd|' /C calc'!A0"}


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_formulas_are_text(name: str) -> None:
    """A name that a spreadsheet would run is prefixed with an apostrophe; numbers are left alone."""
    results = evolve(full_results(), samples=[evolve(sample(name, 1, 10.0), memory_growth_mib=-0.5)])
    row = rows_of(results)[0]
    assert row["contender"] == f"'{name}"
    assert row["memory_growth_mib"] == "-0.5"


def test_figures_have_one_name() -> None:
    """What the summary and the samples both have is called alike in both."""
    header = next(csv.reader(io.StringIO(samples_to_csv(full_results()))))
    shared = {
        "import_ms",
        "setup_ms",
        "cold_ms",
        "startup_ms",
        "teardown_ms",
        "floor_ms",
        "memory_peak_mib",
        "processes",
    }
    shared |= {
        "memory_growth_mib",
        "memory_upper_mib",
        "executions",
        "task_p50_ms",
        "task_p95_ms",
        "task_p99_ms",
        "task_max_ms",
    }
    assert shared <= set(header)
    assert shared <= {column.name for column in COLUMNS}
