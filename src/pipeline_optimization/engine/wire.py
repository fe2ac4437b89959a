"""How calls and answers travel between the engine and its workers: as bytes, because bytes cross any border fast.

Both ends belong to one run of one program, so pickle is safe here; nothing that was on disk is ever unpickled.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from typing import cast

from attrs import evolve, frozen

from pipeline_optimization.types import ErrorRecord

__all__ = ["Answer", "Call", "Done", "another_copy", "decode_answer", "decode_call", "encode_answer", "encode_call"]


@frozen
class Call:
    """One call: run ``task`` on ``data``; ``fault_key`` and ``number`` decide what the fault plan does to it.

    ``copy`` is 0 but for further copies of the same attempt, which only stragglers tell apart.
    """

    task: str
    fault_key: str
    number: int
    data: bytes
    copy: int = 0


@frozen
class Done:
    """Items of a task that were done in a bundle, at their first attempts: how many, and the sum of their positions."""

    task: str
    number: int
    positions: int


@frozen(kw_only=True)
class Answer:
    """A worker's answer: a result or an error, the simulated latency that it passed, and how long all of it took.

    Both times are in seconds. ``done`` is what else was done in the attempt.
    """

    result: bytes = b""
    error: ErrorRecord | None = None
    latency: float = 0.0
    seconds: float = 0.0
    done: Sequence[Done] = ()


def encode_call(call: Call) -> bytes:
    return pickle.dumps((call.task, call.fault_key, call.number, call.data, call.copy), pickle.HIGHEST_PROTOCOL)


def decode_call(payload: bytes) -> Call:
    return Call(*pickle.loads(payload))


def another_copy(payload: bytes) -> bytes:
    """Return the payload of one more copy of an attempt, for orchestrators that run an attempt twice at once."""
    call = decode_call(payload)
    return encode_call(evolve(call, copy=call.copy + 1))


def encode_answer(answer: Answer) -> bytes:
    error = answer.error
    facts = None if error is None else (error.type, error.message, error.traceback, error.injected, error.is_permanent)
    done = [(one.task, one.number, one.positions) for one in answer.done]
    return pickle.dumps((answer.result, facts, answer.latency, answer.seconds, done), pickle.HIGHEST_PROTOCOL)


def decode_answer(payload: bytes) -> Answer:
    """Return the answer. Raises whatever pickle raises where the bytes are not those that a worker returned."""
    result, facts, latency, seconds, done = pickle.loads(payload)
    if facts is None:
        return Answer(result=result, latency=latency, seconds=seconds, done=[Done(*one) for one in done])
    kind, message, traceback, injected, is_permanent = cast("tuple[str, str, str, bool, bool]", facts)
    error = ErrorRecord(type=kind, message=message, traceback=traceback, injected=injected, is_permanent=is_permanent)
    return Answer(error=error, latency=latency, seconds=seconds)
