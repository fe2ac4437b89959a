"""The HTML report holds everything, and nothing in it is active but its own two scripts."""

from __future__ import annotations

import json
import re
import sys
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import altair as alt
import pytest
from attrs import evolve

from example_summary import HOSTILE, full_results, hostile_results
from pipeline_optimization.benchmarks.documents import results_to_json
from pipeline_optimization.benchmarks.reports.html import document, library
from pipeline_optimization.benchmarks.reports.html.contenders import Contenders
from pipeline_optimization.benchmarks.reports.html.document import results_to_html
from pipeline_optimization.benchmarks.reports.html.embedding import json_block, script_block
from pipeline_optimization.benchmarks.reports.html.figure import log_axis
from pipeline_optimization.benchmarks.reports.html.sections import chart_sections
from pipeline_optimization.benchmarks.reports.html.theme import DARK, LIGHT, ON_PHASE, PHASE_COLOURS, Theme
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.errors import UsageError
from pipeline_optimization.printable import printable
from similar_cases import some


class Page(HTMLParser):
    """What a browser would see: elements with attributes, texts, and the contents of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self._open = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._open = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            self.scripts[-1] += data
        else:
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def json(self, name: str) -> Any:
        index = next(i for i, attributes in enumerate(self.all("script")) if attributes.get("id") == name)
        return json.loads(self.scripts[index])


@pytest.fixture(autouse=True)
def short_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the charts' library, which takes seconds to make, out of these tests."""
    monkeypatch.setattr(document, "chart_library", lambda: "window.vegaEmbed = () => {};")


def nothing_measured() -> Results:
    bare = evolve(full_results(), samples=[], summary=[], warnings=[], verdicts=[], scans=[], comparisons=[])
    return evolve(bare, cases=[], machine={}, run=evolve(bare.run, is_interrupted=True))


@cache
def all_specs(has_hostile_names: bool) -> dict[str, dict[str, Any]]:
    results = hostile_results() if has_hostile_names else full_results()
    sections = chart_sections(results, Contenders.of(results))
    return {figure.name: dict(figure.spec) for section in sections for figure in section.figures}


def one_of_each() -> list[str]:
    """Return a chart's name for each kind of chart; the cases of a kind differ only in their data."""
    return [name for name in all_specs(has_hostile_names=False) if not name.endswith(("-1", "-2"))]


def test_the_data_is_all_there() -> None:
    """The embedded JSON is the document that a JSON export writes."""
    page = Page(results_to_html(hostile_results()))
    assert page.json("results") == json.loads(results_to_json(hostile_results()))


def test_hostile_names_are_text() -> None:
    """Names add no element, no attribute and no script; they are there as text."""
    page = Page(results_to_html(hostile_results()))
    plain = {tag for tag, _ in Page(results_to_html(full_results())).elements}
    assert {tag for tag, _ in page.elements} <= {*plain, "wbr"}  # our own, behind the "=" of settings
    assert not page.all("img")
    assert len(page.all("script")) == 4
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    for name in HOSTILE:
        assert printable(name) in page.texts, name
    assert not [text for text in page.texts if "\u202e" in text]


def test_text_in_scripts_cannot_end_them() -> None:
    """JSON in the page has no character that HTML or older JavaScript would act on; scripts have no end tag."""
    block = json_block(json.dumps("</script><!--\u2028\u2029&", ensure_ascii=False))
    assert not re.search("[<>&\u2028\u2029]", block)
    assert json.loads(block) == "</script><!--\u2028\u2029&"
    assert script_block("'</SCRIPT>' + '<!--'\r\n") == "'<\\/SCRIPT>' + '<\\!--'\n"


def test_only_our_scripts_may_run() -> None:
    """The policy names the hash of each script as it stands in the page, and allows nothing from elsewhere."""
    page = Page(results_to_html(full_results()))
    policy = next(m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    code = [script for script, attributes in zip(page.scripts, page.all("script"), strict=True) if not attributes]
    assert len(code) == 2
    hashes = [f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" for script in code]
    assert directives.pop("script-src").split() == hashes
    assert directives == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_summary_has_marks_and_words() -> None:
    """Best and tied values have a sign with a name, and verdicts and problems are words."""
    text = results_to_html(full_results())
    assert re.search(
        r'<td class="number best"><span class="value"><span class="mark" role="img" aria-label="best">★</span>2\d\d<',
        text,
    )
    assert re.search(
        r'<td class="number tied"><span class="value"><span class="mark" role="img" aria-label="tied">≈</span>2\d\d<',
        text,
    )
    assert "<strong>wrong answers</strong>" in text
    assert '<p class="note"><bdi>hasty</bdi>: Words whose task had failed' in text
    assert "<strong>failed</strong>" in text
    assert '<p class="note"><bdi>broken</bdi>: Its process was ended by a signal.' in text


def test_every_chart_has_words() -> None:
    """Each chart has a place, a label, and a text that says the same."""
    page = Page(results_to_html(full_results()))
    places = [attributes for attributes in page.all("div") if attributes.get("class") == "chart"]
    assert [place["id"] for place in places] == [f"chart-{name}" for name in page.json("charts")["specs"]]
    assert len(places) == 22
    words = [attributes.get("id") for attributes in page.all("p")]
    assert all(place["aria-label"] and place["aria-describedby"] in words for place in places)


def test_structure_for_screen_readers() -> None:
    """Headings skip no level, every header cell has a scope, every table a caption, every id is unique."""
    page = Page(results_to_html(full_results()))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(attributes.get("scope") in {"col", "row"} for attributes in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [str(attributes.get("href")) for attributes in page.all("a") if "href" in attributes]
    assert {link.removeprefix("#") for link in links} <= set(ids)


def test_what_is_missing_is_said() -> None:
    """Without data there is no chart, and each section says in a line why."""
    page = Page(results_to_html(nothing_measured()))
    assert page.json("charts")["specs"] == {}
    shown = " ".join(page.texts)
    for text in (
        "There is no summary and no verdict",
        "The run was interrupted",
        "No contender has a time.",
        "No ratios:",
        "No timed sample has a time.",
        "No memory rounds were run.",
        "No CPU use over time was recorded.",
        "No phases were recorded.",
        "No sizes or workers were scanned",
        "No execution failed in any way.",
        "Nothing is known about the machine.",
    ):
        assert text in shown, text


@pytest.mark.parametrize("name", some(one_of_each(), every=3))
def test_charts_are_valid_vega_lite(name: str) -> None:
    """Each chart fits Vega-Lite's own schema, which a misspelt property does not."""
    alt.LayerChart.from_dict(all_specs(has_hostile_names=False)[name])


def test_names_of_charts_hide_nothing() -> None:
    """What charts show of names has no invisible character, and no name is a field's name."""
    text = json.dumps(all_specs(has_hostile_names=True))
    assert "\\u202e" not in text.replace("\\\\u202e", "")
    assert "\\n" not in text.replace("\\\\n", "")


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.24, 1.0], [0.3, 0.5, 0.7, 1.0]),
        ([1.0, 1e6], [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6]),
        ([100.0, 9000.0], [100.0, 300.0, 1000.0, 3000.0, 10000.0]),
    ],
)
def test_logarithmic_axes_have_few_round_ticks(values: list[float], ticks: list[float]) -> None:
    """Ticks are round numbers, from four up to about one a decade."""
    axis = log_axis(values, form="~r")["axis"]
    assert isinstance(axis, dict)
    assert axis["values"] == ticks


def test_narrow_axes_are_left_to_vega() -> None:
    """Between 0.98 and 1.02 no four round numbers lie."""
    axis = log_axis([0.98, 1.02], form="~r")["axis"]
    assert isinstance(axis, dict)
    assert "values" not in axis


def luminance(colour: str) -> float:
    """Return the relative luminance as WCAG 2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast(theme: Theme) -> None:
    """All text, and the charts' marks too, has a contrast of 4.5 or more against what it stands on."""
    texts = (theme.text, theme.muted, theme.good, theme.bad, theme.caution, theme.link, *theme.series)
    assert min(contrast(text, ground) for text in texts for ground in (theme.page, theme.panel)) >= 4.5
    assert min(contrast(ON_PHASE, ground) for ground in PHASE_COLOURS) >= 4.5


@pytest.mark.parametrize("package", ["vl_convert", "jinja2"])
def test_the_extra_is_missing(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra's packages, the error says what to install."""
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(tmp_path))
    if package == "vl_convert":
        monkeypatch.setattr(document, "chart_library", library.chart_library.__wrapped__)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=rf"'{package}', .*pip install .*'jinja2>=.*'vl-convert-python>=.*\.csv"):
        results_to_html(full_results())


@pytest.mark.slow
def test_charts_are_bundled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library of charts comes from the cache the next time, and is bundled again where its file is damaged."""
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(tmp_path))
    bundle = library.chart_library.__wrapped__
    first = bundle()
    (file,) = tmp_path.iterdir()
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "vl_convert", None)
        assert bundle() == first
        file.write_bytes(file.read_bytes()[:-1])
        with pytest.raises(UsageError, match="pip install"):
            bundle()
    fake = SimpleNamespace(javascript_bundle=lambda script: f"another; {script}")
    monkeypatch.setitem(sys.modules, "vl_convert", fake)
    assert bundle() == "another; window.vegaEmbed = vegaEmbed;"
