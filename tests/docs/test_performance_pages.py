"""docs/performance.md and docs/laboratory.md: figures are those of commands that there are, and the picture shows its figures."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

import speed
from speed_table.plot_figures import PlotFigures
from speed_table.plot_picture import draw, point_text

ROOT = Path(__file__).parents[2]
PERFORMANCE = (ROOT / "docs" / "performance.md").read_text("utf-8")
LABORATORY = (ROOT / "docs" / "laboratory.md").read_text("utf-8")
PICTURE = ROOT / "docs" / "pictures" / "speed.svg"
ENTRIES = dict(re.findall(r"^### (.+)\n((?:(?!#).*\n)*)", LABORATORY, re.MULTILINE))
FIELDS = ("Command", "Machine", "Figures", "Answer")
POINT = re.compile(r'aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="point"')
ROWS = re.findall(r"^\| [^|]+ \| ([^|]*\d[^|]*) \| .*\(laboratory\.md#([\w-]+)\) \|$", PERFORMANCE, re.MULTILINE)
"""What a row of the page's table of figures says, and the entry that it links."""


def test_the_picture_shows_its_figures(tmp_path: Path) -> None:
    """The picture has the points of the figures beside it, and they are what the command draws and prints of them today."""
    figures = PlotFigures.read(PICTURE.with_suffix(".json"))
    points = sorted(map(point_text, figures.timings))
    draw(figures, tmp_path / "speed.svg")
    assert sorted(POINT.findall(PICTURE.read_text("utf-8"))) == points
    assert sorted(POINT.findall((tmp_path / "speed.svg").read_text("utf-8"))) == points
    assert figures.markdown() in PERFORMANCE, (
        "Put into docs/performance.md what this prints: "
        "hatch run speed --plot docs/pictures/speed.svg --figures docs/pictures/speed.json"
    )


def test_the_picture_fetches_nothing() -> None:
    """It stands by itself, as the site does."""
    assert set(re.findall(r"https?://[\w./]+", PICTURE.read_text("utf-8"))) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


@pytest.mark.parametrize("question", ENTRIES)
def test_an_entry_has_five_fields(question: str) -> None:
    """Its heading is a question, and a command, a machine, figures and an answer follow in this order, none of them empty."""
    assert question.endswith("?")
    fields = re.findall(r"^\*\*(\w+)\.\*\*(.*?)(?=^\*\*\w+\.\*\*|\Z)", ENTRIES[question], re.MULTILINE | re.DOTALL)
    assert tuple(name for name, _ in fields) == FIELDS
    assert all(text.strip() for _, text in fields)


def test_each_section_has_an_entry() -> None:
    """What ``hatch run speed`` measures is told somewhere in the laboratory."""
    told = {
        name for command in speed_commands(LABORATORY) for name in speed.make_parser().parse_args(command).only or ()
    }
    assert told == set(speed.SECTIONS)


@pytest.mark.parametrize("page", [PERFORMANCE, LABORATORY], ids=["performance", "laboratory"])
def test_commands_are_real(page: str) -> None:
    """``hatch run speed`` takes its options as they stand in the page, and other commands are of the project."""
    for command in speed_commands(page):
        speed.make_parser().parse_args(command)
    environments = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["envs"]
    others = re.findall(r"hatch run (?:(\w+):)?([\w-]+)", page)
    assert others
    for environment, script in others:
        assert script in environments[environment or "default"]["scripts"]


def speed_commands(page: str) -> list[list[str]]:
    """Return the arguments of each command that stands in code, without what is said of it."""
    found = re.findall(r"hatch run speed\b([^\n`#]*)", page)
    return [shlex.split(arguments) for arguments in found]


@pytest.mark.parametrize(("cell", "anchor"), ROWS)
def test_figures_of_the_page_are_those_of_the_laboratory(cell: str, anchor: str) -> None:
    """Each number of a row stands in the entry that the row links, so that they change together."""
    (entry,) = [text for heading, text in ENTRIES.items() if slug(heading) == anchor]
    known = set(re.findall(r"\d[\d.,]*\d|\d", entry))
    assert set(re.findall(r"\d[\d.,]*\d|\d", cell)) <= known


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
