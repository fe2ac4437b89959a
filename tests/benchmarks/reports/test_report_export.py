"""A file's suffix says what is written, and a file is there whole or not at all."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from attrs import evolve

from example_summary import full_results
from pipeline_optimization.benchmarks.documents import results_from_json
from pipeline_optimization.benchmarks.reports import export as export_module
from pipeline_optimization.benchmarks.reports.export import export, form_of, render
from pipeline_optimization.errors import UsageError


@pytest.mark.parametrize(
    ("name", "start"),
    [("r.json", "{"), ("r.csv", "contender,"), ("r.md", "# Comparison"), ("R.HTML", "<!doctype html>")],
)
def test_the_suffix_decides(tmp_path: Path, name: str, start: str) -> None:
    """Each of the four suffixes gives its format, in any case; the library of charts is a real one here."""
    export(full_results(), str(tmp_path / name))
    written = (tmp_path / name).read_bytes().decode()
    assert written.lstrip().startswith(start)
    assert written.count("</script>") == (4 if start.startswith("<") else 0)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["r.txt", "r", ".html", "-", "r.html.gz"])
def test_other_suffixes_are_refused(tmp_path: Path, name: str) -> None:
    """The error names the path and the four suffixes, and nothing is written."""
    with pytest.raises(UsageError, match=r"its suffix names no format\. Use \.json, \.csv, \.md or \.html\."):
        export(full_results(), str(tmp_path / name))
    assert os.listdir(tmp_path) == []


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """The error names the path and the option."""
    with pytest.raises(UsageError, match=r"Cannot write .*no/r\.csv.* Name another --export\."):
        export(full_results(), str(tmp_path / "no" / "r.csv"))


def test_a_failed_export_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where writing fails, what was there before is there still, and nothing besides."""

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "r.csv"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UsageError, match="No space left on device"):
        export(full_results(), str(path))
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["r.csv"]


@pytest.mark.parametrize("form", ["json", "csv", "md"])
def test_what_no_encoding_has(form: export_module.Form) -> None:
    """A file name that is no UTF-8 can be exported; JSON gives it back as it was."""
    results = evolve(full_results(), verdicts=["caf\udce9"], machine={"cpu": "caf\udce9"})
    results = evolve(results, samples=[evolve(results.samples[0], contender="caf\udce9")])
    text = render(results, form)
    assert text.encode()
    assert "caf\\udce9" in text.replace("\\\\", "\\")
    if form == "json":
        assert results_from_json(text, source="f.json").verdicts == ("caf\udce9",)
        assert json.loads(text)["samples"][0]["contender"] == "caf\udce9"


def test_the_form_of_a_path() -> None:
    """Directories and dots before the suffix do not matter."""
    assert form_of("a.b/c.d.html") == "html"
