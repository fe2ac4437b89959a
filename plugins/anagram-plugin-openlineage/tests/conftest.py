"""A server of lineage on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lineage_schema import check_event
from loopback_server import serving
from server_troubles import over

__all__ = ["Receiver", "over", "receiver"]


class Receiver:
    """The events that arrived, each of them held to the published schema. ``answer`` is asked for the status of each."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[], int] = lambda: 201
        self.url = ""

    def take(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        status = self.answer()
        if status < 300:
            self.headers.append(headers)
            self.events.append(json.loads(body))
        return status, {}, b""

    @property
    def types(self) -> list[str]:
        for event in self.events:
            check_event(event)
        return [event["eventType"] for event in self.events]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Return a server that runs, with the environment pointing at it."""
    found = Receiver()
    with serving(found.take) as found.url:
        monkeypatch.setenv("OPENLINEAGE_URL", found.url)
        yield found
