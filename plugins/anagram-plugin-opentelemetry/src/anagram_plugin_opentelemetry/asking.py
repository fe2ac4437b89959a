"""Which signals the environment asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

__all__ = ["SIGNALS", "Signal", "is_asked_for", "signals_asked_for"]

Signal = Literal["traces", "metrics", "logs"]

SIGNALS: tuple[Signal, ...] = ("traces", "metrics", "logs")

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def is_asked_for(environment: Mapping[str, str]) -> bool:
    """Return whether any signal is to be exported. Cheap, since every run asks."""
    return bool(signals_asked_for(environment))


def signals_asked_for(environment: Mapping[str, str]) -> list[Signal]:
    """Return the signals whose exporter is ``otlp``, or that have an endpoint and no other exporter.

    By the specification, the exporter is ``otlp`` even if no variable is set. But a command must not look for a collector unasked.
    """
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return []
    return [signal for signal in SIGNALS if _is_wanted(signal, environment)]


def _is_wanted(signal: Signal, environment: Mapping[str, str]) -> bool:
    name = signal.upper()
    exporters = environment.get(f"OTEL_{name}_EXPORTER", "").strip()
    if exporters:
        return "otlp" in [one.strip().lower() for one in exporters.split(",")]
    return bool(
        environment.get(ENDPOINT, "").strip() or environment.get(f"OTEL_EXPORTER_OTLP_{name}_ENDPOINT", "").strip()
    )
