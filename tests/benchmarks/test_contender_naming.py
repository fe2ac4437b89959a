"""A name on the command line is an orchestrator, a file or a directory, wherever it stands."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from command import refused_here
from pipeline_optimization.benchmarks.contenders import uniquely_named
from pipeline_optimization.benchmarks.naming import find_contenders, one_contender
from pipeline_optimization.cli.compare.contenders import (
    compared_contenders,
    default_orchestrators,
    named_contenders,
    with_reference,
)
from pipeline_optimization.errors import UnknownComponentError, UsageError
from pipeline_optimization.registry import Registry
from project_files import CONTENDERS


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory ``mine`` with one contender, in the working directory."""
    monkeypatch.chdir(tmp_path)
    found = tmp_path / "mine"
    found.mkdir()
    shutil.copy(CONTENDERS / "honest.py", found)
    return found


def names(registry: Registry, *given: str) -> list[str]:
    return [one.name for one in named_contenders(registry, given, workers=2)]


def test_plugins_files_and_directories_are_named_alike(registry: Registry, directory: Path) -> None:
    """Each of the three is found by its name, in the order given, each contender once."""
    shutil.copy(directory / "honest.py", directory / "second.py")
    assert names(registry, "threaded", "mine/honest.py", "mine") == ["threaded", "honest", "second"]
    assert names(registry, "./mine/", "mine/second.py") == ["honest", "second"]


def test_who_is_named_twice_is_told(registry: Registry, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is one contender, and nobody has to wonder where the other is."""
    assert names(registry, "threaded", "mine", "threaded", "mine/honest.py") == ["threaded", "honest"]
    assert capsys.readouterr().err.splitlines() == [
        "Note: threaded is named 2 times, and is measured as one contender.",
        "Note: honest is named 2 times, and is measured as one contender.",
    ]


def test_a_file_may_have_a_plugins_name(registry: Registry, directory: Path) -> None:
    """The plugin keeps its name, whichever comes first."""
    shutil.copy(directory / "honest.py", directory / "threaded.py")
    assert names(registry, "mine", "threaded") == ["honest", "threaded.py", "threaded"]
    assert names(registry, "threaded", "mine") == ["threaded", "honest", "threaded.py"]


def test_a_very_large_file_is_no_contender(registry: Registry, directory: Path) -> None:
    """It is skipped in a directory, and refused by name, without being read."""
    with (directory / "large.py").open("wb") as file:
        file.truncate((16 << 20) + 1)
    found = find_contenders(registry, "mine", workers=2)
    assert [one.name for one in found.contenders] == ["honest"]
    assert found.skipped_in_words() == "large.py (larger than 16 MiB)"
    with pytest.raises(UsageError, match=r"Cannot read mine/large\.py: larger than 16 MiB\."):
        find_contenders(registry, "mine/large.py", workers=2)


def test_an_installed_orchestrator_goes_before_a_path(registry: Registry, directory: Path) -> None:
    """A directory of an orchestrator's name is meant with a separator, or with --compare-dir."""
    directory.rename("threaded")
    assert names(registry, "threaded") == ["threaded"]
    assert names(registry, "./threaded") == ["honest"]
    assert [one.name for one in compared_contenders(registry, ["sequential"], ["threaded"], workers=2)] == [
        "sequential",
        "honest",
    ]


def test_compare_dir_takes_plugins_and_files_too(registry: Registry, directory: Path) -> None:
    """What one option names, the other can name."""
    found = compared_contenders(registry, ["sequential"], ["threaded", "mine/honest.py"], workers=2)
    assert [one.name for one in found] == ["sequential", "threaded", "honest"]


def test_whoever_names_somebody_compares_nobody_else(registry: Registry, directory: Path) -> None:
    """The default directory and all plugins are compared only if nobody is named."""
    directory.rename("benchmark_orchestrators")
    everybody = [one.name for one in compared_contenders(registry, [], [], workers=2)]
    assert everybody == [*default_orchestrators(registry), "honest"]
    assert [one.name for one in compared_contenders(registry, ["threaded"], [], workers=2)] == ["threaded"]


def test_an_empty_default_directory_stops_nobody(
    registry: Registry, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody has named it, so that it is only said that it has no contender."""
    Path("benchmark_orchestrators").mkdir()
    assert [one.name for one in compared_contenders(registry, [], [], workers=2)] == default_orchestrators(registry)
    assert "Note: The directory benchmark_orchestrators has no contender" in capsys.readouterr().err


def test_what_a_directory_holds_besides_is_named(
    registry: Registry, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line names all that is no contender, with the reason; a pipe is never waited for."""
    for name in ("__init__.py", "_shared.py", "notes.txt"):
        (directory / name).touch()
    (directory / "a_directory.py").mkdir()
    (directory / "__pycache__").mkdir()
    (directory / "broken.py").symlink_to("nowhere")
    (directory / "loop.py").symlink_to("loop.py")
    os.mkfifo(directory / "waits.py")
    assert names(registry, "mine") == ["honest"]
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "Skipped in mine: __init__.py, _shared.py (its name begins with an underscore); a_directory.py (a directory); "
        "broken.py, loop.py (a broken link); notes.txt (no .py file); waits.py (a pipe)."
    )


def test_a_file_that_cannot_be_read_is_skipped(
    registry: Registry, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a directory the others are still compared, and the reason is the system's."""
    shutil.copy(directory / "honest.py", directory / "closed.py")
    read = Path.read_bytes

    def guarded(path: Path) -> bytes:
        if path.name == "closed.py":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", guarded)
    found = find_contenders(registry, "mine", workers=2)
    assert [one.name for one in found.contenders] == ["honest"]
    assert found.skipped_in_words() == "closed.py (Permission denied)"


def test_names_in_the_line_are_text(registry: Registry, directory: Path) -> None:
    """A skipped file's name cannot move the cursor of a terminal."""
    (directory / "red\x1b[31m.txt").touch()
    assert find_contenders(registry, "mine", workers=2).skipped_in_words() == "red\\x1b[31m.txt (no .py file)"


def test_files_of_one_name_are_told_apart(registry: Registry, directory: Path) -> None:
    """A file keeps its suffix, then its directory, if somebody before it has its name."""
    for other in ("second", "third"):
        shutil.copytree(directory, directory.parent / other)
    shutil.copy(directory / "honest.py", "threaded.py")
    assert names(registry, "mine", "second", "third", "threaded", "threaded.py") == [
        "honest",
        "honest.py",
        "third/honest.py",
        "threaded",
        "threaded.py",
    ]


def test_a_reference_may_be_anybody(registry: Registry, directory: Path) -> None:
    """A reference is a contender's name, its file, or somebody who is then compared too."""
    contenders = named_contenders(registry, ["threaded", "mine"], workers=2)

    def referred(reference: str | None) -> tuple[list[str], str]:
        found, chosen = with_reference(registry, contenders, reference, workers=2)
        return [one.name for one in found], chosen

    assert referred(None) == (["threaded", "honest"], "threaded")
    assert referred("honest") == (["threaded", "honest"], "honest")
    assert referred("mine/honest.py") == (["threaded", "honest"], "honest")
    assert referred("mine") == (["threaded", "honest"], "honest")
    assert referred("sequential") == (["threaded", "honest", "sequential"], "sequential")


def test_one_contender_is_not_several(registry: Registry, directory: Path) -> None:
    """A directory of two files is no reference; the message names both."""
    shutil.copy(directory / "honest.py", directory / "second.py")
    with pytest.raises(UsageError, match=r"mine has 2 contenders: honest, second\. Name one of these files\."):
        one_contender(registry, "mine", workers=2)


def test_options_make_a_contender_another(registry: Registry) -> None:
    """The same orchestrator with the same options is one contender, and cannot be compared with itself."""
    (one,) = find_contenders(registry, "threaded", workers=2).contenders
    assert uniquely_named([one, one]) == [one]


@pytest.mark.parametrize("command", ["compare", "benchmark"])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["nobody"], "Unknown orchestrator 'nobody'. Installed: "),
        (["nobody"], "There is no file and no directory of that name either."),
        (["--orchestrator", "nobody.py"], "Cannot read nobody.py: No such file"),
        (["no/where"], "Cannot read no/where: No such file"),
        (["mine/notes.txt"], "mine/notes.txt is no Python file. Name a .py file with a TaskOrchestrator class."),
        (["mine/notes.txt"], "Or, to compare orchestrators on a pipeline of your own, name its file with --pipeline."),
        (["mine/waits.py"], "Cannot read mine/waits.py: a pipe. Name a .py file"),
        (["mine/broken.py"], "Cannot read mine/broken.py: a broken link."),
        (["empty"], "The directory empty has no contender"),
        (["empty"], "It is empty."),
        (["private"], "Skipped: __init__.py (its name begins with an underscore)."),
        (["x" * 5000 + ".py"], "File name too long"),
    ],
)
def test_names_of_nobody_are_refused(
    command: str, given: list[str], message: str, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is measured, with exit code 2 and what to do."""
    os.mkfifo(directory / "waits.py")
    (directory / "broken.py").symlink_to("nowhere")
    (directory / "notes.txt").touch()
    Path("empty").mkdir()
    Path("private").mkdir()
    Path("private/__init__.py").touch()
    assert message in " ".join(refused_here([command, *given], directory.parent, capsys).split())


def test_an_unknown_name_tells_what_is_installed(registry: Registry) -> None:
    """The facts of the error are kept, for a program that asks for them."""
    with pytest.raises(UnknownComponentError) as caught:
        find_contenders(registry, "nobody", workers=2)
    assert (caught.value.kind, caught.value.name) == ("orchestrator", "nobody")
    assert "sequential" in caught.value.installed
