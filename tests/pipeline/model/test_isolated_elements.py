"""An element that kills its worker, or hangs, is quarantined like any other: it is shown, and it is counted."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import pipeline_functions as f
from pipeline_optimization import Limits, Pipeline, PipelineReport, run
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.sources import TextSource

IN_WORKERS: Mapping[str, Mapping[str, object]] = {
    "multiprocess": {"workers": 2},
    "hedged": {"inner": "multiprocess", "inner_options": "workers=2"},
}


def run_in_workers(
    pipeline: CompletePipeline[Any, Any], given: Any, orchestrator: str = "multiprocess", **options: Any
) -> PipelineReport[Any]:
    return run(
        pipeline,
        given,
        orchestrator=orchestrator,
        orchestrator_options=IN_WORKERS[orchestrator],
        retry="none",
        **options,
    )


def place_of(report: PipelineReport[Any]) -> str:
    (failed,) = report.failed_items
    return failed.place


@pytest.mark.parametrize("orchestrator", IN_WORKERS)
@pytest.mark.parametrize("kind", ["plain", "packed", "text"])
def test_a_line_that_kills_is_shown_and_counted(tmp_path: Path, kind: str, orchestrator: str) -> None:
    """In ranges that workers read, and in lines that are sent to them."""
    text = "a\nb\r\n\nxä 'y'\r\nc\n" * 2
    path = tmp_path / "a.txt"
    path.write_bytes(gzip.compress(text.encode()) if kind == "packed" else text.encode())
    report = run_in_workers(
        Pipeline("p").lines().map(f.deadly).collect(), TextSource(text) if kind == "text" else path, orchestrator
    )
    assert report.result == ["a", "b", "", "c"] * 2
    assert report.elements == 10
    places = sorted(failed.place.rpartition(", ")[2] for failed in report.failed_items)
    assert places == ["line 4: \"xä 'y'\"", "line 9: \"xä 'y'\""]
    assert all(failed.is_poison for failed in report.failed_items)


def test_values_and_rows_that_kill_are_shown_and_counted(tmp_path: Path) -> None:
    """As the function got them from the input."""
    report = run_in_workers(Pipeline("p").values(int).map(f.kills).count(), range(40))
    assert (place_of(report), report.elements) == ("value 14: 13", 40)
    path = tmp_path / "a.csv"
    path.write_text("n\n1\n13\n")
    pipeline = Pipeline("p").records().map(f.number_in).map(f.kills).collect()
    report = run_in_workers(pipeline, path)
    assert (place_of(report), report.elements) == (f"{path}, record 2: (['n'], ['13'])", 2)


def test_only_the_beginning_of_a_long_line_is_read(tmp_path: Path) -> None:
    """A line may have killed its worker by its length."""
    path = tmp_path / "a.txt"
    path.write_text("a\n" + "xä" * 1_000_000 + "\nb\n")
    report = run_in_workers(Pipeline("p").lines().map(f.deadly).collect(), path)
    place = place_of(report)
    assert place.startswith(f"{path}, line 2: 'xäxä")
    assert place.endswith("xä…")
    assert len(place) < len(str(path)) + 220
    assert report.elements == 3


def test_a_line_that_hangs_is_shown_and_counted(tmp_path: Path) -> None:
    """Under the run's limit of time it is found as one that kills."""
    path = tmp_path / "a.txt"
    path.write_text("a\nx\n")
    report = run_in_workers(Pipeline("p").lines().map(f.hanging).collect(), path, limits=Limits(item_timeout=0.5))
    assert (place_of(report), report.elements) == (f"{path}, line 2: 'x'", 2)


def test_an_element_that_cannot_be_read_again_has_its_place(tmp_path: Path) -> None:
    """It is counted nevertheless."""
    path = tmp_path / "a.txt"
    path.write_text("x")
    pipeline = Pipeline("p").lines().map(partial(f.deadly_and_removing, str(path))).collect()
    report = run_in_workers(pipeline, path, limits=Limits(poison_losses=1))
    assert (place_of(report), report.elements) == (f"{path}, bytes 0 to 1", 1)


def test_a_run_that_goes_on_counts_it_once(tmp_path: Path) -> None:
    """Whether the quarantine of an earlier run has it, or this run has found it again."""
    for name, text in (("one", "x"), ("some", "a\nx\nb\n")):
        path = tmp_path / name
        path.write_text(text)
        options: Mapping[str, Any] = {"checkpoint": str(tmp_path / f"{name}.checkpoint"), "resume": True}
        for _ in range(2):
            report = run_in_workers(Pipeline("p").lines().map(f.deadly).collect(), path, **options)
            assert report.elements == len(text.split())
            assert place_of(report).endswith(": 'x'")
