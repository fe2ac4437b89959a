"""Attributes of spans, data points and log records, as OTLP has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue

__all__ = ["Value", "attribute", "attributes", "clean", "common_attribute"]

Value = str | bool | int | float | Sequence[str]

LONGEST = 4096
"""The most characters of a text. A message or a traceback may have any number, and collectors refuse requests that are too large."""


def clean(text: str) -> str:
    """Return a text that is not too long and can be encoded. Names of files may have bytes that are no UTF-8."""
    if len(text) > LONGEST:
        text = text[: LONGEST - 1] + "…"
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def attribute(key: str, value: Value) -> KeyValue:
    # First the two types of which a run may have millions.
    if type(value) is int:
        try:
            return KeyValue(key=key, value=AnyValue(int_value=value))
        except ValueError:  # it has more than 64 bits, as a seed may have
            return KeyValue(key=key, value=AnyValue(string_value=str(value)))
    if type(value) is float:
        return KeyValue(key=key, value=AnyValue(double_value=value))
    return KeyValue(key=key, value=_any_value(value))


@lru_cache(maxsize=4096, typed=True)
def common_attribute(key: str, value: str | int) -> KeyValue:
    """Return an attribute that many spans have, such as a task. The object is shared, so append it to others, which copies it."""
    return attribute(key, value)


def attributes(values: Mapping[str, Value]) -> list[KeyValue]:
    """Return an attribute for each value that is no empty text or sequence."""
    return [attribute(key, value) for key, value in values.items() if value or not isinstance(value, str | Sequence)]


def _any_value(value: Value) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=clean(value))
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(array_value=ArrayValue(values=[_any_value(one) for one in value]))
