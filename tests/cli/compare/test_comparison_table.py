"""The table says with marks and words what it says with colours."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from attrs import evolve

from example_results import results, sample
from pipeline_optimization.benchmarks.results import Results, Warning_
from pipeline_optimization.benchmarks.statistics.summary import summarise
from pipeline_optimization.cli.compare.table import print_comparison

TIMES = {"sequential": 200.0, "threaded": 100.0, "asyncio": 100.0}


@pytest.fixture(autouse=True)
def unknown_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


def document(*, threaded: float = 100.0, rounds: int = 12) -> Results:
    """Return a comparison with a best contender, a tied one unless told otherwise, a slower one and a wrong one."""
    made = results({**TIMES, "threaded": threaded, "liar": 1.0}, rounds=rounds)
    wrong = sample("liar", 0, 1.0, kind="warm_up", problems={"wrong_counts": "'cat' 2 times instead of 1."})
    return summarise(evolve(made, samples=[*made.samples, wrong]))


def printed(document: Results, *, detailed: bool = False) -> str:
    stream = StringIO()
    print_comparison(document, stream, detailed=detailed)
    return stream.getvalue()


def line(text: str, contender: str) -> str:
    return next(line for line in text.splitlines() if re.sub(r"\x1b\[[\d;]*m", "", line).startswith(contender))


def test_a_certain_best_has_a_star() -> None:
    """Who is certainly the fastest has a star in its line, and nobody else; no colour is needed to see it."""
    text = printed(document(threaded=80.0))
    assert "\x1b" not in text
    assert re.search(r"^threaded +best +★ \d", line(text, "threaded"))
    assert "★" not in line(text, "asyncio") + line(text, "liar")
    assert re.search(r"^sequential +slower ", line(text, "sequential"))
    assert re.search(r"^liar +wrong answers ", line(text, "liar"))
    reason = "It returned counts that differ from the oracle's. Seen once. 'cat' 2 times instead of 1."
    assert f"liar (wrong_counts): {reason}" in " ".join(text.split())


def test_a_tie_has_no_star() -> None:
    """Of two that cannot be told apart, neither has a star for its time: one was seen to be the best, the other has a wave."""
    both = re.sub(r"★ 1\d\.\d", "", line(printed(document()), "threaded") + line(printed(document()), "asyncio"))
    times = re.findall(r"tied best +(≈ )?\d[\d.]* \[", both)
    assert sorted(times) == ["", "≈ "]


def test_colours_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal what is certainly the best is bold green, what was seen to be the best green, and the wrong bold red."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    certain, seen = printed(document(threaded=80.0)), printed(document(rounds=3))
    assert re.search(r"\x1b\[1;32m *★ \d", line(certain, "threaded"))
    assert "\x1b[1;31mwrong answers" in line(certain, "liar")
    assert "\x1b[1;32m★ 2" not in line(certain, "sequential")
    assert any(re.search(r"undecided.*\x1b\[32m *1\d\d\.\d", line(seen, name)) for name in ("threaded", "asyncio"))
    assert "★" not in seen.rpartition("★")[0]  # the last one is the legend's


@pytest.mark.parametrize("width", [80, 120, 200])
def test_each_contender_has_one_line(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 80 columns there are name, verdict, time, direction and success on one line; more figures come with more room."""
    monkeypatch.setenv("COLUMNS", str(width))
    text = printed(document(threaded=80.0))
    answer, table, *_ = text.strip().split("\n\n")
    assert answer.startswith("Use --orchestrator threaded: 2.5 times as fast as sequential here")
    heading, *lines = table.splitlines()
    assert heading.startswith("mixed · small (22 words, 12 rounds")
    assert len(lines) >= len(TIMES) + 1
    assert max(map(len, text.splitlines())) <= width
    found = line(text, "threaded").split()
    assert found[:3] == ["threaded", "best", "★"]
    assert "times as fast" in line(text, "threaded")
    assert "100.0 %" in line(text, "threaded")
    assert ("CPU %" in text) == (width > 80)
    assert ("[95 % of median]" in text) == (width > 80)


def test_a_pipe_has_room_for_everything() -> None:
    """Where the width is unknown, every figure of the table is there."""
    header = printed(document()).strip().split("\n\n")[1].splitlines()[1]
    for title in (
        "against best",
        "mean ms",
        "against sequential",
        "success",
        "words/s",
        "peak MiB",
        "CPU %",
        "growth MiB",
    ):
        assert title in header


def warned(count: int) -> Results:
    """Return a comparison with many long warnings of two kinds, and one of a third."""
    long = "times scatter by {} % beyond texts and faults; run again on a quiet machine. So, less, asyncio, threaded."
    noisy = [
        Warning_(code="noisy", where=f"mixed · c{n}", value=n / 100, threshold=0.05, text=long.format(n))
        for n in range(count)
    ]
    skewed = [evolve(one, code="skewed", text="mean and median differ; see the details.") for one in noisy]
    busy = Warning_(
        code="busy_machine", where="", value=1.0, threshold=0.5, text="the machine was busy; end other programs."
    )
    return evolve(document(), warnings=[busy, *noisy, *skewed])


def test_warnings_are_one_line_a_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst of each kind is there with its remedy and where it was seen; what is cut or left out is with --detailed."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = printed(warned(12)).partition("25 warnings")[2].splitlines()
    assert lines[0] == " (--detailed shows all in full)"
    assert lines[1] == "  1. The machine was busy; end other programs."
    assert lines[2].startswith("  2. Times scatter by 11 % beyond texts and faults; run again on a quiet ")
    assert lines[2].endswith("…")
    assert lines[3] == "  3. Mean and median differ; see the details. (mixed · c11, and 11 others)"
    assert lines[4] == ""
    whole = printed(warned(12), detailed=True).partition("25 warnings")[2]
    assert "…" not in whole.partition("\n★")[0]
    assert "--detailed" not in whole
    assert len(re.findall(r"^ +\d+\. ", whole, re.MULTILINE)) == 25
    assert " ".join(whole.split()).count("So, less, asyncio, threaded.") == 12
    assert "\n1 warning (" in printed(evolve(warned(1), warnings=warned(1).warnings[:1]))


def test_a_tie_is_told_once_with_what_it_may_hide() -> None:
    """Below its table stands how far each tied one may be from the best; no paragraph repeats the tables."""
    made = document()
    tied = next(row.contender for row in made.summary if row.verdict == "tied")
    best = next(row.contender for row in made.summary if row.verdict == "best")
    text = " ".join(printed(made).split())
    assert len(re.findall(rf"{best} has the best median; tied with it is {tied} \(within \d+\.\d %\)\.", text)) == 1
    assert made.verdicts[0].startswith(f"mixed · small: {best} has the best median, ")
    assert made.verdicts[0] not in text
    assert "best median" not in printed(document(threaded=80.0))


def test_prose_keeps_to_the_width_where_a_table_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a narrow pipe the table's lines are as long as they must be, and all others are wrapped; none ends in spaces."""
    monkeypatch.setenv("COLUMNS", "50")
    lines = printed(document()).splitlines()
    wide = [line for line in lines if len(line) > 50]
    assert all(line.startswith((*TIMES, "liar", "contender")) for line in wide)
    assert len(wide) == len(TIMES) + 2
    assert any(line.startswith("  liar (wrong_counts): It returned counts") for line in lines)


def test_names_are_text() -> None:
    """Names of files are not read as markup."""
    text = printed(summarise(results({"[bold red]x[/]": 1.0, "y\x1b[31m": 2.0})))
    assert "[bold red]x[/]" in text
    assert "\x1b" not in text


def test_details() -> None:
    """``--detailed`` adds phases, failures and every warning."""
    text = printed(document(), detailed=True)
    for header in ("overlap %", "MAD ms", "import ms", "cold ms", "upper MiB"):
        assert header in text
    assert "wrong_output 1" in text
    assert "recovered" in text
