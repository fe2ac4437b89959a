"""Makes coroutine functions of functions that run something, for programs with an event loop."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, ParamSpec, TypeVar

from pipeline_optimization.pipeline.run import Progress

__all__ = ["in_thread"]

P = ParamSpec("P")
R = TypeVar("R")


def in_thread(count: Callable[P, R]) -> Callable[P, Coroutine[Any, Any, R]]:
    """Return a coroutine function that calls ``count`` in a thread. It has the same parameters."""

    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        """Do what the function without ``_async`` in its name does, while the event loop goes on.

        The run has a thread of its own. Cancelling the coroutine stops the run as a Ctrl-C does: attempts under way have ``limits.grace`` seconds to
        end, a checkpoint keeps what is finished, and CancelledError is raised once the run has ended. So ``asyncio.timeout()`` bounds a run too.
        ``on_progress`` is called in the event loop's thread, ``should_stop`` in the run's thread.

        The arguments, the result and the exceptions are those of that function.
        """
        import asyncio  # noqa: PLC0415 - the callers have asyncio already, and other programs should not wait for its import

        from pipeline_optimization.own_thread import call_in_thread  # noqa: PLC0415 - as above

        loop = asyncio.get_running_loop()
        cancelled = threading.Event()
        should_stop, on_progress = kwargs.get("should_stop"), kwargs.get("on_progress")

        def is_over() -> bool:
            return cancelled.is_set() or (callable(should_stop) and bool(should_stop()))

        def tell(progress: Progress) -> None:
            if callable(on_progress) and not loop.is_closed():
                loop.call_soon_threadsafe(on_progress, progress)

        kwargs.update(should_stop=is_over, on_progress=None if on_progress is None else tell)
        # The run gets a thread of its own, because the loop's few threads are for short calls.
        future, thread = call_in_thread(partial(count, *args, **kwargs), "anagram-run")
        answer = asyncio.wrap_future(future)
        try:
            await asyncio.wait([answer])  # if this wait is cancelled, the answer is not
        except asyncio.CancelledError:
            cancelled.set()
            await asyncio.wait([answer])
            answer.exception()  # marks the exception as seen, because nobody waits for it any more
            raise
        finally:
            if answer.done():
                thread.join()  # the thread only has to end
        return answer.result()

    call.__signature__ = inspect.signature(count)  # type: ignore[attr-defined]  # what inspect looks for
    call.__name__ = call.__qualname__ = f"{count.__name__}_async"
    return call
