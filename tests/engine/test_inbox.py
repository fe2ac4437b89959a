"""Completions reach the thread that polls, also those that came before an error."""

from __future__ import annotations

import pytest

from pipeline_optimization.engine.inbox import Inbox
from pipeline_optimization.types import Completion


def completion(number: int) -> Completion:
    return Completion(id=number, status="done")


def test_completions_that_came_before_an_error_are_handed_over_first() -> None:
    """The attempts are done, so a run that the error ends keeps their results."""
    inbox = Inbox()
    for news in (completion(1), completion(2), OSError("no"), completion(3)):
        inbox.put(news)
    assert [one.id for one in inbox.take(0.0)] == [1, 2]
    with pytest.raises(OSError, match="no"):
        inbox.take(0.0)


def test_nothing_has_come() -> None:
    """After the timeout the list is empty."""
    assert inbox_of() == []


def inbox_of(*numbers: int) -> list[int]:
    inbox = Inbox()
    for number in numbers:
        inbox.put(completion(number))
    return [one.id for one in inbox.take(0.001)]


def test_all_that_have_come_are_taken_at_once() -> None:
    """In the order in which they came."""
    assert inbox_of(3, 1, 2) == [3, 1, 2]
