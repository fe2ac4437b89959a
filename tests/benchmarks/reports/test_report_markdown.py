"""The Markdown report says what the tables say, and shows hostile names as they are."""

from __future__ import annotations

import re
from itertools import groupby

import pytest
from attrs import evolve
from markdown_it import MarkdownIt
from markdown_it.token import Token

from example_summary import HOSTILE, full_results, hostile_results
from pipeline_optimization.benchmarks.reports.markdown import results_to_markdown
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.printable import printable


def parsed(results: Results) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(results_to_markdown(results))


def lines_with(results: Results, start: str) -> list[str]:
    return [line for line in results_to_markdown(results).splitlines() if line.startswith(start)]


def test_marks_carry_the_meaning() -> None:
    """The best value is bold with a star, the tied one has its sign, and the rest has none."""
    results = full_results()
    best, tied, slower = (lines_with(results, f"| {name} |")[0] for name in ("asyncio", "threaded", "multiprocess"))
    assert re.search(r"\| \*\*★ 2\d\d\*\* \\\[\d+–\d+\\\] \|", best)
    assert re.search(r"\| ≈ 2\d\d \\\[\d+–\d+\\\] \|", tied)
    assert best.startswith("| asyncio | tied best |")
    assert tied.startswith("| threaded | tied best |")
    assert not re.search("[★≈]", slower)
    assert slower.startswith("| multiprocess | slower |")


def test_problems_are_footnotes() -> None:
    """A contender with problems has a number in its verdict, which leads to sentences."""
    results = full_results()
    assert lines_with(results, "| hasty |")[0].startswith("| hasty | wrong answers (1) |")
    assert lines_with(results, "1. ") == [
        "1. hasty: Words whose task had failed are missing from its counts. Round 1: 'act' is 3, should be 4."
    ]
    assert lines_with(results, "2. ") == ["2. broken: Its process was ended by a signal."]
    assert lines_with(results, "6. broken")


def test_all_parts_are_there() -> None:
    """What ties may hide, warnings, command and machine are in the document."""
    text = results_to_markdown(full_results())
    assert "\nasyncio has the best median; tied with it is threaded (within " in text
    assert "- multiprocess, mixed · medium: Times vary by 6.1 %" in text
    assert "```\nanagram compare --compare-dir" in text
    assert "Example CPU" in text
    assert "italic: the best that was seen" in text


def test_hostile_names_are_text() -> None:
    """No name becomes HTML, a link, emphasis, code or another cell."""
    tokens = parsed(hostile_results())
    inline = [child for token in tokens for child in token.children or []]
    assert {child.type for child in inline} <= {"text", "text_special", "strong_open", "strong_close", "softbreak"}
    assert not any(token.type.startswith("html") for token in tokens)
    contents = ["".join(child.content for child in token.children or []) for token in tokens if token.type == "inline"]
    for name in HOSTILE:
        assert printable(name).strip() in contents, name


def test_hostile_names_keep_the_table() -> None:
    """Every row of every table has as many cells as its header: no pipe in a name separates any."""
    lines = results_to_markdown(hostile_results()).splitlines()
    tables = [list(block) for is_table, block in groupby(lines, lambda line: line.startswith("| ")) if is_table]
    assert len(tables) == 4
    for table in tables:
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {table[1].count("|")}


@pytest.mark.parametrize("command", ["a ``` b", "````"])
def test_a_command_cannot_end_its_block(command: str) -> None:
    """The fence is longer than any run of backticks in the command."""
    results = full_results()
    tokens = parsed(evolve(results, run=evolve(results.run, command=command)))
    assert [token.content for token in tokens if token.type == "fence"] == [f"{command}\n"]


def test_nothing_measured() -> None:
    """Results without a single round are a document that says so."""
    bare = evolve(full_results(), samples=[], summary=[], warnings=[], verdicts=[], scans=[], comparisons=[])
    text = results_to_markdown(evolve(bare, run=evolve(bare.run, is_interrupted=True)))
    assert "There is no summary and no verdict" in text
    assert "The run was interrupted" in text
