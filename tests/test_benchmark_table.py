"""The table says with marks and words what it says with colours."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from attrs import evolve

from example_results import results, sample
from pipeline_optimization.benchmarks.records import Results
from pipeline_optimization.benchmarks.statistics.summary import summarise
from pipeline_optimization.cli.comparison_table import print_comparison

TIMES = {"sequential": 200.0, "threaded": 100.0, "asyncio": 100.0}


def document() -> Results:
    """Return a comparison with a best contender, a tied one, a slower one and a wrong one."""
    made = results({**TIMES, "liar": 1.0})
    wrong = sample("liar", 0, 1.0, kind="warm_up", problems={"wrong_counts": "'cat' 2 times instead of 1."})
    return summarise(evolve(made, samples=[*made.samples, wrong]))


def printed(document: Results, *, detailed: bool = False) -> str:
    stream = StringIO()
    print_comparison(document, stream, detailed=detailed)
    return stream.getvalue()


def line(text: str, contender: str) -> str:
    return next(line for line in text.splitlines() if re.sub(r"\x1b\[[\d;]*m", "", line).startswith(contender))


def test_marks_need_no_colour() -> None:
    """The best has a star, what cannot be told from it a wave, and the others neither."""
    text = printed(document())
    assert "\x1b" not in text
    fast = sorted(re.findall(r"[★≈](?= \d[\d.]* \[)", line(text, "threaded") + line(text, "asyncio")))
    assert fast == ["≈", "★"]
    assert not re.search(r"[★≈] \d[\d.]* \[", line(text, "sequential"))
    assert line(text, "sequential").rstrip().endswith("slower")
    assert line(text, "liar").rstrip().endswith("wrong (wrong_counts)")
    assert "★" not in line(text, "liar")
    assert "liar: It returned counts that differ from the oracle's. Seen once. 'cat' 2 times instead of 1." in text


def test_colours_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the best is bold green, the tied green, and the wrong bold red."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = printed(document())
    assert re.search(r"\x1b\[1;32m *★ \d", text)
    assert re.search(r"\x1b\[32m *≈ \d", text)
    assert "\x1b[1;31mwrong (wrong_counts)" in line(text, "liar")
    assert "\x1b[1;32m★ 2" not in line(text, "sequential")


def test_names_are_text() -> None:
    """Names of files are not read as markup."""
    text = printed(summarise(results({"[bold red]x[/]": 1.0, "y\x1b[31m": 2.0})))
    assert "[bold red]x[/]" in text
    assert "\x1b" not in text


def test_details() -> None:
    """``--detailed`` adds phases, failures and every warning."""
    text = printed(document(), detailed=True)
    for header in ("overlap", "MAD ms", "import ms", "cold ms", "upper MiB"):
        assert header in text
    assert "wrong_output 1" in text
    assert "recovered" in text
