"""Reports in a real browser: charts are drawn, nothing is fetched, nothing overflows, and names stay text.

Run by: hatch run browser:test. It takes Chromium, which is found on the path or named by CHROMIUM.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from attrs import field, frozen

from example_results import results
from example_summary import HOSTILE, full_results, hostile_results
from pipeline_optimization.benchmarks.documents import results_to_json
from pipeline_optimization.benchmarks.reports.export import export
from pipeline_optimization.benchmarks.statistics.summary import summarise
from pipeline_optimization.printable import printable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request

    from pipeline_optimization.benchmarks.results import Results

pytestmark = pytest.mark.browser

VARIANTS = tuple(
    f"sequential retry={retry} tokenizer={name}" for retry in ("none", "fixed") for name in ("exercise", "unicode")
)


def variants() -> Results:
    """Return a comparison of variants whose names begin alike."""
    return summarise(results(dict(zip(VARIANTS, (100.0, 120.0, 150.0, 200.0), strict=True))))


REPORTS = {"full": full_results, "hostile": hostile_results}
SECTIONS = {"times", "ratios", "samples", "order", "memory", "cpu", "phases", "scans"}


@frozen
class Opened:
    """A page and all that it did besides showing itself."""

    page: Page
    incidents: list[str] = field(factory=list)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("reports")
    paths = {name: directory / f"{name}.html" for name in REPORTS}
    for name, path in paths.items():
        export(REPORTS[name](), str(path))
    paths["variants"] = directory / "variants.html"
    export(variants(), str(paths["variants"]))
    return paths


def opened(context: BrowserContext, path: Path) -> Opened:
    """Open a report and wait until its charts are drawn, noting whatever it should not do."""
    result = Opened(context.new_page())
    page, incidents = result.page, result.incidents

    def refuse(dialog: Dialog) -> None:
        incidents.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def note_request(request: Request) -> None:
        # A blob: is the page's own, and the icon is data in the page.
        if request.url != path.as_uri() and not request.url.startswith(("blob:", "data:")):
            incidents.append(f"request: {request.url}")

    page.on("console", lambda message: incidents.append(f"console {message.type}: {message.text}"))
    page.on("pageerror", lambda error: incidents.append(f"error: {error}"))
    page.on("dialog", refuse)
    page.on("request", note_request)
    page.goto(path.as_uri())
    page.wait_for_function("document.documentElement.dataset.charts === 'drawn'", timeout=60_000)
    return result


@pytest.fixture
def plain_context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(accept_downloads=True)
    yield made
    made.close()


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_drawn_and_stays_in_the_page(context: BrowserContext, files: dict[str, Path], name: str) -> None:
    """Every chart has marks and fits its place; the page never scrolls sideways, fetches nothing and complains of nothing."""
    shown = opened(context, files[name])
    page = shown.page
    marks = page.evaluate(
        """() => [...document.querySelectorAll("main > section")].map(section => [
            section.id,
            [...section.querySelectorAll(".chart")].map(chart =>
                chart.querySelectorAll("svg .role-mark path, svg .role-mark line").length),
        ]).filter(([_, charts]) => charts.length)"""
    )
    assert {section for section, _ in marks} == SECTIONS
    assert all(count >= 2 for _, charts in marks for count in charts), marks
    for details in page.locator("details").all():
        details.evaluate("element => element.open = true")
    overflow = page.evaluate(
        """() => ({
            page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            charts: [...document.querySelectorAll(".chart")].filter(chart => {
                const svg = chart.querySelector("svg").getBoundingClientRect();
                // An image of another size would be shrunk with its text.
                const drawn = Number(chart.querySelector("svg").getAttribute("width"));
                return svg.right > chart.getBoundingClientRect().right + 1 || Math.abs(drawn - chart.clientWidth) > 20;
            }).map(chart => chart.id),
            outside: [...document.querySelectorAll("main *:not(svg *)")].filter(element =>
                !element.closest(".scroll") && element.getBoundingClientRect().right > innerWidth + 1
            ).map(element => element.outerHTML.slice(0, 80)),
        })"""
    )
    assert overflow == {"page": 0, "charts": [], "outside": []}
    assert shown.incidents == []


@pytest.mark.parametrize("name", REPORTS)
def test_labels_are_not_cut_off(context: BrowserContext, files: dict[str, Path], name: str) -> None:
    """All text of the charts lies inside its chart."""
    page = opened(context, files[name]).page
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".chart")].flatMap(chart => {
            const frame = chart.querySelector("svg").getBoundingClientRect();
            return [...chart.querySelectorAll("svg text")].filter(text => {
                const box = text.getBoundingClientRect();
                return text.textContent && (box.left < frame.left - 1 || box.right > frame.right + 1
                    || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
            }).map(text => `${chart.id}: ${text.textContent}`);
        })"""
    )
    assert cut == []


def test_a_narrow_screen_shows_the_answer(browser: Browser, files: dict[str, Path]) -> None:
    """At 400 px each contender's name, verdict, time and direction are there without scrolling sideways, and the answer above them."""
    narrow = browser.new_context(viewport={"width": 400, "height": 900})
    page = opened(narrow, files["full"]).page
    assert "Use --orchestrator" in str(page.locator(".answer").text_content())
    assert page.locator(".answer").bounding_box()["y"] < 300
    outside = page.evaluate(
        """() => [...document.querySelectorAll("#summary .sticky")].filter(table => table.offsetParent)
            .flatMap(table => [...table.rows].flatMap(row => [...row.cells].slice(0, 4)))
            .filter(cell => cell.getBoundingClientRect().right > innerWidth)
            .map(cell => cell.outerHTML.slice(0, 80))"""
    )
    assert outside == []
    narrow.close()


def test_names_of_variants_are_told_apart_on_a_narrow_screen(browser: Browser, files: dict[str, Path]) -> None:
    """In charts each setting has a line of its own, whole; in tables a name is broken behind its signs only."""
    narrow = browser.new_context(viewport={"width": 400, "height": 900})
    page = opened(narrow, files["variants"]).page
    for chart in ("times-0", "ratio-0", "strip-0"):
        labels = page.locator(f"#chart-{chart} .role-axis-label text:has(tspan)").all()
        shown = {" ".join(label.locator("tspan").all_text_contents()) for label in labels}
        assert shown == set(VARIANTS), chart
    names = page.locator("#summary .sticky").first.locator("tbody th").all_text_contents()
    assert sorted(names) == sorted(VARIANTS)
    narrow.close()


def test_hostile_names_stay_text(plain_context: BrowserContext, files: dict[str, Path]) -> None:
    """Names run nothing and add no element, in tables, in charts and in tooltips."""
    shown = opened(plain_context, files["hostile"])
    page = shown.page
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 4
    assert page.locator("a[href^='http']").count() == 0
    headers = page.locator("#summary tbody th[scope=row]").all_text_contents()
    assert set(headers) == {printable(name) for name in HOSTILE}
    labels = set(page.locator("#chart-strip-0 .role-axis-label text").all_text_contents())
    assert printable(HOSTILE[0]) in labels
    page.locator("#chart-ratio-0").scroll_into_view_if_needed()
    page.locator("#chart-ratio-0 .mark-symbol path").first.hover(force=True)
    tooltip = page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    assert printable(HOSTILE[0]) in str(tooltip.text_content())
    assert tooltip.locator("script, img").count() == 0
    assert shown.incidents == []


def test_the_policy_holds(plain_context: BrowserContext, files: dict[str, Path]) -> None:
    """Were a name to become markup after all, the browser would still run and fetch nothing of it."""
    shown = opened(plain_context, files["full"])
    shown.page.evaluate(
        """() => {
            document.body.insertAdjacentHTML("beforeend", '<img src="https://example.invalid/x" onerror="alert(1)">');
            const script = document.createElement("script");
            script.textContent = "alert(2)";
            document.body.append(script);
        }"""
    )
    shown.page.wait_for_timeout(200)
    assert not [incident for incident in shown.incidents if incident.startswith("dialog")]
    refused = [incident for incident in shown.incidents if "Content Security Policy" in incident]
    assert {word for word in ("image", "inline event handler", "inline script") if word in " ".join(refused)} == {
        "image",
        "inline event handler",
        "inline script",
    }, shown.incidents


def test_the_data_can_be_downloaded(plain_context: BrowserContext, files: dict[str, Path]) -> None:
    """The link gives the document that a JSON export writes."""
    page = opened(plain_context, files["hostile"]).page
    with page.expect_download() as download:
        page.get_by_role("link", name="Download results.json").click()
    assert download.value.suggested_filename == "results.json"
    data = Path(download.value.path()).read_text(encoding="utf-8")
    assert json.loads(data) == json.loads(results_to_json(hostile_results()))


def test_charts_follow_the_theme(plain_context: BrowserContext, files: dict[str, Path]) -> None:
    """A change between light and dark draws the charts anew, in colours for the other ground."""
    page = opened(plain_context, files["full"]).page
    colours = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.wait_for_timeout(100)
        page.wait_for_function("document.documentElement.dataset.charts === 'drawn'", timeout=60_000)
        label = page.locator("#chart-ratio-0 .role-axis-label text").first
        colours.append(label.evaluate("element => getComputedStyle(element).fill"))
        assert page.locator("#chart-ratio-0 svg").count() == 1
    assert len(set(colours)) == 2


def test_focus_is_visible(plain_context: BrowserContext, files: dict[str, Path]) -> None:
    """What has the keyboard's focus has an outline, and wide tables can be scrolled by keyboard."""
    page = opened(plain_context, files["full"]).page
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert page.locator(".scroll:not([tabindex='0'])").count() == 0
