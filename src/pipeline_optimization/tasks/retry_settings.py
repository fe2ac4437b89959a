"""Which retry policy applies where a caller names none: the one that the environment names."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from functools import lru_cache

from attrs import field, frozen

from pipeline_optimization.errors import OptionError

__all__ = ["RetrySettings"]

NAME = "ANAGRAM_RETRY"
OPTIONS = "ANAGRAM_RETRY_OPTIONS"


def _as_pairs(options: Mapping[str, object] | Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    pairs = options.items() if isinstance(options, Mapping) else options
    return tuple(sorted((key, str(value)) for key, value in pairs))


@frozen(kw_only=True)
class RetrySettings:
    """A retry policy by name, with its options as the command line has them: sorted pairs of key and value.

    In the environment they are ``ANAGRAM_RETRY=fixed`` and ``ANAGRAM_RETRY_OPTIONS="attempts=5 delay=0.2"``. So the
    harness tells a measured process, and all that it starts, which policy to use.
    """

    name: str = "exponential"
    options: Sequence[tuple[str, str]] = field(default=(), converter=_as_pairs)

    @property
    def label(self) -> str:
        """Return the name and the options that were given, for people."""
        return " ".join([self.name, *self._words()])

    def to_environment(self) -> Mapping[str, str]:
        return {NAME: self.name, OPTIONS: shlex.join(self._words())}

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> RetrySettings:
        """Return the settings that the environment holds. Raises OptionError where they are no pairs."""
        return _parsed(environ.get(NAME) or cls().name, environ.get(OPTIONS, ""))

    def _words(self) -> list[str]:
        return [f"{key}={value}" for key, value in self.options]


@lru_cache(maxsize=8)
def _parsed(name: str, text: str) -> RetrySettings:
    try:
        pairs = [word.partition("=") for word in shlex.split(text)]
    except ValueError as error:
        raise OptionError(f"{OPTIONS} cannot be split into words ({error}): {text!r}.") from error
    for key, equals, _ in pairs:
        if not (key and equals):
            raise OptionError(f"{OPTIONS} takes KEY=VALUE, not {key!r}; separate pairs by blanks.")
    return RetrySettings(name=name, options={key: value for key, _, value in pairs})
