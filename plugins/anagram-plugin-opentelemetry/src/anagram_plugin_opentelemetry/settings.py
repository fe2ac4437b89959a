"""Where each signal goes, and how: the standard variables of OTLP exporters."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from attrs import frozen
from opentelemetry.util.re import parse_env_headers

from anagram_plugin_opentelemetry.asking import ENDPOINT, Signal, signals_asked_for

__all__ = ["Destination", "SettingError", "destinations", "milliseconds"]

LOCAL = "http://localhost:4318"

TIMEOUT = 10.0
"""Seconds, the default of all exporters."""


HEADER = re.compile(r"[ -~\t]*")
"""The characters that a header may have."""


class SettingError(Exception):
    """A variable has a value that cannot be used; the message names both."""


@frozen(kw_only=True)
class Destination:
    """Where a signal's messages are posted. ``timeout`` is in seconds, ``certificate`` and the others are paths, empty if not given."""

    url: str
    headers: Mapping[str, str]
    timeout: float
    is_compressed: bool
    certificate: str
    client_certificate: str
    client_key: str


def destinations(environment: Mapping[str, str]) -> dict[Signal, Destination]:
    """Return the destination of each signal that is asked for.

    Raises:
        SettingError: A variable has a value that cannot be used.
    """
    return {signal: _destination(signal, environment) for signal in signals_asked_for(environment)}


def milliseconds(environment: Mapping[str, str], variable: str, default: float) -> float:
    """Return a variable's milliseconds in seconds. Raises SettingError if it is no positive number."""
    return _positive(variable, environment.get(variable, ""), default * 1000) / 1000


def _destination(signal: Signal, environment: Mapping[str, str]) -> Destination:
    def look_up(name: str) -> tuple[str, str]:
        """Return the signal's own variable if it is set, else that of all signals, and its value."""
        own, general = f"OTEL_EXPORTER_OTLP_{signal.upper()}_{name}", f"OTEL_EXPORTER_OTLP_{name}"
        variable = own if environment.get(own, "").strip() else general
        return variable, environment.get(variable, "").strip()

    variable, protocol = look_up("PROTOCOL")
    if protocol not in {"", "http/protobuf"}:
        raise SettingError(f"{variable} is {protocol!r}, and only http/protobuf is spoken here")
    variable, compression = look_up("COMPRESSION")
    if compression not in {"", "none", "gzip"}:
        raise SettingError(f"{variable} is {compression!r}, and only gzip and none are known here")
    timeout = _positive(*look_up("TIMEOUT"), TIMEOUT)
    variable, endpoint = look_up("ENDPOINT")
    url = endpoint if variable != ENDPOINT else f"{(endpoint or LOCAL).rstrip('/')}/v1/{signal}"
    if not _is_web_address(url):
        raise SettingError(f"{variable} is {endpoint!r}, which is no address such as {LOCAL}")
    variable, text = look_up("HEADERS")
    headers = parse_env_headers(text, liberal=True)
    if not all(HEADER.fullmatch(value) for value in headers.values()):
        raise SettingError(f"{variable} has a header with characters that no header may have")
    return Destination(
        url=url,
        headers=headers,
        timeout=timeout,
        is_compressed=compression == "gzip",
        certificate=look_up("CERTIFICATE")[1],
        client_certificate=look_up("CLIENT_CERTIFICATE")[1],
        client_key=look_up("CLIENT_KEY")[1],
    )


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _positive(variable: str, text: str, default: float) -> float:
    try:
        number = float(text) if text.strip() else default
    except ValueError:
        number = math.nan
    if not (0 < number < math.inf):
        raise SettingError(f"{variable} is {text!r}, which is no positive number")
    return number
