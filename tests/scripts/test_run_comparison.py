"""The script that measures the baseline and then compares: what it hands on to the two commands."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from project_files import ROOT

SCRIPT = ROOT / "run_comparison.sh"
DEFAULT = ["--compare-dir", "benchmark_orchestrators"]


@pytest.fixture
def hatch(tmp_path: Path) -> Path:
    """A program ``hatch`` that notes its arguments, and ends with the code that $CODE_OF_benchmark and so on say."""
    program = tmp_path / "hatch"
    program.write_text(
        '#!/usr/bin/env bash\nprintf "%s\\n" "$2" "${@:3}" . >>"$(dirname "$0")/calls"\n'
        'variable="CODE_OF_${2%%-*}"; exit "${!variable:-0}"\n'
    )
    program.chmod(0o755)
    return tmp_path


def run(hatch: Path, *arguments: str, **codes: str) -> tuple[int, list[list[str]]]:
    """Return the script's exit code, and the arguments of each call of hatch."""
    environment = {**os.environ, **codes, "PATH": f"{hatch}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([str(SCRIPT), *arguments], env=environment, capture_output=True, check=False)
    calls = hatch / "calls"
    text = calls.read_text("utf-8") if calls.exists() else ""
    return done.returncode, [call.splitlines() for call in text.split(".\n")[:-1]]


def test_both_get_what_both_know(hatch: Path) -> None:
    """Names and shared options go to both commands, the default directory to the comparison only."""
    given = ["threaded", "--test-case", "small", "--iterations=3"]
    assert run(hatch, *given) == (0, [["benchmark", *given], ["compare-benchmarks", *DEFAULT, *given]])
    (hatch / "calls").unlink()
    assert run(hatch) == (0, [["benchmark"], ["compare-benchmarks", *DEFAULT]])


def test_what_only_a_comparison_knows_goes_there(hatch: Path) -> None:
    """The baseline is measured without it, and a directory that is named takes the place of the default one."""
    given = ["--compare-dir", "mine", "--reference=a", "--vary", "retry=none,fixed", "--scan", "words=1..9"]
    assert run(hatch, *given) == (0, [["benchmark"], ["compare-benchmarks", *given]])


@pytest.mark.parametrize(
    ("given", "beside"),
    [
        (["--export", "x.html"], "x-benchmark.html"),
        (["--export=some.where/x.json"], "some.where/x-benchmark.json"),
        (["--export", "./x y.md"], "./x y-benchmark.md"),
        (["--export", "some.where/x"], "some.where/x-benchmark"),
    ],
)
def test_each_report_has_a_file_of_its_own(given: list[str], beside: str, hatch: Path) -> None:
    """The comparison has the name that was given, and does not take the place of the baseline's report."""
    calls = [["benchmark", "--export", beside], ["compare-benchmarks", *DEFAULT, *given]]
    assert run(hatch, *given) == (0, calls)


def test_variants_are_of_plugins(hatch: Path) -> None:
    """The default directory is left out, since files choose most components themselves."""
    given = ["--vary", "tokenizer=exercise,unicode"]
    assert run(hatch, *given) == (0, [["benchmark"], ["compare-benchmarks", *given]])


def test_one_run_is_one_run(hatch: Path) -> None:
    """A file of samples and a stored baseline are the comparison's; going on measures no baseline again."""
    given = ["--save-baseline", "main", "--partial=p.jsonl"]
    assert run(hatch, *given) == (0, [["benchmark"], ["compare-benchmarks", *DEFAULT, *given]])
    for alone in (["--resume", "p.jsonl"], ["--selftest"]):
        (hatch / "calls").unlink()
        assert run(hatch, *alone) == (0, [["compare-benchmarks", *DEFAULT, *alone]])


def test_the_graver_exit_code_counts(hatch: Path) -> None:
    """Wrong usage and Ctrl-C end it at once; otherwise both run."""
    for benchmark, compare, code, count in (("3", "0", 3, 2), ("1", "4", 4, 2), ("2", "0", 2, 1), ("130", "0", 130, 1)):
        (hatch / "calls").unlink(missing_ok=True)
        ended, calls = run(hatch, CODE_OF_benchmark=benchmark, CODE_OF_compare=compare)
        assert (ended, len(calls)) == (code, count)


def test_an_option_without_its_value_is_refused(hatch: Path) -> None:
    """Nothing is measured first."""
    assert run(hatch, "--reference") == (2, [])
