"""Calls code of plugins. Whatever it raises is a failure of the plugin, except for what a signal's handler raises.

A plugin may raise KeyboardInterrupt by mistake, or because the user pressed Ctrl-C. Only the second one must end the program. To distinguish them,
each signal's handler notes what it raises while foreign code runs.

If a program needs its standard output for itself, what plugins print is collected with their names.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from traceback import walk_tb
from types import FrameType
from typing import Any, ParamSpec, TypeVar

from attrs import define, field

from pipeline_optimization.error_text import describe_with_place
from pipeline_optimization.errors import AnagramError, PluginError
from pipeline_optimization.signal_mask import STOP_SIGNALS

__all__ = [
    "ForeignCodeError",
    "NotedSignals",
    "call_component",
    "call_foreign",
    "is_of",
    "noting_signals",
    "overheard",
    "speaking",
]

P = ParamSpec("P")
T = TypeVar("T")

Handler = Callable[[int, FrameType | None], Any]


class ForeignCodeError(Exception):
    """Foreign code raised ``raised``."""

    def __init__(self, raised: BaseException) -> None:
        super().__init__()
        self.raised = raised


def call_foreign(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a plugin's function and return its result.

    Raises:
        ForeignCodeError: If the function raised anything, even SystemExit or KeyboardInterrupt.
        KeyboardInterrupt: If a signal's handler raised it meanwhile, even if the function caught it.
    """
    with noting_signals() as signals:
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            if not signals.raised:
                raise ForeignCodeError(error) from error
    if signals.raised:
        raise signals.raised[0]
    return result


def call_component(what: str, plugin: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call code of a chosen component and return its result.

    Args:
        what: The beginning of the sentence about a failure.
        plugin: The component's name.
        function: The code.
        *args: Its arguments.
        **kwargs: Its keyword arguments.

    Raises:
        AnagramError: If the code raised it on purpose.
        PluginError: If the code raised anything else. The message has its type and its place.
        KeyboardInterrupt: If a signal's handler raised it meanwhile, as in ``call_foreign``.
    """
    try:
        return call_foreign(function, *args, **kwargs)
    except ForeignCodeError as error:
        raised = error.raised
    if isinstance(raised, AnagramError | MemoryError):
        raise raised
    raise PluginError(f"{what} failed: {describe_with_place(raised)}.", plugin=plugin) from raised


def is_of(error: BaseException, *modules: str) -> bool:
    """Return whether an exception came through the package of one of these modules, except for this package."""
    roots = {module.partition(".")[0] for module in modules} - {__package__}
    return any(
        str(frame.f_globals.get("__name__")).partition(".")[0] in roots for frame, _ in walk_tb(error.__traceback__)
    )


@define(eq=False, repr=False)
class NotedSignals:
    """Whether a signal ``came``, and what handlers ``raised``."""

    came: bool = False
    raised: list[BaseException] = field(factory=list)


@contextmanager
def noting_signals() -> Iterator[NotedSignals]:
    """Give a record of the signals that come meanwhile. Only the main thread gets signals."""
    noted = NotedSignals()
    replaced: list[tuple[signal.Signals, Handler, Handler]] = []

    def noting(handler: Handler) -> Handler:
        def note(number: int, frame: FrameType | None) -> object:
            noted.came = True
            try:
                return handler(number, frame)
            except BaseException as error:
                noted.raised.append(error)
                raise

        return note

    if threading.current_thread() is threading.main_thread():
        for number in STOP_SIGNALS:
            before = signal.getsignal(number)
            if callable(before):
                replaced.append((number, before, noting(before)))
                signal.signal(number, replaced[-1][2])
    try:
        with _hiding(noted.raised) if replaced else nullcontext():
            yield noted
    finally:
        for number, before, ours in replaced:
            if signal.getsignal(number) is ours:  # otherwise the foreign code has installed a handler, which stays
                signal.signal(number, before)


@contextmanager
def _hiding(raised: Sequence[BaseException]) -> Iterator[None]:
    """Let Python print nothing about these exceptions if they are lost, as in a destructor, because they are raised again later."""
    before = sys.unraisablehook

    def show(unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_value not in raised:
            before(unraisable)

    sys.unraisablehook = show
    try:
        yield
    finally:
        if sys.unraisablehook is show:
            sys.unraisablehook = before


_PARTS: ContextVar[list[str] | None] = ContextVar("parts", default=None)


@contextmanager
def speaking(plugin: str) -> Iterator[None]:
    """While this plugin's code runs, let ``overheard`` collect what it prints. Then write that to standard error."""
    parts: list[str] = []
    token = _PARTS.set(parts)
    try:
        yield
    finally:
        _PARTS.reset(token)
        for line in "".join(parts).splitlines():
            sys.stderr.write(f"{plugin}: {line}\n")


def overheard(text: str) -> bool:
    """Collect a printed text. Return False if no plugin's code runs in this thread."""
    parts = _PARTS.get()
    if parts is None:
        return False
    parts.append(text)
    return True
