"""What counts as left behind by a component."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest

from pipeline_optimization.testing import leftovers
from pipeline_optimization.testing.checks import CheckFailedError


class Cycle:
    """Keeps a descriptor open until the garbage collector finds it."""

    def __init__(self) -> None:
        self._handle = os.open(os.devnull, os.O_RDONLY)
        self._itself = self

    def __del__(self) -> None:
        os.close(self._handle)


@pytest.fixture(autouse=True)
def _no_collection_by_chance(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(leftovers, "SETTLE", 0.1)
    gc.disable()
    yield
    gc.enable()
    gc.collect()


def test_garbage_is_not_left_behind() -> None:
    """What nothing refers to is no leftover, although it is still there."""
    with leftovers.nothing_more():
        Cycle()


def test_garbage_makes_no_room() -> None:
    """What was garbage before, and is gone after, hides nothing that is left behind."""
    Cycle()
    handle = -1
    with pytest.raises(CheckFailedError, match=r"Left behind: 1 descriptors\."), leftovers.nothing_more():
        handle = os.open(os.devnull, os.O_RDONLY)
    os.close(handle)
