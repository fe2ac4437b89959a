"""Whatever a server does, a run's result is the same, its end is hardly later, and what did not arrive is told."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from anagram_plugin_openlineage import telling
from anagram_plugin_openlineage.delivery import Delivery
from pipeline_optimization import count_anagrams
from server_troubles import TROUBLES, UNREACHABLE, check_end_of_command, count_with_faults, refused_address, status_in


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs wait for less time at their end."""
    monkeypatch.setattr(telling, "PATIENCE", 0.05)


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client try only once."""
    from openlineage.client.transport import http

    monkeypatch.setitem(http.DEFAULT_RETRY_CONFIG, "total", 0)


@pytest.mark.usefixtures("untried")
def test_a_dead_server(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody listens, the run is the same, and one line says what was not told. The password of the address is not in it."""
    expected = count_with_faults()
    with refused_address() as address:
        monkeypatch.setenv("OPENLINEAGE_URL", f"http://ann:sesame@{address}")
        found = count_with_faults()
    assert (found.anagram_counts, found.ledger_digest) == (expected.anagram_counts, expected.ledger_digest)
    assert not found.warnings
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("openlineage: START and COMPLETE are not known to have reached http://ann:***@127.0.0.1:")
    assert "Connection refused" in line
    assert "sesame" not in line


@pytest.mark.usefixtures("untried")
@pytest.mark.parametrize("status", [400, 401, 429, 503])
def test_a_server_that_refuses(receiver: Any, capsys: pytest.CaptureFixture[str], status: int) -> None:
    """It changes nothing, and the line says what it answered."""
    receiver.answer = lambda: status
    found = count_with_faults()
    assert found.is_complete
    (line,) = capsys.readouterr().err.splitlines()
    assert str(status) in line


@pytest.mark.usefixtures("impatient")
def test_a_server_that_does_not_answer(
    receiver: Any, over: threading.Event, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run ends without it: this test would not end."""
    receiver.answer = lambda: status_in("silent", over)
    assert count_with_faults().is_complete
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("openlineage: START and COMPLETE are not known")
    assert line.endswith(": it did not answer in time.")


def test_a_part_that_arrives() -> None:
    """Events that were emitted are told only where the client could not be closed, since it may keep them until then."""
    told: list[str] = []

    def emit(event: str) -> None:
        if event == "end":
            raise OSError("gone")
        told.append(event)

    ended = threading.Event()
    delivery = Delivery(emit, lambda: None, when_over=ended.set)
    delivery.put("START", "begin")
    delivery.put("COMPLETE", "end")
    assert delivery.finish(60.0) == (["COMPLETE"], "gone")
    assert told == ["begin"]
    assert ended.is_set()

    def close() -> None:
        raise OSError("flushing failed")

    delivery = Delivery(told.append, close, when_over=ended.clear)
    delivery.put("START", "begin")
    assert delivery.finish(60.0) == (["START"], "flushing failed")
    assert not ended.is_set()


def test_a_transport_that_only_logs_its_troubles(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``composite`` goes on after an error and logs it; a line says so, and no traceback is seen."""
    with refused_address() as address:
        one = {"type": "http", "url": f"http://{address}", "retry": {"total": 0}}
        monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps({"type": "composite", "transports": {"one": one}}))
        assert count_anagrams("cat").is_complete
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("openlineage: ")
    assert "Connection refused" in line


@pytest.mark.slow
@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_end_of_a_command(receiver: Any, over: threading.Event, trouble: str) -> None:
    """Whatever the server does, output and exit code are those of a run without one; the process does not wait for one that never answers."""
    receiver.answer = lambda: status_in(trouble, over)
    url = UNREACHABLE if trouble == "dead" else receiver.url
    check_end_of_command({"OPENLINEAGE_URL": url}, {"OPENLINEAGE_DISABLED": "true"})
