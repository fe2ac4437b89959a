"""The contenders that ship with the project do what they say, on every shipped case."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest

from pipeline_optimization.anagrams.cases import CASE_NAMES, load_cases
from pipeline_optimization.benchmarks.anagrams.cases import TextCase, benchmark_case
from pipeline_optimization.benchmarks.contenders import file_contender
from pipeline_optimization.benchmarks.judging.assembly import assemble
from pipeline_optimization.benchmarks.measuring.sampling import take_sample
from pipeline_optimization.benchmarks.results import Sample
from pipeline_optimization.benchmarks.schedule import make_round, order_sample
from pipeline_optimization.file_module import import_file
from project_files import ROOT

DIRECTORY = ROOT / "benchmark_orchestrators"
NAMES = sorted(path.stem for path in DIRECTORY.glob("*.py"))
DECLINES = {("permuting", "large")}


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize("case", CASE_NAMES)
@pytest.mark.parametrize("name", [name for name in NAMES if name != "process_pool"])
def test_shipped_cases_are_counted_right(name: str, case: str) -> None:
    """Every sample file counts every shipped text as the reference does, or declines it as its docstring says."""
    contender: Any = import_file(DIRECTORY / f"{name}.py").TaskOrchestrator()
    shipped = load_cases()[case]

    def counted() -> dict[str, int]:
        result = contender.process_text(shipped.text)
        found: dict[str, Any] = asyncio.run(result) if inspect.iscoroutine(result) else result
        return dict(found["anagram_counts"])

    if (name, case) in DECLINES:
        with pytest.raises(NotImplementedError, match="'pipelines' has up to 362,880 orders"):
            counted()
    else:
        assert counted() == shipped.expected


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the tasks' faults off."""
    monkeypatch.setenv("ANAGRAM_FAULTS", "none")


def sampled(name: str, case: TextCase) -> Sample:
    contender = file_contender(DIRECTORY / f"{name}.py")
    round_ = make_round(case, "warm_up", 1, seed=7, warm_runs=1)
    raw = take_sample(order_sample(contender, round_, timeout=30.0, workers=2))
    return assemble(raw, name, round_, order_index=0, started=0.0)


def test_permutations_are_work_on_top() -> None:
    """``permuting`` waits for ``find_anagrams`` as everybody does, so the harness finds nothing wrong with it."""
    sample = sampled("permuting", benchmark_case("medium", "mixed", latency_scale=0.001))
    assert sample.problems == []
    assert all(execution.is_correct for execution in sample.executions)


@pytest.mark.parametrize(("case", "profile"), [("large", "mixed"), ("small", "cpu")])
def test_what_is_declined_is_unranked_and_no_failure(case: str, profile: str) -> None:
    """A contender that raises NotImplementedError has said that a text is beyond it: it is not ranked, and not accused."""
    sample = sampled("permuting", benchmark_case(case, profile, latency_scale=0.001))
    assert {problem.code for problem in sample.problems} == {"declined"}
    assert "orders; this contender makes them of words of up to 8 letters" in sample.problems[0].text
