"""Signals such as Ctrl-C: they interrupt a run only where nothing is half done. Anywhere else they wait.

Python raises KeyboardInterrupt between any two instructions. A run that was interrupted anywhere could lose a result that it had half
stored, or leave a process behind that it had just started and not noted yet. So a run marks the places where an exception does
no harm, and looks everywhere else, a few times a second, whether a signal has come::

    with Interruption() as interruption:
        with interruption.allowed():      # a read of the input, or a poll: Ctrl-C raises here at once
            ...
        stop = interruption.notice()      # elsewhere: a Ctrl-C that came meanwhile is the reason to stop
"""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from types import FrameType, TracebackType
from typing import Any, Protocol, Self

from pipeline_optimization.engine.stopping import Stop

__all__ = ["Interrupter", "Interruption", "is_of_a_signal", "uninterrupted"]

PATIENCE = 2.0
"""In seconds. An ``Interrupter`` ignores the signals that come within this time after one. In an ``Interruption``, a signal that comes this
long after the second one, or later, raises anywhere, because something that should have ended by then hangs."""

INTERRUPTED = Stop("interrupted", "it was interrupted")
STOPS: dict[int, Stop] = {
    signal.SIGINT: INTERRUPTED,
    signal.SIGTERM: Stop("terminated", "it was asked to end (SIGTERM)"),
}
"""What each signal is as a reason to stop."""
if hasattr(signal, "SIGHUP"):  # Windows has none
    STOPS[signal.SIGHUP] = Stop("hung_up", "its terminal went away (SIGHUP)")

DEFAULTS = (signal.default_int_handler, signal.SIG_DFL)


def is_of_a_signal(error: KeyboardInterrupt) -> bool:
    """Return whether a KeyboardInterrupt that came out of a task was raised by a signal, and not by the task itself.

    The answer is a guess. Python runs signal handlers in the main thread only, so in another thread the task raised the exception.
    While an ``Interruption`` is in force, the exception of a signal carries the number of the signal. Without one, any
    KeyboardInterrupt in the main thread counts as a signal's, unless SIGINT is ignored, as in worker processes.
    """
    if threading.current_thread() is not threading.main_thread():
        return False
    handler = signal.getsignal(signal.SIGINT)
    if isinstance(getattr(handler, "__self__", None), Interruption):
        return bool(error.args) and isinstance(error.args[0], int)
    return handler is not signal.SIG_IGN


def uninterrupted() -> AbstractContextManager[None]:
    """Return a context in which no signal of an ``Interruption`` raises, even inside ``allowed()``. A signal that comes raises at its end.

    If no ``Interruption`` is in force, or in another thread than the main one, the context changes nothing.
    """
    if threading.current_thread() is threading.main_thread():
        for number in STOPS:
            # The handler is a method of the ``Interruption`` in force, whose object is ``__self__``.
            interruption = getattr(signal.getsignal(number), "__self__", None)
            if isinstance(interruption, Interruption):
                return interruption.refused()
    return nullcontext()


class Interrupter:
    """A signal handler that raises KeyboardInterrupt with the number of the signal.

    It ignores the signals of the next ``PATIENCE`` seconds. They would interrupt the code that cleans up because of the first one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = -math.inf

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        if self._clock() - self._last >= PATIENCE:
            self.note()
            raise KeyboardInterrupt(signum)

    def note(self) -> None:
        """Begin the time in which signals are ignored, since something else has handled one."""
        self._last = self._clock()


class Stoppable(Protocol):
    """Something that may end early, and then has the reason in ``stop``."""

    stop: Stop | None


class Closable(Protocol):
    """What must be closed, and may be closed more than once."""

    def close(self, *, force: bool) -> None: ...


class Interruption:
    """A context in which signals interrupt only the code that allows it.

    - Inside ``allowed()``, a signal raises KeyboardInterrupt at once. Anywhere else it is remembered, and ``notice`` returns it.
    - After a second signal, ``notice`` raises KeyboardInterrupt: somebody does not want to wait.
    - A signal that comes ``PATIENCE`` seconds after the second, or later, raises anywhere, since something seems to hang.

    Handlers are replaced in the main thread only, and only where the default handler or an ``Interrupter`` was in force. A
    program that handles a signal in its own way keeps its handler. At the end of the context, all handlers are put back,
    and a signal that nobody noticed is raised again for them.

    Args:
        signals: The signals. If there are none, the context changes nothing.
        clock: Returns the time in seconds.
    """

    def __init__(self, signals: Sequence[int] = (signal.SIGINT,), clock: Callable[[], float] = time.monotonic) -> None:
        self._signals = signals
        self._clock = clock
        self._installed: list[tuple[int, Any]] = []
        self._gate = _Gate()
        self._received: int | None = None  # the first signal
        self._is_noticed = False  # whether somebody has acted on it
        self._second_at = math.inf  # when the second signal came
        self._hangs = False  # whether a signal has interrupted something that hangs

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            try:
                for number in self._signals:
                    before = signal.getsignal(number)
                    if before in DEFAULTS or isinstance(before, Interrupter):
                        self._installed.append((number, before))
                        signal.signal(number, self._handle)
            except BaseException:
                self._restore()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()
        # The signal came after the last look. Nobody has acted on it, so the handler that is back gets it. If an error ends the context, the
        # program stops for that anyway.
        if kind is None and self._received is not None and not self._is_noticed:
            signal.raise_signal(self._received)

    def _restore(self) -> None:
        # A handler that is back may raise at once, if a signal comes. The stack puts the others back all the same.
        with ExitStack() as handlers:
            for number, before in self._installed:
                handlers.callback(signal.signal, number, before)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        # An ``Interrupter`` that is put back soon must know of this signal, or it would raise for the next one in the clean-up.
        for _, before in self._installed:
            if isinstance(before, Interrupter):
                before.note()
        if self._received is None:
            self._received = signum
        elif not self._has_second:
            self._second_at = self._clock()
        elif self._clock() - self._second_at >= PATIENCE:
            self._hangs = True
            raise KeyboardInterrupt(signum)
        if self._gate.is_open:
            raise KeyboardInterrupt(signum)
        self._gate.waiting = signum  # until the gate opens, or ``notice`` is called

    @property
    def _has_second(self) -> bool:
        return self._second_at < math.inf

    def notice(self) -> Stop | None:
        """Return the reason to stop if a signal has come, None otherwise. This signal will not raise any more.

        Raises:
            KeyboardInterrupt: If a second signal has come.
        """
        self._gate.waiting = None
        if self._received is None:
            return None
        self._is_noticed = True
        if self._has_second:
            raise KeyboardInterrupt(self._received)
        return self._reason()

    def _reason(self) -> Stop:
        # If no signal came, something else raised KeyboardInterrupt: a handler of the program, for example.
        return INTERRUPTED if self._received is None else STOPS.get(self._received, INTERRUPTED)

    @contextmanager
    def stopping(self, run: Stoppable) -> Iterator[None]:
        """Let a KeyboardInterrupt end the block, and make it the reason why a run stops.

        Args:
            run: Its ``stop`` is set.

        Raises:
            KeyboardInterrupt: After a second signal. If this context handles no signals, each KeyboardInterrupt is raised again, since it is
                meant for the caller. If it only stopped this run, the caller would go on as if nobody had interrupted it.
        """
        try:
            yield
        except KeyboardInterrupt:
            if not self._signals:
                raise
            self._is_noticed = True
            if self._has_second:
                raise KeyboardInterrupt(self._received) from None
            run.stop = self._reason()

    def close(self, orchestrator: Closable, *, force: bool) -> None:
        """Close an orchestrator, whatever interrupts that.

        Signals wait meanwhile, since an exception here would leave processes behind that nobody ends any more. Only a signal that comes
        ``PATIENCE`` seconds after the second one raises all the same, because the close hangs then.

        Args:
            orchestrator: What to close.
            force: Whether its ``close`` need not wait for the attempts that are open.
        """
        try:
            orchestrator.close(force=force)
        except BaseException:
            # A handler of the program's own may raise anywhere, also before anything was closed. So the orchestrator is closed once more,
            # which orchestrators allow. If a signal of this context ended a close that hangs, the second one would hang as well.
            if not self._hangs:
                orchestrator.close(force=True)
            raise

    def allowed(self) -> AbstractContextManager[None]:
        """Return a context for code that a signal may interrupt anywhere, since nothing is half done in it. Such contexts are not nested."""
        return self._gate

    def refused(self) -> AbstractContextManager[None]:
        """Return a context for code inside ``allowed()`` that a signal may not interrupt after all."""
        return self._gate.shut()


class _Gate:
    """The context of ``Interruption.allowed``: while the gate is open, signals raise.

    A ``contextmanager`` would do the same, but is slower, and each attempt passes the gate twice. It must not be entered while it is open: the
    inner end would shut it for the rest of the outer block, too.

    Attributes:
        is_open: Whether a signal raises at once.
        waiting: The number of a signal that came while the gate was shut. It raises when the gate opens. None if there is none.
    """

    def __init__(self) -> None:
        self.is_open = False
        self.waiting: int | None = None

    def __enter__(self) -> None:
        try:
            # First the gate is opened, then it looks for a signal that waits. In the other order, a signal that came in between would
            # wait until the code inside has ended.
            self.is_open = True
            if self.waiting is not None:
                number, self.waiting = self.waiting, None
                raise KeyboardInterrupt(number)
        except BaseException:
            self.is_open = False
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_open = False

    @contextmanager
    def shut(self) -> Iterator[None]:
        """Shut the gate for a while, if it is open."""
        if not self.is_open:
            yield
            return
        self.is_open = False
        try:
            yield
        finally:
            self.__enter__()  # open it again; a signal that came meanwhile raises
