"""A child that a task forks never goes on as if it were the worker, even if an interruption ends the task in it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

INTERRUPTED = """
import os, signal
from pipeline_optimization import Pipeline, run
from pipeline_optimization.errors import RunInterrupted

def forks(value):
    # Ctrl-C in a terminal signals both processes.
    if child := os.fork():
        os.waitpid(child, 0)
    signal.raise_signal(signal.SIGINT)
    return value

try:
    run(Pipeline("p").values(int).map(forks).sum(), [0])
except RunInterrupted:
    print("the program goes on", flush=True)
"""

UNHEARD = """
import os
from pipeline_optimization import Pipeline, run

def forks(value):
    if child := os.fork():
        os.waitpid(child, 0)
    return value

os.close(2)
try:
    run(Pipeline("p").values(int).map(forks).sum(), [0])
except OSError:
    pass
print("the program goes on", flush=True)
"""

CUT_SHORT = """
import asyncio, os
from pipeline_optimization.engine.cutting import CutShort
from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.wire import Call, encode_call
from pipeline_optimization.engine.worker import Worker, WorkerSetup

class Stage:
    async def run_async(self, data):
        if child := os.fork():
            os.waitpid(child, 0)
        raise CutShort

def build(argument):
    return {"forks": Stage()}

worker = Worker(WorkerSetup(build=build, argument=None, faults=FaultPlan()).to_bytes())
try:
    asyncio.run(worker.run_attempt_async(encode_call(Call(task="forks", fault_key="", number=1, data=b""))))
except CutShort:
    print("the program goes on", flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing can fork here")
@pytest.mark.parametrize("program", [INTERRUPTED, CUT_SHORT], ids=["interrupted", "cut short"])
def test_an_interrupted_child_is_ended(program: str) -> None:
    """Otherwise both processes would end the run, write its results, and go on with the rest of the program."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "the program goes on\n"
    assert "forked, and the child came back" in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing can fork here")
def test_a_child_is_ended_even_if_nobody_can_be_told() -> None:
    """Standard error may be closed. The message is lost then, and the child still does not go on."""
    done = subprocess.run([sys.executable, "-c", UNHEARD], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "the program goes on\n"
