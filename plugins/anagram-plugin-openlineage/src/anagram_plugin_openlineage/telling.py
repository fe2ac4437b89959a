"""Tells of one run: makes its events, and hands them to OpenLineage's client."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import RunEvent

from anagram_plugin_openlineage.asking import URL
from anagram_plugin_openlineage.client_log import ClientLog
from anagram_plugin_openlineage.delivery import Delivery
from anagram_plugin_openlineage.lineage import Lineage
from anagram_plugin_openlineage.settings import SettingError, Settings
from pipeline_optimization.error_text import shortened
from pipeline_optimization.masking import masked
from pipeline_optimization.types import RunFinished, RunStarted

__all__ = ["PATIENCE", "Telling", "begin"]

PATIENCE = 1.5
"""Seconds that a run's end waits for the server."""

LONGEST = 500
"""Characters of a reason."""


def begin(started: RunStarted, environment: Mapping[str, str]) -> Telling | None:
    """Tell that a run has started. If the value of a variable cannot be used, say so on standard error and return None."""
    log = ClientLog()
    log.attach()
    try:
        settings = Settings.of(environment)
        with _environment_kept():
            client = OpenLineageClient()
        if log.said:
            raise SettingError(log.said)
    except Exception as error:  # noqa: BLE001 - the client raises various errors for settings, and a transport may be anybody's
        log.detach()
        sys.stderr.write(f"openlineage: Nothing is told of this run: {_line(str(error) or type(error).__name__)}.\n")
        return None
    return Telling(started, settings, client, log, masked(environment.get(URL, "").strip()))


class Telling:
    """Tells of one run. ``place`` says for people where its events go."""

    def __init__(
        self, started: RunStarted, settings: Settings, client: OpenLineageClient, log: ClientLog, place: str
    ) -> None:
        self._lineage = Lineage(started, settings)
        self._log = log
        self._place = place or f"the transport {client.transport.kind!r}"
        self._delivery: Delivery[RunEvent] = Delivery(client.emit, client.close, when_over=log.detach)
        self._put(self._lineage.start())

    def finish(self, event: RunFinished) -> None:
        """Tell how the run ended, wait a little, and say in one line which events may not have arrived."""
        self._put(self._lineage.end(event))
        lost, reason = self._delivery.finish(PATIENCE)
        if lost:
            names = " and ".join(lost)
            are = "is" if len(lost) == 1 else "are"
            sys.stderr.write(
                f"openlineage: {names} {are} not known to have reached {self._place}: {_line(self._log.said or reason)}.\n"
            )
        elif self._log.said:
            sys.stderr.write(
                f"openlineage: The client reported a problem with {self._place}: {_line(self._log.said)}.\n"
            )

    def _put(self, event: RunEvent) -> None:
        assert event.eventType is not None
        self._delivery.put(event.eventType.value, event)


@contextmanager
def _environment_kept() -> Iterator[None]:
    """Remove the variables that the client sets when it is made. A later run would take them for the user's."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]


def _line(text: str) -> str:
    return shortened(masked(" ".join(text.split())), LONGEST).rstrip(".")
