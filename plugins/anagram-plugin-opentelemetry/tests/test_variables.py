"""The standard variables are kept, and without one that asks for something, nothing is imported."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from command import environment
from pipeline_optimization import Registry, count_anagrams

MODULES = """
import json, sys
from pipeline_optimization import Registry, count_anagrams
count_anagrams("cat")
heavy = ("opentelemetry", "google.protobuf", "http.client")
print(json.dumps([[name for name in sys.modules if name.startswith(heavy)], Registry.load().has_observers]))
"""


@pytest.mark.parametrize(
    "variables", [{}, {"OTEL_SERVICE_NAME": "mine", "TRACEPARENT": "x", "OTEL_TRACES_EXPORTER": "none"}]
)
def test_nothing_is_imported_unasked(variables: dict[str, str]) -> None:
    """A run without a variable that asks for an export imports nothing for it, and no events are made."""
    clean = {name: value for name, value in environment(variables).items() if name in variables or "OTEL_" not in name}
    done = subprocess.run([sys.executable, "-c", MODULES], capture_output=True, text=True, env=clean, check=True)
    assert json.loads(done.stdout) == [[], False]


@pytest.mark.parametrize(
    ("variables", "wants"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "True"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "1"}, True),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "console, otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, False),
    ],
)
def test_who_asks(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], wants: bool) -> None:
    """An endpoint or the exporter ``otlp``; the switch of the specification, which knows ``true`` only."""
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert Registry.load().has_observers == wants


def test_one_signal(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals are switched off one by one."""
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "none")
    monkeypatch.setenv("OTEL_LOGS_EXPORTER", "none")
    count_anagrams("cat")
    assert {path for path, _, _ in receiver.messages} == {"/v1/metrics"}


def test_an_address_of_its_own(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal's own address is taken as it is, its headers and compression go before those of all."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{receiver.url}/v1/traces")
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    monkeypatch.setenv("OTEL_LOGS_EXPORTER", "none")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=all")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "api-key=a%20key,other=x%3Dy")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    count_anagrams("cat")
    ((_, _, headers),) = receiver.messages
    assert (headers["api-key"], headers["other"]) == ("a key", "x=y")
    assert headers["content-encoding"] == "gzip"
    assert headers["content-type"] == "application/x-protobuf"


def test_who_is_told_of(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service has our name, unless a variable names it; attributes are added, and win."""
    count_anagrams("cat")
    assert {one["service.name"] for one in receiver.resources} == {"pipeline-optimization"}
    assert len({one["service.instance.id"] for one in receiver.resources}) == 1
    receiver.messages.clear()
    monkeypatch.setenv(
        "OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=a%20b,service.name=of-attributes,host.name=h"
    )
    count_anagrams("cat")
    one = receiver.resources[0]
    assert (one["service.name"], one["deployment.environment.name"], one["host.name"]) == ("of-attributes", "a b", "h")
    receiver.messages.clear()
    monkeypatch.setenv("OTEL_SERVICE_NAME", "of-the-variable")
    count_anagrams("cat")
    assert receiver.resources[0]["service.name"] == "of-the-variable"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", "'localhost:4318', which is no address such as http://"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://x:port", "'http://x:port', which is no address"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://ann:sesame@x:port", "'http://ann:***@x:port', which is no address"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "soon", "'soon', which is no positive number"),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "-1", "'-1', which is no positive number"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "0", "'0', which is no positive number"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "'grpc', and only http/protobuf is spoken here"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "zip", "'zip', and only gzip and none are known here"),
        ("OTEL_TRACES_SAMPLER", "sometimes", "'sometimes', and known are always_on, "),
    ],
)
def test_wrong_values(
    receiver: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    message: str,
) -> None:
    """A value that cannot be used is told in one line with its variable; the run goes on, and nothing is sent."""
    monkeypatch.setenv(variable, value)
    assert not count_anagrams("cat").warnings
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"opentelemetry: This run is not exported: {variable} is ")
    assert message in line
    assert not receiver.messages


def test_wrong_certificates(receiver: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """As above, for a file that is not there and a share that is none."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", "/no/such/file")
    count_anagrams("cat")
    assert "the certificates of https://localhost:1/v1/traces cannot be used" in capsys.readouterr().err
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_CERTIFICATE")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "2")
    count_anagrams("cat")
    assert "OTEL_TRACES_SAMPLER_ARG is '2', which is no share from 0 to 1" in capsys.readouterr().err
