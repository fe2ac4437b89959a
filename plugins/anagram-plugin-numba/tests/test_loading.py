"""The kernel ``numba`` is offered for what it can count, light until it is chosen, and compiled once."""

from __future__ import annotations

import ctypes
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from anagram_plugin_numba import WORTH_FROM_BYTES, anagram_counting_kernel
from anagram_plugin_numba.machine_code import MachineCode
from anagram_plugin_numba.native import flat
from anagram_plugin_numba.numbers import numbers_of
from command import ANAGRAM, anagram, environment, refused
from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.disk_cache import read_sealed, store_sealed


def test_offers() -> None:
    """The kernel is offered for the tokenizer and the signatures that it is exact for, whatever the lexicon."""
    for signature in ("letters", "counts", "primes"):
        offer = anagram_counting_kernel(tokenizer="exercise", signature=signature)
        assert offer is not None
        assert offer.worth_from_bytes == WORTH_FROM_BYTES
    assert anagram_counting_kernel(tokenizer="whitespace", signature="letters") is None
    assert anagram_counting_kernel(tokenizer="exercise", signature="soundex") is None


def test_chosen_by_size(registry: Registry, tmp_path: Path) -> None:
    """A file of 4 MB is counted by it unasked, a smaller one is not."""
    path = tmp_path / "large.txt"
    path.write_bytes(b"cat " * (WORTH_FROM_BYTES // 4 - 1))
    assert count_anagrams(path, registry=registry).kernel == "python"
    with path.open("ab") as file:
        file.write(b"dog ")
    report = count_anagrams(path, registry=registry)
    assert (report.kernel, report.anagram_counts["act"], report.anagram_counts["god"]) == (
        "numba",
        WORTH_FROM_BYTES // 4 - 1,
        1,
    )


def modules_of(*arguments: str) -> str:
    """Return the modules that a command has imported by its end."""
    code = (
        "import sys\nfrom pipeline_optimization.cli import main\n"
        f"try: main({list(arguments)!r})\nexcept SystemExit: pass\n"
        "print(sorted(sys.modules), file=sys.stderr)"
    )
    # Compiling takes seconds on an idle machine, and a minute on one that is busy with other tests.
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment(), timeout=600, check=True, text=True
    )
    return done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["run", "--text", "cat"], ["plugins", "list"]])
def test_small_commands_are_light(arguments: list[str]) -> None:
    """Neither help nor a small text imports numba, llvmlite or numpy."""
    modules = modules_of(*arguments)
    for heavy in ("numba", "llvmlite", "numpy", "anagram_plugin_numba.kernel"):
        assert f"'{heavy}'" not in modules


def test_the_compiler_is_not_loaded() -> None:
    """The kernel, once it was compiled, counts without numba and numpy; the test of light commands sees what it does load."""
    modules_of("run", "--text", "cat", "--kernel", "numba")  # compiles, where no other test has
    modules = modules_of("run", "--text", "cat", "--kernel", "numba")
    assert "'anagram_plugin_numba.kernel'" in modules
    assert "'llvmlite'" in modules
    for heavy in ("numba", "numpy"):
        assert f"'{heavy}'" not in modules


def test_arguments_are_flat() -> None:
    """Numbers and bytes become seven numbers, a tuple what it holds."""
    numbers, text = numbers_of("I", [7, 8, 9]), b"three"
    flattened = flat([5, (numbers, numbers), text])
    address = flattened[5]
    assert flattened[:15] == [5, *[0, 0, 3, 4, address, 3, 4] * 2]
    assert flattened[15:] == [0, 0, 5, 1, flattened[19], 5, 1]
    assert ctypes.string_at(address, 12) == numbers.tobytes()
    assert ctypes.string_at(flattened[19], 5) == text


def test_machine_code_on_disk(tmp_path: Path) -> None:
    """Machine code is stored with a digest: a file that is cut off or changed is as good as none."""
    code, path = MachineCode({"f": "_f"}, b"\x7fELF\n\n"), tmp_path / "code"
    store_sealed(path, code.to_bytes())
    whole = path.read_bytes()
    content = read_sealed(path)
    assert content is not None
    assert MachineCode.from_bytes(content) == code
    for damaged in (b"", whole[:-1], whole[:-1] + b"x", b"0" + whole[1:]):
        path.write_bytes(damaged)
        assert read_sealed(path) is None


def test_command_line() -> None:
    """``--kernel numba`` counts with it, and is refused for a tokenizer that it does not have."""
    report = json.loads(anagram("run", "--text", "cat", "--kernel", "numba", "--format", "json").stdout)
    assert (report["kernel"], report["anagram_counts"]) == ("numba", {"act": 1, "cat": 1, "tac": 1})
    message = refused(["run", "--text", "cat", "--kernel", "numba", "--tokenizer", "whitespace"])
    assert "No kernel 'numba' for this tokenizer" in message


@pytest.mark.compiling
@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio", "multiprocess"])
def test_compiled_once(tmp_path: Path, orchestrator: str) -> None:
    """The first run on a terminal says that it compiles; its workers and later runs load what it left.

    A damaged file is compiled anew.
    """
    env = environment({"ANAGRAM_CACHE_DIR": str(tmp_path)})
    arguments = ["run", "--text", "cat dog act", "--kernel", "numba", "--chunk-size", "4", "--format", "csv"]
    arguments += ["--orchestrator", orchestrator]
    assert on_terminal(arguments, env).count(b"compiling the counting kernel, once") == 1
    (file,) = tmp_path.glob("numba-*.code")
    (tmp_path / "stored").hardlink_to(file)  # its time would tell when it was used, and its inode may be used again
    assert b"compiling" not in on_terminal(arguments, env)
    assert file.samefile(tmp_path / "stored")
    if orchestrator == "sequential":
        file.write_bytes(file.read_bytes()[:-1])
        assert b"compiling" in on_terminal(arguments, env)
        assert list(tmp_path.glob("numba-*")) == [file]


def on_terminal(arguments: list[str], env: dict[str, str]) -> bytes:
    """Run ``anagram`` with errors on a terminal, and return what is shown there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([*ANAGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=theirs, env=env) as process:
        os.close(theirs)
        shown = b"".join(blocks_of(ours))
        assert process.wait() == 0, shown
    os.close(ours)
    return shown


def blocks_of(terminal: int) -> Iterator[bytes]:
    # Linux answers a read from a terminal that all writers have closed with an error.
    try:
        while block := os.read(terminal, 1000):
            yield block
    except OSError:
        return


@pytest.mark.compiling
def test_without_a_place_for_the_cache(tmp_path: Path) -> None:
    """Where nothing can be kept, a process compiles once for itself, and counts.

    A file stands where the directory would have to be, which keeps even a superuser from writing there.
    """
    (tmp_path / "file").write_text("in the way")
    env = environment({"ANAGRAM_CACHE_DIR": str(tmp_path / "file" / "cache")})
    arguments = ["run", "--text", "cat", "--kernel", "numba", "--format", "csv"]
    assert on_terminal(arguments, env).count(b"compiling the counting kernel, once") == 1
