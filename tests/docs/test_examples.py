"""The pipelines of ``examples/`` do what they say, as commands, and are short."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from command import anagram, ended_here
from counting_server import serving
from project_files import ROOT

EXAMPLES = ROOT / "examples"
LOG = '1.2.3.4 - - [27/Nov/2026:{}:01:02 +0000] "GET /a b HTTP/1.1" {} 12\n'
ROWS = 'customer,amount\nann,"$1,000.50"\nANN ,0.25\nbob,free\n"Cy\nLee",5\nbob,-1\nbob\n'


def run(name: str, *arguments: str) -> dict[str, object]:
    """Run an example and return its report."""
    done = anagram("run", "--pipeline", str(EXAMPLES / name), *arguments, "--format", "json")
    assert done.returncode in {0, 1}, done.stderr.decode()
    report: dict[str, object] = json.loads(done.stdout)
    return report


def test_all_are_short_and_tested() -> None:
    """Each has at most 60 lines, and a test names it."""
    tests = [Path(__file__), *ROOT.glob("plugins/*/tests/test_*.py")]
    tested = "".join(path.read_text() for path in tests)
    for example in EXAMPLES.glob("*.py"):
        assert len(example.read_text().splitlines()) <= 60, example
        assert example.name in tested


def test_status_codes(tmp_path: Path) -> None:
    """Entries by hour and status; a line that is no entry is told with its number."""
    log = tmp_path / "access.log"
    log.write_text("".join(LOG.format(*one) for one in ((10, 404), (10, 200), (10, 404))) + "nothing\n")
    report = run("status_codes.py", str(log), "--orchestrator", "threaded")
    assert report["result"] == [[["10", "404"], 2], [["10", "200"], 1]]
    assert [failed["place"] for failed in report["failed_items"]] == [f"{log}, line 4: 'nothing'"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("orchestrator", ["sequential", "asyncio", "threaded"])
def test_word_count(tmp_path: Path, orchestrator: str) -> None:
    """The same under simulated faults and without, whoever runs it."""
    for number in range(5):
        (tmp_path / f"{number}.txt").write_text("The cat and the dog")
    faults = ("--faults", "exercise", "--seed", "1", "--latency-scale", "0.01")
    for arguments in ((), faults):
        report = run("word_count.py", str(tmp_path / "*.txt"), "--orchestrator", orchestrator, *arguments)
        assert report["result"] == {"the": 10, "and": 5, "cat": 5, "dog": 5}
        assert report["complete"]


def test_clean_rows(tmp_path: Path) -> None:
    """Sums of floats are rounded once, and bad rows are told by their numbers."""
    rows = tmp_path / "payments.csv"
    rows.write_text(ROWS)
    report = run("clean_rows.py", str(rows))
    assert report["result"] == {"Ann": 1000.75, "Cy\nLee": 5.0}
    places = [failed["place"] for failed in report["failed_items"]]  # type: ignore[attr-defined]
    assert [place.removeprefix(f"{rows}, ").partition(":")[0] for place in sorted(places)] == [
        "record 3",
        "record 5",
        "record 6",
    ]


@pytest.mark.parametrize("orchestrator", ["asyncio", "threaded"])
def test_link_checker(tmp_path: Path, capsys: pytest.CaptureFixture[str], orchestrator: str) -> None:
    """Dead links are told, whatever is busy, down, slow or reset at first is tried again, when it asks for it, and what never answers is quarantined."""
    links = tmp_path / "links.txt"
    with serving() as server:
        good = [f"{server.url}/{number}/ok" for number in range(40)]
        bad = [f"{server.url}/{how}" for how in ("missing", "busy", "down", "slow", "reset", "gone")]
        links.write_text("\n".join(["no link", *good, *bad, "http://:7:7/"]))
        options = ("--orchestrator", orchestrator, "--format", "json")
        code, out, err = ended_here(
            ["run", "--pipeline", str(EXAMPLES / "link_checker.py"), str(links), *options], capsys
        )
    report = json.loads(out)
    assert report["result"] == [[f"{server.url}/missing", 404]]
    failed = {one["place"].partition(": ")[0]: one["error"] for one in report["failed_items"]}
    assert failed == {f"{links}, line 47": "httpx.ReadError", f"{links}, line 48": "httpx.InvalidURL"}
    assert code == 1, err
    assert server.most <= 20
    tries = {path: len(moments) for path, moments in server.arrivals.items() if "ok" not in path}
    assert tries == {"/missing": 1, "/busy": 2, "/down": 2, "/slow": 2, "/reset": 2, "/gone": 6}
    first, second = server.arrivals["/busy"]
    assert second - first >= 1.0
    assert set(server.statuses) == {200, 404, 429, 503}


def test_thumbnails(tmp_path: Path) -> None:
    """Pictures become small ones in processes, upright and in their proportions; what is none is told by its name, and leaves nothing behind."""
    photos, small = tmp_path / "photos", tmp_path / "small"
    for place, size in (("a", (400, 200)), ("b", (200, 400)), ("c", (10, 20))):
        (photos / place).mkdir(parents=True)
        Image.new("RGBA", size, (200, 30, 30, 255)).save(photos / place / "same.png")
    turned = Image.Exif()
    turned[0x0112] = 6  # to be turned by a quarter
    Image.new("RGB", (800, 400), "green").save(photos / "turned.jpg", exif=turned)
    (photos / "broken.jpg").write_bytes((photos / "turned.jpg").read_bytes()[:200])
    (photos / "text.jpg").write_text("no picture")
    options = ("-o", f"pipeline.folder={small}", "-o", "pipeline.edge=100", "-o", "workers=2", "-o", "retry.base=0")
    report = run("thumbnails.py", str(photos / "**"), "--orchestrator", "multiprocess", *options)
    rows: list[dict[str, object]] = report["result"]  # type: ignore[assignment]
    sizes = {str(Path(str(row["picture"])).relative_to(photos)): (row["width"], row["height"]) for row in rows}
    assert sizes == {"a/same.png": (100, 50), "b/same.png": (50, 100), "c/same.png": (10, 20), "turned.jpg": (50, 100)}
    for row in rows:
        with Image.open(str(row["thumbnail"])) as image:
            assert (image.format, image.size) == ("JPEG", (row["width"], row["height"]))
    assert sorted(path.name for path in small.iterdir()) == sorted(Path(str(row["thumbnail"])).name for row in rows)
    failed = {one["place"]: one["error"] for one in report["failed_items"]}  # type: ignore[attr-defined]
    assert {Path(place.partition(":")[0]).name for place in failed} == {"broken.jpg", "text.jpg"}, failed
