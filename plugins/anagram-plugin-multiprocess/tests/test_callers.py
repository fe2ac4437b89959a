"""The orchestrator ``multiprocess`` works wherever a program calls it from, or says in one sentence why it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from similar_cases import some

COUNT = 'count_anagrams("cat", orchestrator="multiprocess", orchestrator_options={"workers": 2, "start": START})'

PRELUDE = "from pipeline_optimization import Registry, count_anagrams\nSTART = '@'\n"

UNGUARDED = PRELUDE + f"print({COUNT}.anagram_counts)\n"

GUARDED = PRELUDE + f'if __name__ == "__main__":\n    print({COUNT}.anagram_counts)\n'

DAEMONIC = (
    PRELUDE
    + """
import multiprocessing
if __name__ == "__main__":
    options = {"orchestrator": "multiprocess", "orchestrator_options": {"workers": 2, "start": START}}
    with multiprocessing.Pool(1) as pool:
        print(pool.apply(count_anagrams, ("cat",), options).anagram_counts)
"""
)

FORKED = (
    PRELUDE
    + f"""
import os
import sys
import warnings
held = os.pipe()  # so that this process is not forked by itself
print({COUNT}.anagram_counts, flush=True)
if os.fork() == 0:
    try:
        print({COUNT}.anagram_counts, flush=True)
    except Exception as error:
        print(error, flush=True)
    os._exit(0)
os.wait()
"""
)

OWN = """
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import Component, NoOptions
class Lines:
    is_characterwise = False
    def filter(self, text): return text
    def words(self, text): return text.splitlines()
def make(options): return Lines()
class Plugin:
    @hookimpl
    def anagram_register_tokenizers(self):
        return [Component(name="lines", summary="lines", factory=make, options=NoOptions)]
registry = Registry.load()
registry.register(Plugin(), "lines")
"""
OWN_COUNT = COUNT.replace('"cat"', '"cat", tokenizer="lines", registry=registry')
OWN_UNGUARDED = PRELUDE + OWN + f"print({OWN_COUNT}.anagram_counts)\n"
OWN_GUARDED = PRELUDE + OWN + f'if __name__ == "__main__":\n    print({OWN_COUNT}.anagram_counts)\n'

CAT = "{'act': 1, 'cat': 1, 'tac': 1}"

METHODS = ["auto", "spawn", *(["fork", "forkserver"] if os.name == "posix" else [])]


def run(program: str, folder: Path, *, start: str = "auto", stdin: bool = False) -> tuple[str, str]:
    """Run a program as a file, or from standard input; return what it wrote."""
    text = program.replace("'@'", repr(start), 1)
    file = folder / "program.py"
    file.write_text(text)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-"] if stdin else [sys.executable, "-W", "error", str(file)],
        input=text if stdin else "",
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=60,
        check=False,
    )
    return done.stdout.strip(), done.stderr.strip()


@pytest.mark.parametrize("start", METHODS)
def test_a_script_without_a_guard(tmp_path: Path, start: str) -> None:
    """A script that counts without ``if __name__ == "__main__"`` counts once, and is not run again by workers."""
    assert run(UNGUARDED, tmp_path, start=start) == (CAT, "")


def test_a_script_with_a_guard(tmp_path: Path) -> None:
    """A script that counts under ``if __name__ == "__main__"`` counts once as well."""
    assert run(GUARDED, tmp_path) == (CAT, "")


@pytest.mark.parametrize("program", [UNGUARDED, GUARDED], ids=["unguarded", "guarded"])
def test_standard_input(tmp_path: Path, program: str) -> None:
    """A program may come from standard input, where no worker could read it again."""
    assert run(program, tmp_path, stdin=True) == (CAT, "")


def test_a_daemonic_process(tmp_path: Path) -> None:
    """A worker of ``multiprocessing.Pool``, which may have no children by that package's rules, can count."""
    assert run(DAEMONIC, tmp_path) == (CAT, "")


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="it cannot be told there whose child the fork server is")
def test_a_forked_process(tmp_path: Path) -> None:
    """A process that was forked after its parent used a fork server can count."""
    assert run(FORKED, tmp_path) == (f"{CAT}\n{CAT}", "")


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="as above")
def test_a_forked_process_with_its_parents_server(tmp_path: Path) -> None:
    """If such a process insists on the server, the error says why that cannot be, and what works."""
    output, _ = run(FORKED, tmp_path, start="forkserver")
    assert output == (
        f"{CAT}\nThis process was forked from one that uses multiprocessing's fork server, which cannot be shared. "
        "Let workers start in another way: -o start=spawn."
    )


def test_components_of_the_program_itself(tmp_path: Path) -> None:
    """A component that is defined in a script with a guard works."""
    assert run(OWN_GUARDED, tmp_path) == (CAT, "")


@pytest.mark.parametrize("start", some([one for one in METHODS if one not in {"auto", "fork"}], every=3))
def test_components_of_a_script_without_a_guard(tmp_path: Path, start: str) -> None:
    """One that is defined in a script without a guard gives one error, which says what to do."""
    output, error = run(OWN_UNGUARDED, tmp_path, start=start)
    assert output == ""
    assert error.count("Traceback") == 1
    assert error.splitlines()[-1] == (
        "pipeline_optimization.errors.WorkerStartError: Worker processes import this script, since a component of the run "
        "is defined in it, and it counts again in each of them. Count under: if __name__ == '__main__': ... Or define "
        "the component in a module of its own."
    )


@pytest.mark.skipif(sys.platform != "linux", reason="forks nowhere else unless it is told to")
@pytest.mark.parametrize("stdin", [False, True], ids=["file", "stdin"])
def test_components_of_a_program_that_is_forked(tmp_path: Path, *, stdin: bool) -> None:
    """Where workers are copies of the program, they have what is defined in it, with or without a guard."""
    assert run(OWN_UNGUARDED, tmp_path, stdin=stdin) == (CAT, "")


def test_components_that_were_typed_in(tmp_path: Path) -> None:
    """One that no process can import, since it came from standard input, gives one error, which names it."""
    output, error = run(OWN_UNGUARDED, tmp_path, start="spawn", stdin=True)
    assert output == ""
    assert error.count("Traceback") == 1
    assert error.splitlines()[-1] == (
        "pipeline_optimization.errors.WorkerStartError: Worker processes need 'make', which is defined in the program "
        "itself (__main__). They cannot import that: it is no file, but was typed in or read from standard input. "
        "Define it in a module of its own, or use an orchestrator without processes, such as threaded."
    )
