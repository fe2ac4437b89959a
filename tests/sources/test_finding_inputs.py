"""What inputs name: directories, globs with links and closed directories, and files that the run itself writes."""

from __future__ import annotations

import json
import os
import threading
from itertools import product
from pathlib import Path

import pytest

from command import anagram, refused_here
from pipeline_optimization import count_anagrams
from pipeline_optimization.errors import InputError
from pipeline_optimization.sources import FileSource, Source, expand_inputs
from similar_cases import some

NOBODY = 65_534


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("cat")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.txt").write_text("dog")
    return tmp_path


def names(sources: list[Source]) -> list[str]:
    return [source.name for source in sources]


def test_links_to_directories_above_end(tree: Path) -> None:
    """Each directory is entered once, and each file is read once, under its own name."""
    (tree / "loop").symlink_to(".")
    (tree / "sub" / "up").symlink_to("..")
    (tree / "again.txt").symlink_to("a.txt")
    (tree / "sub" / "back").symlink_to("back")
    assert names(expand_inputs(["**/*.txt"])) == ["a.txt", "sub/b.txt"]
    assert names(expand_inputs(["."])) == ["./a.txt", "./sub/b.txt"]
    assert names(expand_inputs(["a.txt", "a.txt"])) == ["a.txt", "a.txt"]


def test_a_directory_behind_a_link_is_read(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """It is part of the tree, as in a shell."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "c.txt").write_text("cat")
    (tree / "far").symlink_to(elsewhere)
    assert names(expand_inputs(["**/*.txt"])) == ["a.txt", "far/c.txt", "sub/b.txt"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.txt", ["a.txt"]),
        ("*/*.txt", ["sub/b.txt"]),
        ("sub/*", ["sub/b.txt"]),
        ("**", ["a.txt", "sub/b.txt"]),
        ("**/b.*", ["sub/b.txt"]),
        ("./**/[ab].txt", ["./a.txt", "./sub/b.txt"]),
        (".h*", [".hidden"]),
        ("su?/../a*", ["sub/../a.txt"]),
    ],
)
def test_globs_are_those_of_a_shell(pattern: str, found: list[str], tree: Path) -> None:
    """Hidden files need a dot in the pattern, and ``**`` stands for any number of directories."""
    (tree / ".hidden").write_text("cat")
    assert names(expand_inputs([pattern])) == found
    absolute = names(expand_inputs([str(tree / pattern)]))
    assert [os.path.normpath(name) for name in absolute] == [os.path.normpath(tree / name) for name in found]


def test_a_directory_stands_for_its_text_files(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sorted, in all directories below, and what is left out is said."""
    (tree / ".git").mkdir()
    (tree / ".git" / "x").write_text("cat")
    (tree / ".hidden").write_text("cat")
    (tree / "program").write_bytes(b"\x7fELF\0\0\1cat")
    (tree / "wide").write_bytes("act".encode("utf-16"))
    (tree / "empty").touch()
    os.mkfifo(tree / "pipe")
    notes: list[str] = []
    found = names(expand_inputs(["."], note=notes.append))
    assert found == ["./a.txt", "./empty", "./sub/b.txt", "./wide"]
    assert notes == ["Reading 4 files below '.'. Left out: 1 binary file, 2 hidden entries, 1 pipe or device."]
    done = anagram("run", ".", "--format", "json", cwd=tree)
    assert done.returncode == 0
    assert json.loads(done.stdout)["words"] == 3
    assert done.stderr.decode() == notes[0] + "\n"


def test_a_directory_without_text_is_an_error(tree: Path) -> None:
    """With what it has instead."""
    (tree / "sub" / "b.txt").write_bytes(b"\0\1")
    with pytest.raises(
        InputError, match=r"The directory 'sub' has no text file\. Left out: 1 binary file\. Name files"
    ):
        expand_inputs(["sub"])


@pytest.mark.parametrize("pattern", ["*", "**", "p*", "sub/../[ap]*"])
def test_a_glob_waits_for_no_pipe(pattern: str, tree: Path) -> None:
    """A pipe without a writer would make the run wait for ever; what is left out is said, in every format."""
    os.mkfifo(tree / "pipe")
    (tree / "paper").write_text("cat")
    done = anagram("run", pattern, "--format", "csv", cwd=tree)
    assert done.returncode == 0
    assert b"cat," in done.stdout
    assert (
        done.stderr.decode() == f"The glob {pattern!r} also matches 1 pipe or device: left out. Name it to read it.\n"
    )


def test_a_glob_of_nothing_but_pipes_is_an_error(tree: Path) -> None:
    """Nothing would be read."""
    for name in ("p1", "p2"):
        os.mkfifo(tree / name)
    message = r"The glob 'p\*' matches no file to read, only 2 pipes or devices; name it to read it"
    with pytest.raises(InputError, match=message):
        expand_inputs(["p*"])


def test_a_pipe_that_is_named_is_read(tree: Path) -> None:
    """Whoever names it has a writer: ``<(zcat x.gz)`` is such a path."""
    os.mkfifo(tree / "pipe")
    (source,) = expand_inputs(["pipe"])
    writing = threading.Thread(target=(tree / "pipe").write_text, args=("cat",))
    writing.start()
    assert count_anagrams([source]).anagram_counts == {"act": 1, "cat": 1, "tac": 1}
    writing.join()


def test_a_name_with_brackets_is_a_name(tree: Path) -> None:
    """Of a directory as of a file: it is no glob where it exists."""
    (tree / "d [x]").mkdir()
    (tree / "d [x]" / "c.txt").write_text("cat")
    assert names(expand_inputs(["d [x]"])) == ["d [x]/c.txt"]


def as_nobody(inputs: list[str]) -> str:
    """Return what expanding says as a user who may not read everything, in a child process."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        said = "nothing"
        try:
            if os.geteuid() == 0:
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            said = str(names(expand_inputs(inputs)))
        except BaseException as error:  # noqa: BLE001 - it must not go on as a second test run
            said = f"{type(error).__name__}: {error}"
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    os.waitpid(child, 0)
    return text


@pytest.mark.parametrize("inputs", [["**/*.txt"], ["*/*.txt"], ["."], ["**"]])
@pytest.mark.parametrize("kind", ["directory", "file", "way"])
def test_what_cannot_be_read_is_said(inputs: list[str], kind: str, tree: Path) -> None:
    """Words of a closed directory or file would be missing, so nothing is counted without them."""
    for directory in (tree, tree.parent, tree.parent.parent):
        directory.chmod(0o755)
    closed = tree / "sub" / "b.txt" if kind == "file" else tree / "sub"
    closed.chmod(0o444 if kind == "way" else 0)
    try:
        said = as_nobody(inputs)
    finally:
        closed.chmod(0o755)
    assert said.startswith("InputError: "), said
    assert "sub" in said
    assert "Permission denied" in said


def test_a_run_leaves_out_its_own_files(tree: Path) -> None:
    """A glob that matches the checkpoint and the output of the run before finds the same input again."""
    for step in range(3):
        done = anagram(
            *("run", "*", ".", "--checkpoint", "c.ck", "--resume", "--format", "json", "--output", "out.json"),
            cwd=tree,
        )
        assert done.returncode == 0, done.stderr
        report = json.loads((tree / "out.json").read_text())
        assert report["words"] == 3
        assert report["resumed_items"] == (0 if step == 0 else 1)


OVERWRITING = [
    ("run", "-", "--output", "a.txt"),
    ("run", "/dev/stdin", "--output", "a.txt"),
    ("run", "a.txt", "--output", "link"),
    ("run", "link", "--output", "a.txt"),
    ("run", "hard", "--output", "a.txt"),
    ("run", "{url}", "--output", "a.txt"),
    ("run", "--text", "cat", "--lexicon", "file:a.txt", "--output", "a.txt"),
    ("run", "a.txt", "--output", "c.ck-wal", "--checkpoint", "c.ck"),
    ("run", "a.txt", "--checkpoint", "a.txt"),
    ("run", "e", "--checkpoint", "e"),
    ("run", "e", "--checkpoint", "e", "--resume"),
    ("run", "-", "--checkpoint", "a.txt"),
    ("run", "c.ck-wal", "--checkpoint", "c.ck"),
    ("run", "--text", "cat", "--lexicon", "file:e2", "--checkpoint", "e2"),
]


@pytest.mark.parametrize("arguments", some((pytest.param(one) for one in OVERWRITING), every=3))
def test_no_input_is_written_over(arguments: tuple[str, ...], tree: Path) -> None:
    """Whatever it is called: the command is refused, and every file is as it was."""
    (tree / "link").symlink_to("a.txt")
    (tree / "hard").hardlink_to("a.txt")
    (tree / "e").touch()
    (tree / "e2").write_text("")
    (tree / "c.ck-wal").write_text("cat")
    before = {path: path.read_bytes() for path in tree.iterdir() if path.is_file()}
    given = [argument.format(url=(tree / "a.txt").as_uri()) for argument in arguments]
    done = anagram(*given, cwd=tree, stdin_path=tree / "a.txt")
    message = done.stderr.decode()
    assert done.returncode == 2, message
    assert "Traceback" not in message
    assert {path: path.read_bytes() for path in tree.iterdir() if path.is_file()} == before


def test_the_demo_says_that_a_pipe_was_not_read(tree: Path) -> None:
    """Only where there is something to be read."""
    note = "Note: Standard input was not read; this is the test case 'small'. Read it with: anagram run -\n"
    arguments = ("run", "--format", "csv", "--retry", "none", "--latency-scale", "0")
    assert note in anagram(*arguments, stdin=b"cat\n").stderr.decode()
    assert note in anagram(*arguments, stdin_path=tree / "a.txt").stderr.decode()
    assert note not in anagram(*arguments, stdin=b"").stderr.decode()
    assert note not in anagram(*arguments, stdin_path=Path(os.devnull)).stderr.decode()
    assert note not in anagram(*arguments, "--test-case", "small", stdin=b"cat\n").stderr.decode()


@pytest.mark.parametrize(
    ("path", "orchestrator"),
    some(
        product(
            ["/sys/kernel/profiling", "/sys/kernel/mm/transparent_hugepage/enabled", "/proc/cpuinfo"],
            ["sequential", "multiprocess"],
        ),
        every=3,
    ),
)
def test_files_that_the_system_makes_up_are_read(path: str, orchestrator: str) -> None:
    """They claim a size that is not true, so they are read to their end."""
    try:
        words = len(Path(path).read_text().split())
    except OSError:
        pytest.skip(f"there is no {path}")
    report = json.loads(anagram("run", path, "--orchestrator", orchestrator, "--format", "json").stdout)
    assert report["words"] > words / 2 > 0


def test_exports_do_not_replace_what_they_are_made_of(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nor does ``--partial`` delete a file that is no partial file."""
    (tree / "r.json").write_text("{}")
    message = refused_here(["report", "r.json", "--export", "r.json"], tree, capsys)
    assert "'r.json' is read here, and --export would write over it" in message
    message = refused_here(
        ["benchmark", "--baseline", "r.json", "--export", "./r.json", "--iterations", "1"], tree, capsys
    )
    assert "--export would write over it" in message
    message = refused_here(
        ["benchmark", "--partial", "a.txt", "--iterations", "1", "--orchestrator", "sequential"], tree, capsys
    )
    assert "a.txt" in message
    assert (tree / "a.txt").read_text() == "cat"


def test_files_are_known_from_the_search(tree: Path) -> None:
    """Nothing of many small files is asked twice."""
    (file,) = expand_inputs(["*.txt"])
    assert isinstance(file, FileSource)
    assert (file.known_size, file.known_state != 0) == (3, True)
