"""A collector on loopback, which decodes what it gets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loopback_server import serving
from otlp_receiver import Receiver
from server_troubles import over

__all__ = ["over", "receiver"]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Return a collector that runs, with the environment pointing at it."""
    found = Receiver()
    with serving(found.take) as found.url:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
        yield found
