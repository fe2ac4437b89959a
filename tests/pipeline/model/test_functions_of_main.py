"""Functions of the program itself, of notebooks and of what is typed in work with every local orchestrator.

Worker processes get them by value, with cloudpickle. In this process they are taken as they are.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipeline_optimization import Pipeline, run, run_async
from pipeline_optimization.errors import OptionError
from similar_cases import some

IN_PROCESS = ("sequential", "threaded", "asyncio")
ALL = (*IN_PROCESS, "multiprocess", "hedged")
OPTIONS: dict[str, dict[str, object]] = {
    "multiprocess": {"workers": 2},
    "hedged": {"inner": "multiprocess", "inner_options": "workers=2"},
}

PROGRAM = """
import sys
from dataclasses import dataclass
from pipeline_optimization import Pipeline, run, task

FACTOR = 10

@dataclass(frozen=True)
class Hit:
    value: int

@task(retry="fixed")
def hit(value):
    return Hit(tenfold(value.value))

@task
def tenfold(value):
    return FACTOR * value

async def later(value):
    return value

def total(values):
    report = run(
        Pipeline("p").values(Hit).map(hit).map(later).filter(lambda hit: hit.value).collect(), values,
        orchestrator=sys.argv[1], orchestrator_options={"workers": 2},
    )
    assert all(type(hit) is Hit for hit in report.result), report
    return report.result

print(total([Hit(0), Hit(1), Hit(2)]))
"""
FAULTY = """
from pipeline_optimization import Pipeline, run
from functools import partial

class Never:
    def __call__(self, value):
        raise ValueError(value)

def never(value, more):
    raise ValueError(value)

for function in (never, Never()):
    made = partial(never, more=0) if function is never else function
    report = run(Pipeline("p").values(int).map(made).sum(), [1], orchestrator="multiprocess", retry="none")
    print(report.failed_items[0].error.traceback)
"""

SAID = "[Hit(value=10), Hit(value=20)]\n"


def python(*arguments: str, home: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], input=text, cwd=home, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize("how", some(["script", "-c", "standard input"], every=3))
def test_the_program_itself_may_define_all(tmp_path: Path, how: str) -> None:
    """Tasks, coroutine functions, lambdas, the classes of elements and constants, in worker processes and without a guard."""
    (tmp_path / "program.py").write_text(PROGRAM)
    arguments = {"script": ("program.py",), "-c": ("-c", PROGRAM), "standard input": ("-",)}[how]
    done = python(*arguments, "multiprocess", home=tmp_path, text=PROGRAM if how == "standard input" else "")
    assert (done.stdout, done.returncode) == (SAID, 0), done.stderr


@pytest.mark.parametrize("orchestrator", ALL)
def test_lambdas_and_closures_go_everywhere(orchestrator: str) -> None:
    """With the variables around them."""
    factor = 3

    def times(value: int) -> int:
        return factor * value

    pipeline = Pipeline("p").values(int).map(times).map(lambda value: value + 1).top(2, lambda value: -value)
    report = run(pipeline, range(5), orchestrator=orchestrator, orchestrator_options=OPTIONS.get(orchestrator, {}))
    assert report.result == [1, 4]


@pytest.mark.parametrize("orchestrator", IN_PROCESS)
def test_in_this_process_functions_may_hold_anything(monkeypatch: pytest.MonkeyPatch, orchestrator: str) -> None:
    """Locks, open files and lists of the caller, which are the same there; nothing needs to be installed for that."""
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    lock, seen = threading.Lock(), []

    def note(value: int) -> int:
        with lock:
            seen.append(value)
        return value

    report = run(Pipeline("p").values(int).map(note).sum(), range(5), orchestrator=orchestrator)
    assert report.result == sum(seen) == 10


def test_what_cannot_be_sent_is_named() -> None:
    """The function, with its file and line, the variable that it holds, and what to do."""
    lock = threading.Lock()

    def locked(value: int) -> int:
        with lock:
            return value

    words = (
        r"locked \(.*test_functions_of_main.py, line \d+\) holds 'lock', of type lock, .*Make it inside the function"
    )
    with pytest.raises(OptionError, match=words):
        run(Pipeline("p").values(int).map(locked).sum(), [1], orchestrator="multiprocess")


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without cloudpickle a lambda is refused before anything runs, and so is a program that other processes cannot import; a fork has it."""
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    with pytest.raises(OptionError, match=r"'squares'.*top level of a module.*pip install 'cloudpickle>="):
        run(
            Pipeline("squares").values(int).map(lambda value: value * value).sum(),
            range(4),
            orchestrator="multiprocess",
        )
    program = """
import sys
sys.modules["cloudpickle"] = None
from pipeline_optimization import Pipeline, run
def double(value):
    return 2 * value
print(run(Pipeline("p").values(int).map(double).sum(), range(4), orchestrator=sys.argv[1], orchestrator_options=dict(
    one.split("=") for one in sys.argv[2:])).result)
"""
    done = python("-c", program, "threaded", home=tmp_path)
    assert (done.stdout, done.stderr) == ("12\n", "")
    done = python("-c", program, "multiprocess", "start=forkserver", home=tmp_path)
    assert done.returncode == 1
    assert "pip install cloudpickle" in done.stderr


@pytest.mark.parametrize("orchestrator", ALL)
def test_beside_a_running_event_loop(orchestrator: str) -> None:
    """As in a notebook or a server, whose loop goes on meanwhile."""

    async def use() -> tuple[int, int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0)
                ticks += 1

        ticking = asyncio.create_task(tick())
        report = await run_async(
            Pipeline("p").values(int).map(lambda value: 2 * value).sum(),
            range(5),
            orchestrator=orchestrator,
            orchestrator_options=OPTIONS.get(orchestrator, {}),
        )
        ticking.cancel()
        return report.result, ticks

    result, ticks = asyncio.run(use())
    assert result == 20
    assert ticks > 0


@pytest.mark.parametrize("orchestrator", ALL)
def test_coroutine_functions_beside_a_running_event_loop(orchestrator: str) -> None:
    """``run`` that is called where a loop runs awaits them in a loop of its own."""

    async def later(value: int) -> int:
        await asyncio.sleep(0)
        if value == 3:
            raise ValueError("three")
        return value

    async def use() -> int:
        report = run(
            Pipeline("p").values(int).map(later).sum(),
            range(5),
            orchestrator=orchestrator,
            orchestrator_options=OPTIONS.get(orchestrator, {}),
            retry="none",
        )
        assert report.failures == {("later", "ValueError"): 1}
        return report.result

    assert asyncio.run(use()) == 7


def test_workers_know_the_file_of_a_function(tmp_path: Path) -> None:
    """The traceback of a worker has the program's file and its line, as any other traceback."""
    (tmp_path / "program.py").write_text(FAULTY)
    done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.count(f'File "{tmp_path}/program.py", line ') == 2, done.stdout + done.stderr
    assert done.stdout.count("raise ValueError(value)\n") == 2
