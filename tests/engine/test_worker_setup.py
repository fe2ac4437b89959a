"""What a set-up needs from the program itself, and what its worker closes."""

from __future__ import annotations

import asyncio
import ctypes
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from pipeline_optimization.engine.faults import FaultPlan, TaskFaults
from pipeline_optimization.engine.wire import Call, decode_answer, encode_call
from pipeline_optimization.engine.worker import Stage, Worker, WorkerSetup
from pipeline_optimization.errors import PluginError
from pipeline_optimization.types.durations import constant


def build(argument: object) -> Mapping[str, Stage]:
    return {"echo": bytes}


class Slow:
    """Takes a while to unpickle, as a module takes that is imported for it."""

    def __reduce__(self) -> tuple[Callable[[float], object], tuple[float]]:
        return time.sleep, (0.2,)


class Leaving:
    """Ends its process when it is unpickled, as a module does that calls ``sys.exit`` where it is imported."""

    def __reduce__(self) -> tuple[Callable[[int], object], tuple[int]]:
        return sys.exit, (3,)


class Shared:
    """Refuses to be pickled, as a lock of ``multiprocessing`` does."""

    def __reduce__(self) -> str:
        raise RuntimeError("Lock objects should only be shared between processes through inheritance")


@pytest.fixture
def of_main(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Return what defines a function in ``__main__``."""

    def define(name: str) -> Any:
        def function() -> None:
            """Do nothing."""

        function.__module__, function.__name__, function.__qualname__ = "__main__", name, name
        monkeypatch.setattr(sys.modules["__main__"], name, function, raising=False)
        return function

    return define


def names_of(argument: object) -> list[str]:
    setup = WorkerSetup(build=build, argument=argument, faults=FaultPlan())
    return list(WorkerSetup.names_from_main(setup.to_bytes()))


def test_all_names_of_the_program_are_found(of_main: Callable[[str], Any]) -> None:
    """Each function once, though pickle writes the name of their module only once."""
    first, second = of_main("first"), of_main("second")
    assert names_of([first, second, first]) == ["first", "second"]


def test_a_name_that_stands_before_its_function_is_found(of_main: Callable[[str], Any]) -> None:
    """As that of a step does. Pickle then writes the name of the function as a reference to it."""
    step = of_main("step")
    assert names_of([(step.__qualname__, step), "kind"]) == ["step"]
    assert names_of([("__main__", "step"), step]) == ["step"]


def test_a_text_is_no_name() -> None:
    """A text such as the module of a class that is sent by value."""
    assert names_of(["__main__", "kind"]) == []
    assert names_of([]) == []


@pytest.mark.parametrize("faults", [TaskFaults(sleep_time=0.01), TaskFaults(compute=constant(0.01)), TaskFaults()])
def test_the_load_of_the_set_up_is_no_wait(faults: TaskFaults) -> None:
    """The first attempt loads it, and then waits its latency. Only the latency is what it waited."""
    setup = WorkerSetup(build=build, argument=Slow(), faults=FaultPlan(tasks={"echo": faults}), is_timed=True)
    answer = decode_answer(Worker(setup.to_bytes()).run_attempt(encode_call(Call("echo", "key", 1, b""))))
    assert answer.waited >= faults.least_time
    assert answer.seconds - answer.waited - answer.stalled >= 0.2


def test_the_load_of_the_set_up_is_no_wait_before_the_latency_passes() -> None:
    """An attempt that was only begun has waited for nothing yet."""
    faults = FaultPlan(tasks={"echo": TaskFaults(sleep_time=0.01)})
    setup = WorkerSetup(build=build, argument=Slow(), faults=faults, is_timed=True)
    answer = decode_answer(Worker(setup.to_bytes()).begin(encode_call(Call("echo", "key", 1, b""))).finish())
    assert answer.waited < 0.1 < answer.seconds


@pytest.mark.parametrize("argument", [Shared(), ctypes.pointer(ctypes.c_int())])
def test_an_argument_that_cannot_be_sent_is_named(argument: object) -> None:
    """Whatever error pickle raises for it: that of a lock or of a pointer is no PicklingError."""
    with pytest.raises(PluginError, match="A chosen component cannot be sent to workers"):
        WorkerSetup(build=build, argument=argument, faults=FaultPlan()).to_bytes()


def test_a_component_that_leaves_is_an_error_of_the_attempt() -> None:
    """Its worker goes on, and answers with the error, as it does if the import of a component fails in any other way."""
    setup = WorkerSetup(build=build, argument=Leaving(), faults=FaultPlan()).to_bytes()
    call = encode_call(Call("echo", "key", 1, b""))
    waiting, coroutine = Worker(setup).begin(call), Worker(setup).run_attempt_async(call)
    for answer in (Worker(setup).run_attempt(call), waiting.finish(), asyncio.run(coroutine)):
        error = decode_answer(answer).error
        assert error is not None
        assert error.type == "SystemExit"
