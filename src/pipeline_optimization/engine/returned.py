"""What an orchestrator returned, held against its contract: completions, each with a worker's answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline_optimization.engine.wire import Answer, decode_answer
from pipeline_optimization.errors import OrchestratorError
from pipeline_optimization.types import Completion

__all__ = ["answer_in", "completions_in"]

LONGEST = 80
"""Characters of a value that an error shows."""


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
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
