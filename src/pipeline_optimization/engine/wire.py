"""How calls and answers travel between the engine and its workers: as bytes, because bytes cross any border fast.

What an orchestrator hands back is held against its contract here: completions, each with a worker's answer.

Both ends belong to one run of one program, so pickle is safe here; nothing that was on disk is ever unpickled.
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
"""Characters of a value that an error shows."""


class Call(NamedTuple):
    """One call: run ``task`` on ``data``; ``fault_key`` and ``number`` decide what the fault plan does to it.

    ``copy`` is 0 but for further copies of the same attempt, which only stragglers tell apart. ``item`` is what the item is called among those
    of its task. A named tuple, which is made in a fraction of the time of an attrs class; each attempt makes two.
    """

    task: str
    fault_key: str
    number: int
    data: bytes
    copy: int = 0
    item: str = ""


class Done(NamedTuple):
    """Items of a task that were done in a bundle, at their first attempts: how many, and the sum of their positions."""

    task: str
    number: int
    positions: int


class Answer(NamedTuple):
    """A worker's answer: a result or an error, the simulated time that it passed, how long all of it took, and how long of that it waited.

    These times are in seconds. ``began`` is when the attempt began, in nanoseconds of the worker's own monotonic clock, 0 where time is
    simulated. ``done`` is what else was done in the attempt, and ``elements`` how many elements of the input were in it.
    ``log`` has what the attempt has logged, if anything. ``stalled`` is how long its thread neither computed nor awaited, as far as that was
    measured. A named tuple as ``Call`` is.
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


def encode_call(call: Call) -> bytes:
    return pickle.dumps(tuple(call), pickle.HIGHEST_PROTOCOL)


def decode_call(payload: bytes) -> Call:
    return Call._make(pickle.loads(payload))


def another_copy(payload: bytes) -> bytes:
    """Return the payload of one more copy of an attempt, for orchestrators that run an attempt twice at once."""
    call = decode_call(payload)
    return encode_call(call._replace(copy=call.copy + 1))


def encode_answer(answer: Answer) -> bytes:
    """Return the answer as bytes. A log that cannot be sent does not keep the answer back: its records count as dropped."""
    try:
        return _encoded(answer)
    except Exception:
        if answer.log is None or not answer.log.records:
            raise
        return _encoded(answer._replace(log=answer.log.without_records()))


def _encoded(answer: Answer) -> bytes:
    result, error, latency, seconds, began, others, elements, kept, waited, stalled = answer
    facts = None if error is None else {one.name: getattr(error, one.name) for one in fields(ErrorRecord)}
    done = [(one.task, one.number, one.positions) for one in others]
    log = None if kept is None else kept.to_wire()
    parts = (result, facts, latency, seconds, began, done, elements, waited, stalled, log)
    return pickle.dumps(parts, pickle.HIGHEST_PROTOCOL)


def decode_answer(payload: bytes) -> Answer:
    """Return the answer. Raises whatever pickle raises where the bytes are not those that a worker returned."""
    result, facts, latency, seconds, began, done, elements, waited, stalled, kept = pickle.loads(payload)
    log = None if kept is None else _log_of(kept)
    if facts is not None:
        error = ErrorRecord(**facts)
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
    )


def _log_of(parts: tuple[Any, ...]) -> AttemptLog:
    from pipeline_optimization.engine.attempt_log import AttemptLog  # noqa: PLC0415 - for attempts that log

    return AttemptLog(*parts)


def completions_in(returned: object, *, orchestrator: str) -> Sequence[Completion]:
    """Return what ``poll`` returned. Raises OrchestratorError if that is no sequence of completions."""
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
    """Return the worker's answer. Raises OrchestratorError if no worker returned these bytes."""
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
