"""Pickles functions and classes by value, for processes that cannot import them. Only what has none of them works without cloudpickle."""

from __future__ import annotations

import io
from collections import ChainMap
from functools import cache
from importlib import import_module
from types import CodeType
from typing import Any, ClassVar

__all__ = ["dumps_by_value"]


def dumps_by_value(value: object) -> bytes:
    """Return a value as bytes that any process with cloudpickle loads. Raises ImportError without it, and whatever the value raises."""
    file = io.BytesIO()
    _pickler(import_module("cloudpickle"))(file).dump(value)
    return file.getvalue()


@cache
def _pickler(cloudpickle: Any) -> Any:
    """Return cloudpickle's class, with one difference: functions keep the names of their files.

    Since version 3.1 it gives all of them the file "<dynamic-code>". Messages and tracebacks of workers could not say where an error is.
    """
    base: Any = cloudpickle.Pickler
    reduce_code = base.dispatch_table[CodeType]

    def reduce_with_file(code: CodeType) -> Any:
        make, parts = reduce_code(code)
        return make, tuple(code.co_filename if part == "<dynamic-code>" else part for part in parts)

    class Pickler(base):  # type: ignore[misc]  # the class is imported at run time
        dispatch_table: ClassVar[Any] = ChainMap({CodeType: reduce_with_file}, base.dispatch_table)

    return Pickler
