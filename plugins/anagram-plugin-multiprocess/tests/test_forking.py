"""Workers are forked from the program itself where that is safe, and where it is not, they are not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks nowhere else unless it is told to")

BEGIN = """
import asyncio, os, signal, socket, sqlite3, sys, threading, time
from pipeline_optimization import Pipeline, run

def parents(values, **options):
    pipeline = Pipeline("parents").values(int).map(parent).collect()
    return run(pipeline, values, orchestrator="multiprocess", orchestrator_options={"workers": 1}, **options).result

def parent(value):
    return os.getppid()
"""

RUN = """
found = parents([1, 2])
print("forked" if found == [os.getpid()] * 2 else "served")
"""

HOLDERS = {
    "nothing": ("", "forked"),
    "devnull": ("held = os.open(os.devnull, os.O_RDWR)", "forked"),
    "a thread": ("threading.Thread(target=threading.Event().wait, daemon=True).start()", "served"),
    "a file": ("held = os.open(__file__, os.O_RDONLY)", "served"),
    "a connection": ("held = socket.socketpair()", "served"),
    "a database": ("held = sqlite3.connect('kept.db'); held.execute('create table t (a)')", "served"),
    "a pipe": ("held = os.pipe()", "served"),
    "an event loop": ("held = asyncio.new_event_loop()", "served"),
}


def printed(program: str, folder: Path, *, pass_fds: tuple[int, ...] = ()) -> str:
    file = folder / "program.py"
    file.write_text(program)
    done = subprocess.run(
        [sys.executable, str(file)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=120,
        check=False,
        pass_fds=pass_fds,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("held", HOLDERS)
def test_what_a_program_holds(tmp_path: Path, held: str) -> None:
    """Only a program of one thread, with nothing open that its copies would share, is forked."""
    code, expected = HOLDERS[held]
    assert printed(f"{BEGIN}\n{code}\n{RUN}", tmp_path) == expected


def test_what_a_program_was_started_with(tmp_path: Path) -> None:
    """A pipe that whoever started the program left open, such as a build tool's, keeps nobody from forking."""
    ends = os.pipe()
    try:
        assert printed(BEGIN + RUN, tmp_path, pass_fds=ends) == "forked"
    finally:
        for end in ends:
            os.close(end)


def test_nothing_is_left(tmp_path: Path) -> None:
    """A run whose workers were forked leaves no process, and no other process was needed."""
    program = """
parents([1])
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("no child")
"""
    assert printed(BEGIN + program, tmp_path) == "no child"


def test_a_thread_that_comes_later(tmp_path: Path) -> None:
    """A worker that dies when the program has got a thread is replaced by one that is not forked."""
    program = """
def parent(value):
    if value == 1 and not os.path.exists("died"):
        open("died", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getppid()

def values():
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    yield 1

if __name__ == "__main__":
    found = parents(values())
    print(len(found), "forked" if found[0] == os.getpid() else "served")
"""
    assert printed(BEGIN + program, tmp_path) == "1 served"


def test_a_run_in_a_forked_worker(tmp_path: Path) -> None:
    """What a worker runs may have workers itself."""
    program = """
def inner(value):
    options = {"workers": 1, "start": "fork"}
    return run(Pipeline("inner").values(int).map(abs).sum(), [value], orchestrator="multiprocess", orchestrator_options=options).result

pipeline = Pipeline("outer").values(int).map(inner).sum()
print(run(pipeline, [-1, -2], orchestrator="multiprocess", orchestrator_options={"workers": 1}).result)
"""
    assert printed(BEGIN + program, tmp_path) == "3"


SHARED = """
import os, signal

owner = None

def connect():
    '''Open what tasks and the program share, if it is not open yet, and return whose it is.'''
    global owner, held
    if owner is None:
        held, owner = open(__file__), os.getpid()
    return owner

class Sink:
    files = ()
    rows = []

    def open(self, run):
        connect()
        return 0

    def deliver(self, number, rows):
        self.rows += rows

    def close(self, *, is_complete): ...

def die():
    if os.environ.get("DIES") and not os.path.exists("died"):
        open("died", "w").close()
        os.kill(os.getpid(), signal.SIGKILL)

def whose(value):
    die()
    return "own" if connect() == os.getpid() else "the program's"

def start(value):
    die()
    return os.getppid()
"""

OPENERS = {
    "a sink": "run(Pipeline('p').values(int).map(shared.whose).collect(), [1, 2], sink=(sink := shared.Sink()), **MULTI); print(set(sink.rows))",
    "an input": """
def values():
    shared.connect()
    yield 1
    yield 2

os.environ["DIES"] = "yes"
print(set(run(Pipeline('p').values(int).map(shared.whose).collect(), values(), **MULTI).result))
""",
}

MULTI = """
import shared
MULTI = {"orchestrator": "multiprocess", "orchestrator_options": {"workers": 1}}
"""


@pytest.mark.parametrize("opener", OPENERS)
def test_what_a_run_opens_for_its_user(tmp_path: Path, opener: str) -> None:
    """What a sink opens before workers start, or an input before one is replaced, no worker uses: each has its own."""
    (tmp_path / "shared.py").write_text(SHARED)
    assert printed(BEGIN + MULTI + OPENERS[opener], tmp_path) == "{'own'}"


KEPT = """
import pathlib
os.environ["DIES"] = "yes"
pathlib.Path("text.txt").write_text("1\\n2\\n")
report = run(Pipeline("p").lines().map(shared.start).collect(), pathlib.Path("text.txt"), checkpoint="kept", **MULTI)
print(os.path.exists("died"), "forked" if set(report.result) == {os.getpid()} else "served")
"""


def test_what_a_run_opens_for_itself(tmp_path: Path) -> None:
    """A checkpoint keeps nobody from forking, and a worker that dies is replaced by another copy."""
    (tmp_path / "shared.py").write_text(SHARED)
    assert printed(BEGIN + MULTI + KEPT, tmp_path) == "True forked"
