"""What is installed is remembered, and looked up anew as soon as anything is installed, changed or removed."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

import pytest

from command import environment
from fake_distributions import install
from pipeline_optimization import installed
from pipeline_optimization.disk_cache import store_sealed
from pipeline_optimization.installed import look_up, read_installed, version_of

LONG_AGO = (1_000_000_000, 1_000_000_000)
LATER = (1_000_000_001, 1_000_000_001)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory on sys.path, and an empty cache beside it."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(tmp_path / "cache"))
    return site


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows whenever all metadata is read."""
    reads: list[int] = []
    original = read_installed

    def reading() -> installed.Installed:
        reads.append(len(reads))
        return original()

    monkeypatch.setattr(installed, "read_installed", reading)
    return reads


def put(site: Path, distribution: str, version: str = "1.0") -> Path:
    """Install a distribution long ago."""
    install(site, distribution, "mine", "", version)
    (info,) = site.glob(f"fake_{distribution}-{version}.dist-info")
    settle(site)
    return info


def settle(site: Path) -> None:
    for path in sorted(site.rglob("*"), reverse=True):
        os.utime(path, LONG_AGO)


def found() -> list[tuple[str, str]]:
    return [(entry.distribution, entry.version) for entry in look_up().entries if entry.name == "mine"]


def test_all_that_is_installed_is_found() -> None:
    """The versions are those that importlib.metadata gives, and so are the project's entry points."""
    for distribution in distributions():
        assert version_of(distribution.metadata["Name"]) == version(distribution.metadata["Name"])
    expected = {(e.name, e.value, e.group) for d in distributions() for e in d.entry_points if e.group[:7] == "anagram"}
    assert expected == {(entry.name, entry.value, entry.group) for entry in look_up().entries}
    with pytest.raises(PackageNotFoundError):
        version_of("not-installed-anywhere")


def test_what_is_cut_off_is_passed_over(site: Path) -> None:
    (put(site, "first") / "METADATA").unlink()
    put(site, "second")
    assert found() == [("second", "1.0")]


def test_it_is_read_once(site: Path, reads: list[int]) -> None:
    put(site, "first")
    assert found() == found() == [("first", "1.0")]
    assert reads == [0]


def test_an_overlay_changes_nothing(site: Path, tmp_path: Path, reads: list[int]) -> None:
    """An overlay shows the same files in directories that have other numbers; so does a copy of links, at the same time."""
    info = put(site, "first")
    assert found() == [("first", "1.0")]
    below = info.rename(tmp_path / "below")
    info.mkdir()
    for file in below.iterdir():
        os.link(file, info / file.name)
    settle(site)
    assert found() == [("first", "1.0")]
    assert reads == [0]


def test_directories_without_metadata_do_not_matter(
    site: Path, tmp_path: Path, reads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each directory in which ``python -m`` is run would have a file of its own in the cache."""
    put(site, "first")
    assert found() == [("first", "1.0")]
    (tmp_path / "working").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "working"), str(tmp_path / "gone"), *sys.path])
    assert found() == [("first", "1.0")]
    assert reads == [0]
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_changes_are_seen(site: Path, reads: list[int]) -> None:
    """Another distribution, another version in its place, entry points rewritten in place, and a removal."""
    info = put(site, "first")
    assert found() == [("first", "1.0")]
    other = put(site, "second", "2.0")
    assert sorted(found()) == [("first", "1.0"), ("second", "2.0")]
    info.rename(site / "fake_first-1.1.dist-info")
    metadata = site / "fake_first-1.1.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.0", "1.1"))
    assert ("first", "1.1") in found()
    (other / "entry_points.txt").write_text("[other]\nmine = fake_second\n")
    assert found() == [("first", "1.1")]
    for file in (*metadata.parent.iterdir(), metadata.parent):
        file.unlink() if file.is_file() else file.rmdir()
    assert found() == []


def test_versions_are_looked_up_once(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until something is installed, upgraded or removed, or the path or the finders change."""
    looks: list[str] = []
    original = os.listdir

    def looking(directory: str) -> list[str]:
        looks.append(directory)
        return original(directory)

    monkeypatch.setattr(os, "listdir", looking)
    written = tmp_path / "written"  # such as a script's own directory
    written.mkdir()
    monkeypatch.setattr(sys, "path", [str(site), str(written)])  # others may just have been installed to

    def is_looked_at() -> bool:
        is_any, looks[:] = str(site) in looks, []
        return is_any

    info = put(site, "first")
    os.utime(site, LONG_AGO)
    assert version_of("first") == "1.0"
    assert is_looked_at()
    (written / "out.json").touch()
    assert version_of("First") == "1.0"
    assert not is_looked_at()
    info.rename(site / "fake_first-1.1.dist-info")
    metadata = site / "fake_first-1.1.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.0", "1.1"))
    assert version_of("first") == "1.1"
    metadata.write_text(metadata.read_text().replace("1.1", "1.2"))
    assert version_of("first") == "1.2"
    assert is_looked_at()
    settle(site)
    os.utime(site, LATER)
    assert version_of("first") == "1.2"
    assert is_looked_at()
    assert version_of("first") == "1.2"
    assert not is_looked_at()
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(PackageNotFoundError):
        version_of("first")


def test_what_has_just_changed_is_not_kept(site: Path, reads: list[int]) -> None:
    """A second change at what the file system calls the same time would not be seen."""
    install(site, "first", "mine", "")
    assert found() == found() == [("first", "1.0")]
    assert len(reads) == 2
    settle(site)
    assert found() == found() == [("first", "1.0")]
    assert len(reads) == 3


def test_the_first_on_the_path_counts(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(site, "first", "1.0")
    before = tmp_path / "before"
    before.mkdir()
    put(before, "First", "2.0")
    monkeypatch.setattr(sys, "path", [str(before), *sys.path])
    assert found() == [("First", "2.0")]


def test_a_finder_of_somebody_else_is_asked(site: Path, reads: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    """What it finds is not on sys.path, so nobody could tell that it changed."""

    class Finder:
        def find_distributions(self, context: object = None) -> list[object]:
            return []

        def find_spec(self, *_: object) -> None:
            return None

    put(site, "first")
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
    assert found() == found() == [("first", "1.0")]
    assert len(reads) == 2


@pytest.mark.parametrize(
    ("damage", "is_sealed"),
    [(b"", False), (b"nonsense\n{}", False), (None, False), (b"{}", True), (b"[1]", True), (b"no JSON", True)],
)
def test_a_damaged_file_is_replaced(
    site: Path, tmp_path: Path, reads: list[int], damage: bytes | None, is_sealed: bool
) -> None:
    """Also one that is whole, but of another version of ours."""
    put(site, "first")
    assert found() == [("first", "1.0")]
    (file,) = (tmp_path / "cache").glob("installed-*.json")
    content = file.read_bytes()
    damaged = content[:-1] if damage is None else damage
    store_sealed(file, damaged) if is_sealed else file.write_bytes(damaged)
    assert found() == found() == [("first", "1.0")]
    assert len(reads) == 2
    assert file.read_bytes() == content


def test_small_runs_do_not_import_the_reader(tmp_path: Path) -> None:
    """Which takes a fifth of their time; the second run knows what the first has read."""
    code = "import sys, runpy; sys.argv[1:] = ['run', '--text', 'cat', '--format', 'json']\n"
    code += "try: runpy.run_module('pipeline_optimization', run_name='__main__')\n"
    code += "finally: print('importlib.metadata' in sys.modules, 'rich' in sys.modules, file=sys.stderr)"
    seen = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**environment(), "ANAGRAM_CACHE_DIR": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        seen.append(done.stderr.split()[-2:])
    assert seen == [["True", "False"], ["False", "False"]]
