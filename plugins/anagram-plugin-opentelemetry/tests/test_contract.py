"""The observer keeps its contract, with a collector that takes what it is told, and without one."""

from __future__ import annotations

from typing import Any

import pytest

import anagram_plugin_opentelemetry
from pipeline_optimization.testing import ObserverContract


@pytest.mark.usefixtures("receiver")
class TestExporting(ObserverContract):
    def make(self) -> object:
        return anagram_plugin_opentelemetry


class TestUnasked(ObserverContract):
    def make(self) -> object:
        return anagram_plugin_opentelemetry


def test_the_contract_was_kept_while_something_was_sent(receiver: Any) -> None:
    """The checks above run what is exported: the same call reaches the collector."""
    from pipeline_optimization import count_anagrams

    count_anagrams("cat")
    assert receiver.spans
