"""Calls code of plugins, so that whatever it raises is a failure of the plugin, and a signal stays a signal.

A plugin may raise KeyboardInterrupt while it is imported, by mistake or because it was interrupted. Only the second one is the
user's wish. They are told apart by the signal's handler: while foreign code runs, each handler notes what it raises.

What plugins print is collected with their name, where a program wants its standard output for itself.
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
    """Foreign code raised; ``raised`` is what."""

    def __init__(self, raised: BaseException) -> None:
        super().__init__()
        self.raised = raised


def call_foreign(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a plugin's function and return its result.

    Raises:
        ForeignCodeError: The function raised anything at all, SystemExit and KeyboardInterrupt included.
        KeyboardInterrupt: A signal came meanwhile whose handler raised it, whatever the function made of it.
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

    ``what`` is the beginning of the sentence about a failure, ``plugin`` the component's name.

    Raises:
        AnagramError: The code raised it, on purpose.
        PluginError: It raised anything else; the message has its type and its place.
        KeyboardInterrupt: A signal came meanwhile, as in ``call_foreign``.
    """
    try:
        return call_foreign(function, *args, **kwargs)
    except ForeignCodeError as error:
        raised = error.raised
    if isinstance(raised, AnagramError | MemoryError):
        raise raised
    raise PluginError(f"{what} failed: {describe_with_place(raised)}.", plugin=plugin) from raised


def is_of(error: BaseException, *modules: str) -> bool:
    """Return whether an exception came through the package of one of the modules, unless it is this package."""
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
    """Give a record of the signals that come meanwhile. Only the main thread gets any."""
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
            if signal.getsignal(number) is ours:  # else the foreign code has installed a handler, which stays
                signal.signal(number, before)


@contextmanager
def _hiding(raised: Sequence[BaseException]) -> Iterator[None]:
    """Let Python print nothing of these where they can go nowhere, as in a destructor: they are raised again later."""
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
    """While this plugin's code runs, let ``overheard`` collect what it prints, and tell that on standard error then."""
    parts: list[str] = []
    token = _PARTS.set(parts)
    try:
        yield
    finally:
        _PARTS.reset(token)
        for line in "".join(parts).splitlines():
            sys.stderr.write(f"{plugin}: {line}\n")


def overheard(text: str) -> bool:
    """Take a text that somebody prints; return False if no plugin speaks in this thread."""
    parts = _PARTS.get()
    if parts is None:
        return False
    parts.append(text)
    return True
