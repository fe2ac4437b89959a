"""Options that several commands have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

__all__ = ["option_group"]

F = TypeVar("F", bound=Callable[..., Any])


def option_group(options: Sequence[Callable[[Any], Any]]) -> Callable[[F], F]:
    """Return a decorator that gives a command several of click's options, in order."""

    def give(command: F) -> F:
        # Decorators are applied from the last to the first.
        for option in reversed(options):
            command = option(command)
        return command

    return give
