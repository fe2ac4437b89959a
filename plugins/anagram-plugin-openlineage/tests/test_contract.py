"""The observer keeps its contract, with a server that takes what it is told, and without one."""

from __future__ import annotations

from typing import Any

import pytest

import anagram_plugin_openlineage
from pipeline_optimization.testing import ObserverContract


@pytest.mark.usefixtures("receiver")
class TestTelling(ObserverContract):
    def make(self) -> object:
        return anagram_plugin_openlineage


class TestUnasked(ObserverContract):
    def make(self) -> object:
        return anagram_plugin_openlineage


def test_the_contract_was_kept_while_something_was_sent(receiver: Any) -> None:
    """The checks above run what is told: the same call reaches the server."""
    from pipeline_optimization import count_anagrams

    count_anagrams("cat")
    assert receiver.types == ["START", "COMPLETE"]
