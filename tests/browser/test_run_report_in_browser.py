"""A run's report in a real browser: it is drawn, fetches nothing, complains of nothing, and fits the screen.

Run by: hatch run browser:test.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_optimization.observing.digest import MOST_SLICES, Digest
from pipeline_optimization.observing.page.report import page_of
from pipeline_optimization.observing.resources import DRIVER, ResourcesSampled
from pipeline_optimization.types import AttemptEnded, ErrorRecord, RunFinished, RunStarted
from pipeline_optimization.types.critical_path import CriticalPath, PathStep

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Dialog, Page

pytestmark = pytest.mark.browser

HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>" + "w" * 200
ACCOUNT = [("compute", 3.0), ("wait", 5.0), ("idle", 2.0)]
PATH = CriticalPath(seconds=1.0, steps=[PathStep(item=HOSTILE, task=HOSTILE, attempts=1, ran=1.0, delayed=0.0)])


def page_for(attempts: int) -> str:
    """Return the report of a run with hostile names: some attempts, of which one in ten fails, on four slots."""
    digest = Digest()
    digest.note(
        RunStarted(run_id="r", time=0.0, orchestrator="threaded", slots=4, seed=1, pipeline=HOSTILE, inputs=[HOSTILE])
    )
    error = ErrorRecord(type="TimeoutError", message=HOSTILE)
    for number in range(5):
        time = number * attempts / 16000
        taken = {DRIVER: 50 << 20, HOSTILE: 80 << 20}
        digest.note(ResourcesSampled(run_id="r", time=time, memory=taken, cpu={DRIVER: time, HOSTILE: time}))
    for number in range(attempts):
        is_bad = number % 10 == 9
        began = number // 4 * 1_000_000
        digest.note(
            AttemptEnded(
                "r", f"{HOSTILE}:{number}", f"task {number % 3} {HOSTILE}", 1, "error" if is_bad else "ok", error if is_bad else None, "done",
                "w", number % 4 + 1, began, began, began + 900_000, began + 950_000, 400_000, 10, 10, 1,
            )
        )  # fmt: skip
    digest.note(
        RunFinished(
            run_id="r",
            time=attempts / 4000,
            is_complete=False,
            is_interrupted=False,
            stopped="deadline",
            critical_path=PATH,
        )
    )
    return page_of(digest, ACCOUNT, notes=[HOSTILE])


def shown(context: BrowserContext, path: Path) -> tuple[Page, list[str]]:
    page = context.new_page()
    incidents: list[str] = []

    def refuse(dialog: Dialog) -> None:
        incidents.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    page.on("console", lambda message: incidents.append(f"console {message.type}: {message.text}"))
    page.on("pageerror", lambda error: incidents.append(f"error: {error}"))
    page.on("dialog", refuse)
    page.on(
        "request",
        lambda one: None if one.url == path.as_uri() or one.url.startswith("data:") else incidents.append(one.url),
    )
    page.goto(path.as_uri())
    return page, incidents


@pytest.mark.parametrize("attempts", [200, MOST_SLICES + 100], ids=["one-by-one", "by-slot"])
def test_it_is_drawn_and_fits(context: BrowserContext, tmp_path: Path, attempts: int) -> None:
    """Each chart has marks with something to read when pointed at; the page never scrolls sideways, and runs and fetches nothing."""
    path = tmp_path / "report.html"
    path.write_text(page_for(attempts), "utf-8")
    page, incidents = shown(context, path)
    marks = page.evaluate(
        "() => [...document.querySelectorAll('svg, .bar')].map(one => one.querySelectorAll('rect title, span[title]').length)"
    )
    assert len(marks) == 6
    assert all(count >= 3 for count in marks), marks
    sideways = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert sideways == 0
    small = page.evaluate(
        """() => [...document.querySelectorAll('svg text')].filter(one => one.getBoundingClientRect().height < 7)
            .map(one => one.textContent)"""
    )
    assert small == []
    unhinted = page.evaluate(
        """() => [...document.querySelectorAll('.wide')].filter(one => one.scrollWidth > one.clientWidth ?
            !getComputedStyle(one).backgroundImage.includes('gradient') : false).length"""
    )
    assert unhinted == 0
    hints = page.evaluate(
        """() => [...document.querySelectorAll('.wide:has(> svg)')].map(one =>
            [one.scrollWidth > one.clientWidth, getComputedStyle(one, '::before').content !== 'none'])"""
    )
    assert len(hints) == 5
    assert all(scrolls == is_said for scrolls, is_said in hints)
    assert page.locator("script, img").count() == 0
    assert page.locator("h1").text_content() == HOSTILE
    assert incidents == []
