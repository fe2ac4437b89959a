"""The wheels work in an empty environment, far from the checkout. Run by: hatch run wheel-test."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from project_files import ROOT
from wheel_environment import WHEELS, clean_environment, make_environment

pytestmark = pytest.mark.wheels

CLUSTERS = ("anagram_plugin_dask", "anagram_plugin_ray", "anagram_plugin_spark")
"""Their engines are large, and their own environments test them with these."""

DISTRIBUTIONS = {"pipeline_optimization", *(path.name.replace("-", "_") for path in (ROOT / "plugins").iterdir())}


@pytest.fixture(scope="module")
def anagram(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install all wheels, and what they need but the clusters' engines, into an empty environment.

    Return its console script.
    """
    wheels = set(WHEELS.glob("*.whl"))
    bare = {wheel for wheel in wheels if wheel.name.startswith(CLUSTERS)}
    home = make_environment(tmp_path_factory.mktemp("installed"), *wheels - bare, bare=bare)
    return home / "bin" / "anagram"


def run(anagram: Path, cwd: Path, *arguments: str) -> str:
    done = subprocess.run(
        [str(anagram), *arguments], cwd=cwd, env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_wheel_for_each_distribution() -> None:
    """There is exactly one wheel of the core and of each plugin, and each is typed."""
    found = {path.name.partition("-")[0]: path for path in WHEELS.glob("*.whl")}
    assert set(found) == DISTRIBUTIONS
    for name, path in found.items():
        assert f"{name}/py.typed" in zipfile.ZipFile(path).namelist()


def test_reports_have_their_files() -> None:
    """The core's wheel holds what reports of comparisons and of runs read besides Python: schemas, pages, styles and scripts."""
    (core,) = WHEELS.glob("pipeline_optimization-*.whl")
    reports = "pipeline_optimization/benchmarks/reports/"
    page = {f"{reports}html/page/{name}" for name in ("report.html.j2", "parts.html.j2", "report.css", "report.js")}
    of_runs = {f"pipeline_optimization/observing/{name}" for name in ("schema.json", "page/style.css")}
    assert {f"{reports}schema.json", *page, *of_runs} <= set(zipfile.ZipFile(core).namelist())


def test_cat(anagram: Path, tmp_path: Path) -> None:
    """The console script counts, from another directory."""
    report = json.loads(run(anagram, tmp_path, "run", "--text", "cat", "--format", "json"))
    assert report["anagram_counts"] == {"act": 1, "cat": 1, "tac": 1}


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio", "multiprocess"])
def test_orchestrators(anagram: Path, tmp_path: Path, orchestrator: str) -> None:
    """The test cases are in the wheel, and every orchestrator gives their counts."""
    arguments = ("--test-case", "medium", "--latency-scale", "0", "-o", "retry.base=0", "--format", "json")
    assert json.loads(run(anagram, tmp_path, "run", "--orchestrator", orchestrator, *arguments))["matches_expected"]


def test_the_harness_says_what_it_needs(anagram: Path, tmp_path: Path) -> None:
    """Without the extra, the harness's commands name what to install, and everything else works."""
    for command in (["benchmark"], ["compare"], ["report", "results.json"]):
        done = subprocess.run(
            [str(anagram), *command], cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "pip install 'cattrs>=" in done.stderr


def test_help_is_quick(anagram: Path, tmp_path: Path) -> None:
    """``--help`` computes for less than 0.15 s where everything is installed; other programs do not count."""
    times = []
    for _ in range(10):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(anagram, tmp_path, "--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(times) < 0.15


def test_plugins(anagram: Path, tmp_path: Path) -> None:
    """All plugins are active."""
    records = json.loads(run(anagram, tmp_path, "plugins", "list", "--all", "--json"))
    assert {record["distribution"].replace("-", "_") for record in records} == DISTRIBUTIONS
    assert {record["status"] for record in records} == {"active"}


@pytest.mark.parametrize(("orchestrator", "package"), [("dask", "distributed"), ("ray", "ray"), ("spark", "pyspark")])
def test_a_cluster_without_its_engine(anagram: Path, tmp_path: Path, orchestrator: str, package: str) -> None:
    """Plugins of clusters load without their engines, and choosing one then says what to install."""
    command = [str(anagram), "run", "--text", "cat", "--orchestrator", orchestrator]
    done = subprocess.run(command, cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert done.stderr.endswith(f"pip install {package}\n")


def test_the_checkout_is_not_used(anagram: Path, tmp_path: Path) -> None:
    """The package is imported from the environment."""
    python = anagram.parent / "python"
    code = "import pipeline_optimization; print(pipeline_optimization.__file__)"
    done = subprocess.run(
        [str(python), "-c", code], cwd=tmp_path, env=clean_environment(), capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()).is_relative_to(anagram.parents[1])
    assert sys.prefix not in done.stdout
