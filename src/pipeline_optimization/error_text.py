"""Exceptions as text, whatever their classes do when they are asked for it, and shortening of texts."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["describe", "describe_with_place", "encodable", "message_of", "place_in", "shortened"]

FRAME = re.compile(r'^ *File "(.+)", line (\d+)', re.MULTILINE)
"""A line of a traceback that tells a place."""

OURS = re.compile(r"[/\\](src|site-packages)[/\\]pipeline_optimization[/\\]")
"""The package's own files, on this machine or on a worker's."""

LIBRARY = os.path.join(os.path.dirname(os.__file__), "")
"""The directory of Python's own modules."""

PACKAGES = re.compile(r"[/\\](site|dist)-packages[/\\]")
"""What lies in that directory and is no part of Python."""

BETWEEN = frozenset({"importlib", "pluggy", "pipeline_optimization"})
"""The packages between the caller of a plugin and the plugin's code."""

T = TypeVar("T", int, str)


def shortened(text: str, most: int) -> str:
    """Return a text of at most ``most`` characters. If it is cut, it ends with an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def encodable(text: str) -> str:
    """Return a text with escapes for lone surrogates, because no file, database or terminal takes them."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def message_of(error: BaseException) -> str:
    """Return an exception's message. If its ``__str__`` raises, the message says so."""
    try:
        return str.__str__(str(error))  # it may be of a subclass with methods of its own
    except BaseException as broken:  # noqa: BLE001 - whatever a broken __str__ raises
        return f"(its message cannot be shown: __str__ raised {type(broken).__name__})"


def describe(error: BaseException) -> str:
    """Return an exception's type and its message, if it has one, in one line."""
    message = " ".join(message_of(error).splitlines())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def describe_with_place(error: BaseException) -> str:
    """Return the same with the file and the line in the plugin that raised it, or that called what raised it."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{type(error).__name__}: {error.msg} ({error.filename}, line {error.lineno})"
    from traceback import walk_tb  # noqa: PLC0415 - most runs describe no error of a plugin

    places = [
        (frame.f_code.co_filename, line)
        for frame, line in walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__")).partition(".")[0] not in BETWEEN
        and not frame.f_code.co_filename.startswith("<")
    ]
    if not places:
        return describe(error)
    file, line = _deepest(places)
    return f"{describe(error)} ({file}, line {line})"


def place_in(traceback: str) -> str:
    """Return the file and the line in a traceback's text that belong to the plugin or the user, or an empty text."""
    last = traceback.rpartition("Traceback (most recent call last)")[2]
    places = [place for place in FRAME.findall(last) if not OURS.search(place[0]) and not _is_of_python(place[0])]
    if not places:
        return ""
    file, line = _deepest(places)
    try:
        beyond = os.path.relpath(file) if file.startswith(os.getcwd() + os.sep) else file
    except OSError:  # the working directory was removed
        beyond = file
    return f"{beyond}, line {line}"


def _is_of_python(file: str) -> bool:
    """Return whether code belongs to Python itself, such as the module that makes context managers of generators."""
    return file.startswith("<") or (file.startswith(LIBRARY) and not PACKAGES.search(file))


def _deepest(places: Sequence[tuple[str, T]]) -> tuple[str, T]:
    """Return the last place in the directory of the first one. That is the plugin or the user's code; later places are in libraries.

    The directory is empty for code that was compiled under a bare name.
    """
    folder = os.path.join(os.path.dirname(places[0][0]), "")
    return [place for place in places if place[0].startswith(folder)][-1]
