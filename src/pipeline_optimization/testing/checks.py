"""The parts of a contract: checks with names, their prerequisites, and their results."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Generic, Literal, TypeVar

from attrs import evolve, field, frozen

from pipeline_optimization import __version__
from pipeline_optimization.error_text import describe
from pipeline_optimization.foreign_code import NotedSignals, noting_signals

__all__ = ["Check", "CheckFailedError", "CheckResult", "CheckSkippedError", "Examination", "require"]

S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)

FIRST_VERSION = "0.1"
"""The minor version that brought the kit. Nothing in the kit is newer than it."""


class CheckFailedError(AssertionError):
    """A component breaks its contract. The message says what was seen."""


class CheckSkippedError(Exception):
    """A check does not apply to this component, or cannot be made here. The message says why."""


def require(holds: bool, message: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise CheckFailedError with the message unless ``holds`` is true."""
    if not holds:
        raise CheckFailedError(message)


@frozen(kw_only=True)
class CheckResult:
    """The result of a check.

    Attributes:
        name: The check's name.
        fact: The fact that must hold.
        status: ``"warned"`` is a failure of a check so new that it does not count yet. ``"known"`` is a failure that the author has declared.
        detail: What was seen, or why nothing was.
        cause: The exception that showed the failure, if there was one.
    """

    name: str
    fact: str
    status: Literal["passed", "failed", "skipped", "known", "warned"]
    detail: str = ""
    cause: BaseException | None = field(default=None, eq=False, repr=False)


@frozen(kw_only=True)
class Check(Generic[S_contra]):
    """One fact that must hold for a component.

    Attributes:
        name: Its name.
        fact: The fact, as a sentence.
        run: Raises CheckFailedError if the fact does not hold.
        since: The version that brought it. Until the next minor version its failure is only a warning.
        after: Checks without which this one says nothing.
        sends_signals: Whether it needs the program's own handlers. A KeyboardInterrupt in it is taken for the user's.
        formerly: An earlier name, which ``known_failures`` may still use.
    """

    name: str
    fact: str
    run: Callable[[S_contra], None]
    since: str
    after: Sequence[str] = ()
    sends_signals: bool = False
    formerly: str = ""

    @staticmethod
    def of(
        run: Callable[[S], None],
        *,
        since: str = "0.1.0",
        after: Sequence[str] = (),
        sends_signals: bool = False,
        formerly: str = "",
    ) -> Check[S]:
        """Return a function as a check, with its name and the first line of its docstring."""
        fact = (run.__doc__ or "").strip().partition("\n")[0]
        return Check(
            name=run.__name__,
            fact=fact,
            run=run,
            since=since,
            after=after,
            sends_signals=sends_signals,
            formerly=formerly,
        )

    def is_binding(self, version: str = __version__) -> bool:
        """Return whether a failure counts in a version. It does not in the minor version that brought the check."""
        return _minor(self.since) in {FIRST_VERSION, ""} or _minor(self.since) != _minor(version)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _is_users_wish(error: BaseException, signals: NotedSignals) -> bool:
    """Return whether an error ends the examination: a signal raised it, or a run that a signal stopped."""
    return isinstance(error, KeyboardInterrupt) and (signals.came or type(error) is not KeyboardInterrupt)


class Examination(Generic[S]):
    """Runs a contract's checks on one subject, each once, with prerequisites first.

    If a prerequisite failed, the checks after it are skipped, so that one mistake is reported once. A known failure does not stop others.
    """

    def __init__(self, subject: S, checks: Sequence[Check[S]], known_failures: Mapping[str, str] | None = None) -> None:
        self._subject = subject
        self._checks = {check.name: check for check in checks}
        renamed = {check.formerly: check.name for check in checks if check.formerly}
        self._known = {renamed.get(name, name): reason for name, reason in (known_failures or {}).items()}
        self._raw: dict[str, CheckResult] = {}
        self._blocked: set[str] = set()  # skipped because of a failure, directly or indirectly
        for name in self._known:
            if name not in self._checks:
                raise LookupError(f"There is no check {name!r}. There are: {', '.join(self._checks)}.")

    def results(self) -> list[CheckResult]:
        """Return the results of all checks, in their order."""
        return [self.result(name) for name in self._checks]

    def result(self, name: str) -> CheckResult:
        """Return one check's result, taking known failures and the age of the check into account."""
        raw, check = self._result(name), self._checks[name]
        reason = self._known.get(name)
        if reason is not None and raw.status == "failed":
            return evolve(raw, status="known", detail=f"{reason} ({raw.detail})")
        if reason is not None and raw.status == "passed":
            return evolve(raw, status="failed", detail=f"It passes, so take it out of known_failures ({reason}).")
        if raw.status == "failed" and not check.is_binding():
            return evolve(raw, status="warned")
        return raw

    def _result(self, name: str) -> CheckResult:
        if name not in self._raw:
            self._raw[name] = self._run(self._checks[name])
        return self._raw[name]

    def _run(self, check: Check[S]) -> CheckResult:
        for name in check.after:
            is_unexpected = self._result(name).status == "failed" and name not in self._known
            if is_unexpected or name in self._blocked:
                self._blocked.add(check.name)
                return CheckResult(name=check.name, fact=check.fact, status="skipped", detail=f"after {name!r} failed")
        result = CheckResult(name=check.name, fact=check.fact, status="passed")
        try:
            with nullcontext(NotedSignals(came=True)) if check.sends_signals else noting_signals() as signals:
                check.run(self._subject)
        except CheckSkippedError as reason:
            return evolve(result, status="skipped", detail=str(reason))
        except CheckFailedError as error:
            return evolve(result, status="failed", detail=str(error), cause=error)
        except BaseException as error:
            if _is_users_wish(error, signals):
                raise
            # Whatever a component raises is its failure, and has a place.
            place = traceback.extract_tb(error.__traceback__)[-1]
            detail = f"{describe(error)} ({place.filename}, line {place.lineno})"
            return evolve(result, status="failed", detail=detail, cause=error)
        return result
