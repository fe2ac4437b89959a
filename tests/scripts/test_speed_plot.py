"""``hatch run speed --plot``: what is measured by size, and how it is drawn and told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from attrs import evolve

import speed
from speed_table import plot_programs
from speed_table.alternation import Program, Timing
from speed_table.bench import Bench
from speed_table.corpora import Corpora
from speed_table.element_commands import ProgramOn
from speed_table.peers import Peers
from speed_table.plot_figures import PlotFigures
from speed_table.plot_programs import WorkPrograms, measure_plot

FIGURES = PlotFigures(
    machine={"machine": "x", "processor": "fast", "cores": 2, "python": "3.99.0", "date": "2026-01-02", "load": 0.5},
    rounds=3,
    timings=[
        Timing(section="sum", program="sequential", input="a", size=10_000, seconds=[0.5, 0.25, 9.0]),
        Timing(section="sum", program="sequential", input="b", size=1_000_000, seconds=[2.0, 1.0, 3.0]),
        Timing(section="sum", program="for loop", input="a", size=10_000, seconds=[0.125, 0.125, 0.125]),
        Timing(section="words", program="mpire", input="c", size=4_400_000, seconds=[4.0, 4.0, 4.0]),
    ],
)

TOLD = """\
| Sum of numbers, one on each line | 10,000 lines | 1,000,000 lines |
| --- | ---: | ---: |
| `sequential` | 0.50 | 2.00 |
| for loop | 0.12 |  |

| Word count | 4.4 MB |
| --- | ---: |
| mpire | 4.00 |

Seconds of whole programs, medians of 3 rounds in turn, on 2 cores (fast, x) with CPython 3.99.0, 2026-01-02; the load average before was 0.5.
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return a bench with a small text, on which nothing is installed."""
    (tmp_path / "kjv10.txt").write_text("In the beginning\nGod created\n" * 50)
    monkeypatch.setattr(Peers, "environment", lambda self, name, *packages: None)
    monkeypatch.setenv("PYTHONPATH", "")  # measuring sets it
    return Bench(corpora=Corpora(tmp_path), peers=Peers(tmp_path / "peers"), rounds=1)


def with_programs(monkeypatch: pytest.MonkeyPatch, programs: Mapping[str, ProgramOn]) -> None:
    """Let the plot have one work with two sizes, and these programs only."""
    known = WorkPrograms(sizes=(10, 100), short=(1,), file=Corpora.numbers, others=lambda bench: programs)
    monkeypatch.setattr(plot_programs, "PROGRAMS", {"sum": known})
    monkeypatch.setattr(plot_programs, "ORCHESTRATORS", ())


def taking(seconds: float) -> ProgramOn:
    def on(path: Path) -> Program:
        return lambda: (seconds * len(path.read_text().splitlines()), None)

    return on


def test_stored_figures_are_drawn_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is measured: the picture has a point for each program and size, and the tables have their medians, without those that are missing."""
    FIGURES.write(tmp_path / "figures.json")
    speed.main(["--plot", str(tmp_path / "plot.svg"), "--figures", str(tmp_path / "figures.json")])
    assert capsys.readouterr().out == f"\n{TOLD}"
    assert points_in((tmp_path / "plot.svg").read_text("utf-8")) == {
        "sequential, 10,000 lines: 0.50 s",
        "sequential, 1,000,000 lines: 2.00 s",
        "for loop, 10,000 lines: 0.12 s",
        "mpire, 4.4 MB: 4.00 s",
    }
    assert not (tmp_path / "plot.json").exists()


def points_in(picture: str) -> set[str]:
    return set(re.findall(r'aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="point"', picture))


def test_figures_survive_their_file(tmp_path: Path) -> None:
    """What is read is what was written."""
    FIGURES.write(tmp_path / "figures.json")
    assert PlotFigures.read(tmp_path / "figures.json") == FIGURES


def test_measured_figures_are_kept_and_drawn(
    tmp_path: Path, bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command runs pipelines and hand-written programs, which find the same, and writes its figures beside the picture."""
    sizes = {"sum": [20], "words": [200]}
    few = {name: evolve(known, short=sizes[name]) for name, known in plot_programs.PROGRAMS.items()}
    monkeypatch.setattr(plot_programs, "PROGRAMS", few)
    monkeypatch.setattr(plot_programs, "ORCHESTRATORS", ("sequential",))
    speed.main(["--plot", str(tmp_path / "plot.svg"), "--short", "--rounds", "1", "--corpora", str(tmp_path)])
    figures = PlotFigures.read(tmp_path / "plot.json")
    assert [(timing.section, timing.program, timing.size) for timing in figures.timings] == [
        ("sum", "sequential", 20),
        ("sum", "for loop", 20),
        ("sum", "concurrent.futures", 20),
        ("words", "sequential", 200),
        ("words", "for loop", 200),
    ]
    assert len(points_in((tmp_path / "plot.svg").read_text("utf-8"))) == 5
    assert figures.markdown() in capsys.readouterr().out


def test_slow_programs_are_spared_larger_sizes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that took longer than the limit at one size has no figure at larger ones; the others go on."""
    with_programs(monkeypatch, {"quick": taking(0.01), "slow": taking(1.01)})
    found = measure_plot(bench).timings
    assert [(timing.program, timing.size) for timing in found] == [("quick", 10), ("slow", 10), ("quick", 100)]


def test_short_sizes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a look, only the small sizes are measured."""
    with_programs(monkeypatch, {"quick": taking(0.01)})
    assert [timing.size for timing in measure_plot(bench, is_short=True).timings] == [1]


def test_what_cannot_run_is_left_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program that fails on the smallest file is named with its error, and has no figures."""

    def broken(path: Path) -> Program:
        def program() -> tuple[float | None, object]:
            raise SystemExit("no server")

        return program

    with_programs(monkeypatch, {"broken": broken, "quick": taking(0.01)})
    assert {timing.program for timing in measure_plot(bench).timings} == {"quick"}
    assert "broken is left out: no server\n" in capsys.readouterr().out


def test_the_beginning_of_a_text_ends_at_a_line(bench: Bench) -> None:
    """It has as many whole lines as there is room for."""
    assert bench.corpora.beginning_of_kjv(40).read_text() == "In the beginning\nGod created\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--plot", "x.png"], "x.png does not end with .svg"),
        (["--plot", "x.svg", "--figures", "missing.json"], "there is no file missing.json"),
        (["--short"], "--short and --figures belong to --plot FILE.svg"),
        (["--only", "nothing"], "no section nothing"),
    ],
)
def test_bad_input(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be meant ends with a sentence before anything is measured."""
    with pytest.raises(SystemExit) as ended:
        speed.main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
