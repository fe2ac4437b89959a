"""What a sample may write to is covered, also where other file systems are mounted inside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline_optimization.benchmarks.measuring.private_trees import MOST_MOUNTS, Tree, _trees
from pipeline_optimization.benchmarks.subject.isolating import _is_covered
from project_files import SUPPORT

IN_A_NAMESPACE = """
import subprocess
from pathlib import Path
from contender_samples import codes, measure
from pipeline_optimization.benchmarks.results import NAMESPACE
from pipeline_optimization.disk_cache import cache_directory

inner = Path.home() / "inner"
inner.mkdir(parents=True)
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(inner)], check=True)
(inner / "file").write_text("seen")
cache_directory().mkdir()
for _ in range(2):
    sample = measure("writes_home")
    if sample.isolation != NAMESPACE:
        raise SystemExit(77)
    assert codes(sample) == set(), sample.problems
for place in (Path.home(), cache_directory()):
    assert not (place / "left-by-a-contender").exists(), place
"""


def test_trees_list_the_file_systems_in_them() -> None:
    points = ["/", "/home/me/data/deep", "/home/me/data", "/home/me2", "/proc"]
    assert _trees(["/home/me/.cache", "/home/me", "/", "/home/me/data", "/tmp"], points) == [
        Tree("/tmp"),
        Tree("/home/me", ("/home/me/data", "/home/me/data/deep")),
        Tree("/home/me/data", ("/home/me/data/deep",)),
        Tree("/home/me/.cache"),
    ]


def test_a_tree_of_very_many_file_systems_is_left_out() -> None:
    points = [f"/var/{number}" for number in range(MOST_MOUNTS + 1)]
    assert _trees(["/var", "/var/tmp"], points) == [Tree("/var/tmp")]


def test_a_tree_is_covered_once() -> None:
    """A place in a covered tree is covered, unless another file system is mounted between them."""
    covered = {"/home/me": ["/home/me/data"]}
    assert _is_covered("/home/me/.cache", covered)
    assert not _is_covered("/home/me/data", covered)
    assert not _is_covered("/home/me/data/cache", covered)
    assert not _is_covered("/home/me2", covered)


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("unshare") is None, reason="needs unshare(1)")
def test_a_home_with_a_file_system_in_it_is_private(tmp_path: Path) -> None:
    """A volume in the home does not make the home shared, and can be read as before."""
    command = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    if subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system gives no mount namespace")
    home = tmp_path / "home"
    environment = {
        "HOME": str(home),
        "ANAGRAM_CACHE_DIR": str(home / "inner" / "cache"),
        "PYTHONPATH": os.pathsep.join([str(SUPPORT), *sys.path]),
    }
    ran = subprocess.run(
        [*command, sys.executable, "-c", IN_A_NAMESPACE],
        env=os.environ | environment,
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    if ran.returncode == 77:
        pytest.skip("no namespace inside a namespace")
    assert ran.returncode == 0, ran.stderr
