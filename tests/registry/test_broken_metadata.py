"""Broken metadata of any distribution on sys.path ends nothing, and ``plugins list`` names it."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from command import anagram
from fake_distributions import install, module_of
from pipeline_optimization import Registry
from pipeline_optimization.errors import UnknownComponentError
from pipeline_optimization.installed import look_up, version_of

SOUND = b"Metadata-Version: 2.1\nName: foreign\nVersion: 3.1\n"
PLUGIN = """
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, NoOptions
from pipeline_optimization.builtin.tokenizers import WhitespaceTokenizer

@hookimpl
def anagram_register_tokenizers():
    return [Component(name="lines", summary="s", factory=WhitespaceTokenizer, options=NoOptions)]
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory on sys.path, and an empty cache beside it."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    monkeypatch.setenv("ANAGRAM_CACHE_DIR", str(tmp_path / "cache"))
    return site


def put(site: Path, metadata: bytes | None, entry_points: bytes | None = None, name: str = "foreign") -> Path:
    """Put a distribution there with this content of its files."""
    info = site / f"{name}-3.1.dist-info"
    info.mkdir()
    for file, content in (("METADATA", metadata), ("entry_points.txt", entry_points)):
        if content is not None:
            (info / file).write_bytes(content)
    return info


def problems() -> dict[str, str]:
    """Return what is said of broken metadata, by the name of its directory."""
    return {Path(record.origin).name: record.error for record in Registry.load().unreadable}


@pytest.mark.parametrize(
    ("entry_points", "problem"),
    [
        (b"\xff\xfe[anagram", "entry_points.txt is not UTF-8 (byte 1)"),
        (b"[anagram]\nx = y\n[other]\nfoo\n", "entry_points.txt, line 4: 'foo' is no NAME = VALUE"),
        (b"foo\n", "entry_points.txt, line 1: 'foo' is no NAME = VALUE of a group"),
        (b"[anagram]\n= nobody\n", "entry_points.txt, line 2: '= nobody' is no NAME = VALUE"),
        ("[anagram]\nx = y\n".encode("utf-16"), "entry_points.txt is not UTF-8 (byte 1)"),
    ],
)
def test_broken_entry_points(entry_points: bytes, problem: str, site: Path) -> None:
    """Whatever stands in a distribution's entry points, all others are found, and it is named with the place."""
    put(site, SOUND, entry_points)
    install(site, "anagram-plugin-lines", "lines", PLUGIN)
    assert problems() == {"foreign-3.1.dist-info": problem}
    assert version_of("foreign") == "3.1"
    assert "lines" in Registry.load().names("tokenizer")


@pytest.mark.parametrize(
    ("metadata", "problem", "version"),
    [
        (SOUND + b"Author: Ren\xe9\n", "METADATA is not UTF-8 (byte 61)", "3.1"),
        (None, "METADATA is missing, empty or cannot be opened", None),
        (b"", "METADATA is missing, empty or cannot be opened", None),
        (b"Version: 3.1\n", "METADATA has no Name", None),
        (b"Name: foreign\n", "METADATA has no Version", None),
        (SOUND.decode().encode("utf-16"), "METADATA is not UTF-8 (byte 1) and has no Name", None),
    ],
)
def test_broken_names(metadata: bytes | None, problem: str, version: str | None, site: Path) -> None:
    """What cannot be read of the metadata is told; what can be is used."""
    put(site, metadata, b"[anagram]\nx = nowhere\n")
    assert problems() == {"foreign-3.1.dist-info": problem}
    assert look_up().versions.get("foreign") == version
    assert any(entry.name == "x" for entry in look_up().entries) == (version is not None)


def a_file(site: Path) -> None:
    (site / "foreign-3.1.dist-info").write_bytes(b"no directory")


def a_dangling_link(site: Path) -> None:
    (site / "foreign-3.1.dist-info").symlink_to("nowhere")


def a_loop_of_links(site: Path) -> None:
    put(site, None).joinpath("METADATA").symlink_to("METADATA")


def a_directory_as_metadata(site: Path) -> None:
    put(site, None).joinpath("METADATA").mkdir()


def a_closed_directory(site: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is closed to this user")
    put(site, SOUND).chmod(0)


@pytest.mark.parametrize(
    "make", [a_file, a_dangling_link, a_loop_of_links, a_directory_as_metadata, a_closed_directory]
)
def test_broken_directories(make: Callable[[Path], None], site: Path) -> None:
    """What is called like metadata and is none is named, and disturbs nobody."""
    make(site)
    try:
        (problem,) = problems().items()
        assert problem[0] == "foreign-3.1.dist-info"
        assert problem[1].startswith("METADATA ")
    finally:
        if (site / "foreign-3.1.dist-info").is_dir():
            (site / "foreign-3.1.dist-info").chmod(0o700)


def test_archives_and_odd_paths(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged archive, one with broken metadata in it, and entries of sys.path that are no paths disturb nobody."""
    damaged, archive = site / "damaged.zip", site / "archive.zip"
    damaged.write_bytes(b"PK\3\4junk")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("zipped-1.dist-info/METADATA", "Name: zipped\nVersion: 1\n")
        file.writestr("zipped-1.dist-info/entry_points.txt", b"\xff")
    (site / "linked.egg-link").write_text("/nowhere\n.")
    odd: list[object] = [b"bytes", None, 3, "a\0b", "/nowhere", str(damaged), str(archive), site / "a path"]
    monkeypatch.setattr(sys, "path", [*sys.path, *odd])
    assert list(problems()) == ["zipped-1.dist-info"]
    assert version_of("zipped") == "1"


def test_two_of_one_name(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two distributions of one name the first that has a name counts, and a broken one behind it is not named."""
    put(site, SOUND)
    behind = tmp_path / "behind"
    behind.mkdir()
    put(behind, SOUND.replace(b"3.1", b"4.0"), b"foo")
    monkeypatch.setattr(sys, "path", [*sys.path, str(behind)])
    assert version_of("foreign") == "3.1"
    assert problems() == {}


def test_a_finder_that_raises(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finder that somebody added to Python's import, and that raises, disturbs nobody."""

    class Finder:
        @staticmethod
        def find_spec(*args: object) -> None:  # noqa: ARG004 - as importlib calls it
            return None

        @staticmethod
        def find_distributions(context: object) -> list[object]:  # noqa: ARG004 - as above
            raise RuntimeError("a foreign mistake")

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    install(site, "anagram-plugin-lines", "lines", PLUGIN)
    assert any(entry.name == "lines" for entry in look_up().entries)
    (record,) = Registry.load().unreadable
    assert record.error == "A finder of distributions raised RuntimeError: a foreign mistake"


def test_it_is_kept_with_the_rest(site: Path) -> None:
    """What is broken is remembered in the cache like what is sound, until it changes."""
    info = put(site, SOUND, b"foo")
    for path in (info / "entry_points.txt", info / "METADATA", info, site):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    first = look_up()
    assert look_up() == first
    assert [one.problem for one in first.unreadable] == [
        "entry_points.txt, line 1: 'foo' is no NAME = VALUE of a group"
    ]
    (info / "entry_points.txt").write_bytes(b"[foo]\nfoo = bar\n")
    assert not look_up().unreadable


def test_an_unknown_name_mentions_it(site: Path) -> None:
    """An error for a name that nobody offers says that there is broken metadata, and how to see it."""
    put(site, SOUND, b"\xff")
    with pytest.raises(
        UnknownComponentError, match=r"The metadata of foreign 3\.1 cannot be read: anagram plugins list"
    ):
        Registry.load().tokenizer("nobody")


@pytest.mark.slow
def test_commands(site: Path) -> None:
    """A run gives its counts, listings name what is broken, and so does ``info``; strict mode ends for plugins only."""
    put(site, SOUND, b"\xff\xfe[anagram")
    put(site, b"\xff", name="other")
    env = {"PYTHONPATH": str(site), "ANAGRAM_STRICT_PLUGINS": "1", "COLUMNS": "200"}
    done = anagram("run", "--text", "cat", "--format", "csv", env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"word,count\nact,1\ncat,1\ntac,1\n", b"")
    done = anagram("plugins", "list", env=env)
    assert done.returncode == 0
    (line,) = [line for line in done.stdout.decode().splitlines() if line.startswith("foreign")]
    assert line.rstrip().split(maxsplit=4) == [
        "foreign",
        "foreign",
        "3.1",
        "unreadable",
        "entry_points.txt is not UTF-8 (byte 1)",
    ]
    records = json.loads(anagram("plugins", "list", "--json", env=env).stdout)
    assert [r["name"] for r in records if r["status"] == "unreadable"] == ["foreign", "other-3.1.dist-info"]
    done = anagram("plugins", "info", "foreign", env=env)
    assert done.returncode == 0
    assert "entry_points.txt is not UTF-8" in done.stdout.decode()
    done = anagram("plugins", "check", "foreign", env=env)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert module_of("foreign").encode() not in done.stdout
