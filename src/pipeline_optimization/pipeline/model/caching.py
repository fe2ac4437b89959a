"""The memory of a task's results across runs (``@task(cache=...)``): which file it is, and how calls use it.

The key of a result is made of the digest of the function's code, the kind of its step, and the argument, all as plain data.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

from attrs import define, frozen

from pipeline_optimization.disk_cache import cache_file
from pipeline_optimization.error_text import describe, message_of
from pipeline_optimization.errors import OptionError, UnsendableError
from pipeline_optimization.pipeline.model.blame import shown
from pipeline_optimization.pipeline.model.code_digest import code_digest
from pipeline_optimization.pipeline.model.codec import PLAIN
from pipeline_optimization.pipeline.model.outcome import Remembered
from pipeline_optimization.pipeline.model.result_file import ResultFile
from pipeline_optimization.pipeline.model.steps import Step, innermost
from pipeline_optimization.tasks.callables import where

__all__ = ["CachePlan", "Caches", "Plans", "plan_caches"]

Call = Callable[[Any], Any]

MISSING: Any = object()


@frozen
class CachePlan:
    """The place where a step's results are kept, as the run decides for its workers.

    If ``path`` is empty, each machine uses its own cache directory.
    """

    digest: bytes
    size: int
    path: str
    default: str

    def open(self) -> ResultFile:
        return ResultFile(Path(self.path) if self.path else cache_file("results", self.default, ".sqlite"), self.size)


Plans = Mapping[int, CachePlan]
"""The plans, by the number of the step."""


def plan_caches(steps: Sequence[Step]) -> tuple[Plans, Sequence[str]]:
    """Return the caches of a pipeline's steps, by step, after checking their files, and warnings.

    Raises OptionError for a function whose code cannot be recognised in a later run, and for a file that cannot be used.
    """
    plans: dict[int, CachePlan] = {}
    warnings: list[str] = []
    for index, step in enumerate(steps):
        if step.spec.cache is not None:
            plans[index] = _plan(step)
            file = plans[index].open()
            try:
                file.check()
            finally:
                file.close()
            warnings += file.problems
    return plans, warnings


def _plan(step: Step) -> CachePlan:
    cache, function = step.spec.cache, innermost(step.plain)
    assert cache is not None
    try:
        digest = code_digest(step.plain)
    except ValueError as error:
        raise OptionError(f"cache= cannot remember results of {where(function)}: {error}. Leave cache= out.") from error
    return CachePlan(
        digest=f"{step.kind} {digest}".encode(),
        size=cache.size,
        path=os.path.abspath(cache.path) if cache.path else "",
        default=f"{function.__module__}:{function.__qualname__}",
    )


@define(eq=False)
class _Memory:
    """The remembered results of one step."""

    step: Step
    digest: bytes
    file: ResultFile
    hits: int = 0

    def remembering(self, call: Call) -> Call:
        """Return a function that calls ``call`` only for arguments whose result is not remembered."""
        if self.step.is_async:

            async def recall_async(value: Any) -> Any:
                key = self._key(value)
                result = self._recall(key)
                return self._keep(key, await call(value)) if result is MISSING else result

            return recall_async

        def recall(value: Any) -> Any:
            key = self._key(value)
            result = self._recall(key)
            return self._keep(key, call(value)) if result is MISSING else result

        return recall

    def _key(self, value: Any) -> bytes:
        try:
            data = PLAIN.encode(value)
        except Exception as error:
            raise self._unfit(f"got {shown(value)}, by which no result can be looked up in its cache", error) from error
        # The length makes it certain where the digest ends, so no other function with another argument has the same
        # bytes.
        return blake2b(b"%d %b %b" % (len(self.digest), self.digest, data), digest_size=20).digest()

    def _recall(self, key: bytes) -> Any:
        data = self.file.get(key)
        if data is None:
            return MISSING
        try:
            result = PLAIN.decode(data)
        except (ValueError, LookupError, RecursionError):
            # It is whole, but not as this version writes results, so it is computed anew.
            self.file.forget(key)
            return MISSING
        self.hits += 1
        return result

    def _keep(self, key: bytes, result: Any) -> Any:
        try:
            data = PLAIN.encode(result)
        except Exception as error:
            raise self._unfit(f"returned {shown(result)}, which cannot be kept in its cache", error) from error
        self.file.put(key, data)
        return result

    def _unfit(self, what: str, error: Exception) -> UnsendableError:
        reason = message_of(error) or describe(error)
        return UnsendableError(f"{where(self.step.plain)} {what} ({reason}). Use plain data, or leave cache= out.")


class Caches:
    """The caches of a worker."""

    def __init__(self, steps: Sequence[Step], plans: Plans) -> None:
        self._memories = {index: _Memory(steps[index], plan.digest, plan.open()) for index, plan in plans.items()}

    def remembering(self, calls: Sequence[Call]) -> Sequence[Call]:
        """Return the functions that the steps call, with memory for each step that has a cache."""
        return [
            self._memories[index].remembering(call) if index in self._memories else call
            for index, call in enumerate(calls)
        ]

    def take(self) -> Remembered | None:
        """Return what the caches have done since the last call of this method, or None if that is nothing."""
        taken = Remembered()
        for memory in self._memories.values():
            hits, memory.hits = memory.hits, 0
            taken.hits[memory.step.name] += hits
            problems, memory.file.problems = memory.file.problems, []
            taken.problems += problems
        taken.hits = +taken.hits
        return taken if taken.hits or taken.problems else None

    def close(self) -> None:
        for memory in self._memories.values():
            memory.file.close()
