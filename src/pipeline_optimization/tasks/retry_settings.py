"""The retry policy of a task: the one that the task names itself, or else the one that the environment names."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import field, frozen

from pipeline_optimization.errors import OptionError
from pipeline_optimization.types import RetryPolicy

if TYPE_CHECKING:
    from pipeline_optimization.registry import Registry

__all__ = ["BuiltRetry", "OwnRetry", "RetrySettings", "own_retry"]

OwnRetry = str | tuple[str, Mapping[str, object]] | RetryPolicy
"""The forms in which a task gives its retry policy: a name, a name with options, or an object."""

NAME = "ANAGRAM_RETRY"
OPTIONS = "ANAGRAM_RETRY_OPTIONS"


def _as_pairs(options: Mapping[str, object] | Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    pairs = options.items() if isinstance(options, Mapping) else options
    return tuple(sorted((key, str(value)) for key, value in pairs))


@frozen(kw_only=True)
class RetrySettings:
    """A retry policy by name, with its options as sorted pairs of key and value, as on the command line.

    In the environment they are ``ANAGRAM_RETRY=fixed`` and ``ANAGRAM_RETRY_OPTIONS="attempts=5 delay=0.2"``. The harness uses these to tell a
    measured process, and all processes that it starts, which policy to use.
    """

    name: str = "exponential"
    options: Sequence[tuple[str, str]] = field(default=(), converter=_as_pairs)

    @property
    def label(self) -> str:
        """Return the name and the given options, for people."""
        return " ".join([self.name, *self._words()])

    @classmethod
    def of_label(cls, label: str) -> RetrySettings:
        """Return the settings that have this label."""
        name, *words = label.split(" ")
        return cls(name=name, options=[(key, value) for key, _, value in (word.partition("=") for word in words)])

    def build(self, registry: Registry) -> RetryPolicy:
        """Return the policy. Raises UsageError for an unknown name or wrong options, and PluginError if it is broken."""
        return registry.retry_policy(self.name, dict(self.options)).build()

    def to_environment(self) -> Mapping[str, str]:
        import shlex  # noqa: PLC0415 - for the harness only

        return {NAME: self.name, OPTIONS: shlex.join(self._words())}

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> RetrySettings:
        """Return the settings of the environment. Raises OptionError if the options are no pairs."""
        return _parsed(environ.get(NAME) or cls().name, environ.get(OPTIONS, ""))

    def _words(self) -> list[str]:
        return [f"{key}={value}" for key, value in self.options]


@frozen(eq=False)
class BuiltRetry:
    """A retry policy as an object that the user made. It is equal only to itself, because the policy need not be hashable."""

    policy: RetryPolicy

    @property
    def label(self) -> str:
        return type(self.policy).__qualname__

    def build(self, registry: Registry) -> RetryPolicy:
        return self.policy


MEMBERS = ("budget", "deadline", "delays", "retries")


def own_retry(given: OwnRetry) -> RetrySettings | BuiltRetry:
    """Return the policy that ``retry=`` describes. Raises OptionError if it describes none."""
    match given:
        case str(name):
            return RetrySettings(name=name)
        case (str(name), Mapping() as options):
            return RetrySettings(name=name, options=options)
    if isinstance(given, type) or not all(hasattr(given, name) for name in MEMBERS):
        raise OptionError(
            "retry= takes the name of a policy, such as 'fixed', a pair of a name and options, such as "
            f"('fixed', {{'attempts': 3}}), or a policy that is built, not {given!r}."
        )
    return BuiltRetry(given)


@lru_cache(maxsize=8)
def _parsed(name: str, text: str) -> RetrySettings:
    import shlex  # noqa: PLC0415 - as above

    try:
        pairs = [word.partition("=") for word in shlex.split(text)]
    except ValueError as error:
        raise OptionError(f"{OPTIONS} cannot be split into words ({error}): {text!r}.") from error
    for key, equals, _ in pairs:
        if not (key and equals):
            raise OptionError(f"{OPTIONS} takes KEY=VALUE, not {key!r}; separate pairs by blanks.")
    return RetrySettings(name=name, options={key: value for key, _, value in pairs})
