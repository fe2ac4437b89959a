"""What the user names becomes sources, and what is wrong with it shows before any work."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from pipeline_optimization.errors import InputError, MissingDependencyError
from pipeline_optimization.sources import FileSource, StreamSource, UrlSource, expand_inputs, read_chunks

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a current directory with a few files."""
    for name in ("b.txt", "a.txt", "c.md", "deep/d.txt", "deep/er/e.txt", "[x].txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "dir.txt").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*inputs: str) -> list[str]:
    return [source.name for source in expand_inputs(inputs)]


def failure(*inputs: str) -> str:
    with pytest.raises(InputError) as caught:
        expand_inputs(inputs)
    assert caught.value.source in inputs
    return str(caught.value)


@pytest.mark.usefixtures("tree")
def test_paths_keep_their_order_and_repetition() -> None:
    """A file that is named twice counts twice, as for cat."""
    assert names("b.txt", "a.txt", "b.txt") == ["b.txt", "a.txt", "b.txt"]
    assert names() == []


@pytest.mark.usefixtures("tree")
def test_a_glob_gives_its_files_sorted_and_no_directory() -> None:
    """dir.txt is a directory and is left out."""
    assert names("*.txt") == ["[x].txt", "a.txt", "b.txt"]
    assert names("?.txt", "c*") == ["a.txt", "b.txt", "c.md"]


@pytest.mark.usefixtures("tree")
def test_two_stars_match_any_number_of_directories() -> None:
    """None, one and two."""
    assert names("**/[a-e].txt") == ["a.txt", "b.txt", "deep/d.txt", "deep/er/e.txt"]


@pytest.mark.usefixtures("tree")
def test_a_path_that_exists_is_no_glob() -> None:
    """[x].txt is a file here, though as a glob it would match x.txt."""
    assert names("[x].txt") == ["[x].txt"]


@pytest.mark.usefixtures("tree")
def test_a_glob_without_a_match_is_an_error() -> None:
    """An empty answer would look like an empty input."""
    assert failure("*.tzt") == "The glob '*.tzt' matches no file; check it ('**' matches any number of directories)"
    assert failure("dir.*") == (
        "The glob 'dir.*' matches only directories; check it ('**' matches any number of directories)"
    )


def test_a_glob_that_no_file_system_can_hold_is_an_error() -> None:
    """A NUL character makes the glob module raise ValueError."""
    assert failure("nul\0/*.txt").startswith("'nul\\x00/*.txt' cannot be read: ")


@pytest.mark.usefixtures("tree")
def test_a_directory_that_is_opened_is_an_error_that_suggests_a_glob() -> None:
    """The suggestion can be copied, also where the name would be a glob."""
    Path("d [x]").mkdir()
    with pytest.raises(InputError, match=r"with the glob 'd \[\[\]x\]/\*\.txt'$"):
        FileSource("d [x]").open()
    with pytest.raises(InputError, match=r"^'deep' is a directory; name its files"):
        FileSource("deep").open()


@pytest.mark.usefixtures("tree")
def test_a_missing_file_is_an_error_before_anything_is_opened() -> None:
    """Also when it is the last of many."""
    assert failure("a.txt", "a.text") == (
        "'a.text' cannot be read: No such file or directory; "
        "check the name (an input is a path, a glob, '-' for standard input, or a URL with ://)"
    )


def test_a_broken_link_that_a_glob_finds_is_an_error(tree: Path) -> None:
    """It is not left out in silence."""
    (tree / "broken.log").symlink_to(tree / "nowhere")
    with pytest.raises(InputError, match=r"^'broken.log' cannot be read: No such file or directory"):
        expand_inputs(["*.log"])


def test_the_empty_string_is_an_error() -> None:
    """An unset shell variable is the usual cause."""
    assert failure("") == (
        "An input is the empty string; name a path, a glob, '-' for standard input, or a URL with ://"
    )


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read as bytes and left open."""
    buffer = io.BytesIO(b"one two")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=buffer))
    (source,) = expand_inputs(["-"])
    assert isinstance(source, StreamSource)
    assert source.name == "-"
    assert [chunk.data for chunk in read_chunks(source, 100)] == [b"one two"]
    assert not buffer.closed


def test_standard_input_can_be_named_once() -> None:
    """The second would be empty."""
    assert failure("-", "-") == (
        "Standard input ('-') is named twice, but can be read only once; name it once, or save it to a file"
    )


@pytest.mark.parametrize("stdin", [None, io.StringIO("cat")])
def test_standard_input_that_has_no_bytes_is_an_error(stdin: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may be started without one."""
    monkeypatch.setattr(sys, "stdin", stdin)
    assert failure("-") == "Standard input ('-') is closed or has no bytes to read; name a file instead"


def test_a_url_is_a_url_source() -> None:
    """It is not looked for on the disk, and nothing is fetched yet."""
    pytest.importorskip("fsspec")
    (source,) = expand_inputs(["memory://a/*.txt"])
    assert source == UrlSource("memory://a/*.txt")


def test_a_url_that_cannot_be_read_here_is_an_error_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the files that are named with it are read."""
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'fsspec>=[\d.]+'$"):
        expand_inputs(["https://example.org/a.txt"])
