"""A process that a harness seems to measure, although nobody answers: its runs end with an error that says so, and never hang."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from pathlib import Path

import pytest

from independent_items import build, echo
from pipeline_optimization import count_anagrams
from pipeline_optimization.engine.faults import TASK_SERVER, FaultPlan
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.task_client import TaskClient
from pipeline_optimization.engine.wire import Call, decode_answer, encode_call
from pipeline_optimization.engine.worker import Worker, WorkerSetup
from pipeline_optimization.errors import OptionError
from pipeline_optimization.registry import Registry

NOBODY = "Nobody answers calls of tasks at ANAGRAM_TASK_SERVER"


@pytest.fixture(autouse=True)
def _nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TASK_SERVER, str(tmp_path / "nobody"))


@pytest.mark.parametrize("name", ["sequential", "asyncio", "threaded", "multiprocess", "hedged"])
def test_a_run_says_that_nobody_answers(name: str, registry: Registry) -> None:
    """Before it starts any worker, whatever its orchestrator."""
    with pytest.raises(OptionError, match=NOBODY):
        count_anagrams("the cat", orchestrator=name, faults="heavy", limits=Limits(deadline=5.0), registry=registry)


@pytest.mark.parametrize("is_awaited", [False, True])
def test_an_attempt_that_nobody_answers_fails(*, is_awaited: bool) -> None:
    """If the harness goes away later, the attempt's answer says so. An error that was raised would end the worker or its thread."""
    worker = Worker(WorkerSetup(build=build, argument=echo, faults=FaultPlan()).to_bytes())
    payload = encode_call(Call(task="echo", fault_key="cat", number=1, data=b"cat"))
    answered = asyncio.run(worker.run_attempt_async(payload)) if is_awaited else worker.run_attempt(payload)
    error = decode_answer(answered).error
    assert error is not None
    assert (error.type, error.injected) == ("OptionError", False)
    assert error.message.startswith(NOBODY)


def _accept_one(door: socket.socket, answer: bytes) -> threading.Thread:
    """Take one connection in a thread, read its request, answer, and close it."""

    def serve() -> None:
        with door.accept()[0] as connection:
            connection.recv(1000)
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_a_thread_survives_its_harness() -> None:
    """When the harness goes away, a call fails, and the thread forgets its connection. It meets another harness at the same place."""
    address = os.environ[TASK_SERVER]
    caller = TaskClient(address)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        connected = _accept_one(door, b"")
        with pytest.raises(OptionError, match=NOBODY):
            caller.call("find_anagrams", "cat")
        connected.join()
    os.unlink(address)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        connected = _accept_one(door, b"[1, false, 0.5]\n")
        assert caller.call("find_anagrams", "cat").latency == 0.5
        connected.join()
