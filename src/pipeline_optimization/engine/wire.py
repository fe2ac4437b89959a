"""Calls and answers as bytes: the form in which they travel between the engine and its workers.

An attempt goes this way::

    engine        Call("fetch", "cat", 1, b"cat", 0, "7")     what to run: attempt 1 of the item fetch:7
                    -> encode_call   -> bytes                 the payload of the attempt that ``submit`` gets
    orchestrator  moves the bytes to a worker
    worker          -> decode_call   -> Call                  draws the faults, lets the latency pass, runs the task
                    <- encode_answer <- Answer(result=...)    or Answer(error=...) if the task failed
    orchestrator  moves the bytes back                        the payload of a completion that ``poll`` returns
    engine          <- decode_answer <- bytes                 takes the result, or tries the item again with number 2

If the worker dies, there is no answer: the orchestrator reports the attempt as lost.

An orchestrator moves bytes only, so it need not know what is in them. The bytes are made with pickle, which runs code of whoever made
them. That is safe here, since both ends belong to one run of one program: nothing that was on disk is unpickled.

This module also checks what an orchestrator's ``poll`` returns, so that a mistake there becomes an error that names the orchestrator.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import fields

from pipeline_optimization.error_text import shortened
from pipeline_optimization.errors import OrchestratorError
from pipeline_optimization.types import Completion, ErrorRecord

if TYPE_CHECKING:
    from pipeline_optimization.engine.attempt_log import AttemptLog
    from pipeline_optimization.types.step_time import StepTime

__all__ = [
    "Answer",
    "Call",
    "Done",
    "another_copy",
    "answer_in",
    "completions_in",
    "decode_answer",
    "decode_call",
    "encode_answer",
    "encode_call",
]

LONGEST = 80
"""How many characters of a value an error shows."""


class Call(NamedTuple):
    """What a worker must know of an attempt.

    It is a named tuple, which takes a fraction of the time of an attrs class to make. Each attempt makes two of them, one at each end.

    Attributes:
        task: The name of the task.
        fault_key: What faults are drawn for, together with ``number``.
        number: The number of the attempt among those of its item, from 1.
        data: What the task gets.
        copy: The number of this copy of the attempt: 0, or more if the orchestrator runs the same attempt several times at once. All copies
            fail, or none does, but each has a wait of its own, as each runs on a machine of its own.
        item: The id of the item.
    """

    task: str
    fault_key: str
    number: int
    data: bytes
    copy: int = 0
    item: str = ""


class Done(NamedTuple):
    """The elements of a bundle that went through one task, each at its first attempt.

    If a bundle of 1,000 elements goes through ``fetch`` and ``parse``, and 2 of them fail at ``fetch``, its answer has
    ``Done("fetch", 998, ...)`` and ``Done("parse", 998, ...)``. The two that failed are in the result, and become items of their own.

    Attributes:
        task: The name of the task.
        number: How many elements.
        positions: The sum of their positions, for the ledger.
    """

    task: str
    number: int
    positions: int


class Answer(NamedTuple):
    """What a worker says of an attempt. Times are in seconds, except ``began``.

    Attributes:
        result: What the task returned; empty if it failed.
        error: The error of the task; None if it returned.
        latency: The simulated time of the attempt, waiting and computing (``Draw.time``, not ``Draw.latency``).
        seconds: How long the whole attempt took.
        began: When the attempt began, in nanoseconds of the worker's monotonic clock; 0 if time is simulated.
        done: For a bundle, the elements that went through each task.
        elements: How many elements of the input were in the attempt; 1 if it failed, since an error does not tell.
        log: What the attempt has logged; None if nothing.
        waited: How long the attempt waited, if that was measured.
        stalled: How long its thread neither computed nor waited in an event loop, if that was measured.
        steps: For a bundle, what each step of the pipeline took, if there were several and that was measured.
    """

    result: bytes = b""
    error: ErrorRecord | None = None
    latency: float = 0.0
    seconds: float = 0.0
    began: int = 0
    done: Sequence[Done] = ()
    elements: int = 1
    log: AttemptLog | None = None
    waited: float = 0.0
    stalled: float = 0.0
    steps: Sequence[StepTime] = ()


def encode_call(call: Call) -> bytes:
    """Return a call as bytes."""
    # A plain tuple is pickled without the name of its class, which makes it smaller and quicker to read.
    return pickle.dumps(tuple(call), pickle.HIGHEST_PROTOCOL)


def decode_call(payload: bytes) -> Call:
    """Return the call that ``encode_call`` made bytes of."""
    return Call._make(pickle.loads(payload))


def another_copy(payload: bytes) -> bytes:
    """Return the payload of one more copy of an attempt, for orchestrators that run an attempt twice at the same time."""
    call = decode_call(payload)
    return encode_call(call._replace(copy=call.copy + 1))


def encode_answer(answer: Answer) -> bytes:
    """Return an answer as bytes. If its log records cannot be pickled, they are dropped and counted, and the rest is sent."""
    try:
        return _encoded(answer)
    except Exception:
        if answer.log is None or not answer.log.records:
            raise
        return _encoded(answer._replace(log=answer.log.without_records()))


def _encoded(answer: Answer) -> bytes:
    result, error, latency, seconds, began, done, elements, log, waited, stalled, steps = answer
    # Built-in types only: to unpickle an instance of a class takes longer, and the parent must find the class.
    parts = (
        result,
        None if error is None else {one.name: getattr(error, one.name) for one in fields(ErrorRecord)},
        latency,
        seconds,
        began,
        [(one.task, one.number, one.positions) for one in done],
        elements,
        None if log is None else log.to_wire(),
        waited,
        stalled,
        [tuple(one) for one in steps],
    )
    return pickle.dumps(parts, pickle.HIGHEST_PROTOCOL)


def decode_answer(payload: bytes) -> Answer:
    """Return the answer that ``encode_answer`` made bytes of.

    Raises:
        Exception: Whatever pickle raises, if the bytes are no answer.
    """
    result, facts, latency, seconds, began, done, elements, records, waited, stalled, steps = pickle.loads(payload)
    log = None if records is None else _log_of(records)
    if facts is not None:
        error = ErrorRecord(**facts)
        # An attempt that failed has no result and no elements that went through: if a bundle fails as a whole, all of it is tried again.
        return Answer(
            error=error, latency=latency, seconds=seconds, began=began, waited=waited, stalled=stalled, log=log
        )
    return Answer(
        result=result,
        latency=latency,
        seconds=seconds,
        began=began,
        done=[Done(*one) for one in done],
        elements=elements,
        waited=waited,
        stalled=stalled,
        log=log,
        steps=_steps_of(steps) if steps else (),
    )


def _log_of(parts: tuple[Any, ...]) -> AttemptLog:
    from pipeline_optimization.engine.attempt_log import AttemptLog  # noqa: PLC0415 - for attempts that log

    return AttemptLog(*parts)


def _steps_of(steps: Sequence[tuple[Any, ...]]) -> Sequence[StepTime]:
    from pipeline_optimization.types.step_time import StepTime  # noqa: PLC0415 - for attempts that are timed

    return tuple(StepTime(*one) for one in steps)


def completions_in(returned: object, *, orchestrator: str) -> Sequence[Completion]:
    """Return the completions that ``poll`` returned, after a look at their types.

    Args:
        returned: What it returned. A sequence is what the contract asks for, but any iterable is accepted.
        orchestrator: The name of the orchestrator, for errors.

    Raises:
        OrchestratorError: If it did not return completions, or a payload is not bytes.
    """
    if not isinstance(returned, Iterable):
        raise _broken(orchestrator, f"returned {_shown(returned)} from poll(). It must return a sequence of Completion")
    found = list(returned)
    for one in found:
        if not isinstance(one, Completion):
            raise _broken(orchestrator, f"returned {_shown(one)} from poll(), which is no Completion")
        if not isinstance(one.payload, bytes | bytearray | memoryview):
            raise _broken(orchestrator, f"returned {_shown(one.payload)} as the payload of attempt {one.id}, not bytes")
    return found


def answer_in(completion: Completion, *, orchestrator: str) -> Answer:
    """Return the answer in a completion.

    Args:
        completion: A completion that is done.
        orchestrator: The name of the orchestrator, for errors.

    Raises:
        OrchestratorError: If the bytes are not those that a worker returned.
    """
    try:
        return decode_answer(completion.payload)
    except Exception as error:
        size = len(completion.payload)
        raise _broken(
            orchestrator,
            f"brought back {size} bytes that no worker returned for attempt {completion.id}. It must hand on the answer of "
            "run_attempt untouched",
        ) from error


def _broken(orchestrator: str, what: str) -> OrchestratorError:
    return OrchestratorError(f"The orchestrator {orchestrator!r} {what}.")


def _shown(value: object) -> str:
    return shortened(repr(value), LONGEST)
