"""An event loop for contenders that need one. Others do not pay the 50 ms that importing it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

__all__ = ["Loop"]


class Loop:
    """Awaits the results of asynchronous functions. The loop lives as long as the contender."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._runner: asyncio.Runner | None = None
        if inspect.iscoroutinefunction(function):
            self._open()

    def plain(self, result: object) -> object:
        """Return a result. If it is awaitable, await it."""
        if not inspect.isawaitable(result):
            return result

        async def awaited() -> object:
            return await result

        return self._open().run(awaited())

    def close(self) -> None:
        if self._runner is not None:
            self._runner.close()

    def _open(self) -> asyncio.Runner:
        if self._runner is None:
            import asyncio  # noqa: PLC0415 - see the module's docstring

            self._runner = asyncio.Runner()
            self._runner.get_loop()
        return self._runner
