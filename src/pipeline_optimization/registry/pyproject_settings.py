"""Reads which plugins a project uses, from ``[tool.anagram]`` in its ``pyproject.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline_optimization.errors import OptionError
from pipeline_optimization.registry.entries import Selection
from pipeline_optimization.spelling_hint import did_you_mean

__all__ = ["read_selection"]

KEYS = ("disable-plugins", "only-plugins", "plugins-dir", "strict-plugins")


def read_selection(start: Path) -> Selection:
    """Return the selection in the nearest ``pyproject.toml``, in a directory or above it. It is empty if there is no such file.

    The paths of ``plugins-dir`` are relative to the file.

    Raises:
        OptionError: If the file cannot be read, has an unknown key, or a value is of the wrong type.
    """
    path = next((p for folder in (start, *start.parents) if (p := folder / "pyproject.toml").is_file()), None)
    if path is None:
        return Selection()
    table = _table(path)
    for key in table:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS)
            raise OptionError(f"{path}: [tool.anagram] has no key {key!r}.{hint} Its keys: {', '.join(KEYS)}.")
    is_strict = table.get("strict-plugins", False)
    if not isinstance(is_strict, bool):
        raise OptionError(f"{path}: strict-plugins must be true or false, not {is_strict!r}.")
    return Selection(
        disabled=_strings(table, "disable-plugins", path),
        only=_strings(table, "only-plugins", path),
        directories=[str(path.parent / folder) for folder in _strings(table, "plugins-dir", path)],
        is_strict=is_strict,
    )


def _table(path: Path) -> Mapping[str, object]:
    import tomllib  # noqa: PLC0415 - not where there is no pyproject.toml

    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionError(f"Cannot read {path}: {error}.") from error
    tools = document.get("tool")
    table = tools.get("anagram", {}) if isinstance(tools, dict) else {}
    if not isinstance(table, dict):
        raise OptionError(f"{path}: [tool.anagram] must be a table.")
    return table


def _strings(table: Mapping[str, object], key: str, path: Path) -> list[str]:
    """Return the strings of a key. A single string counts as a list of one."""
    value = table.get(key, [])
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise OptionError(f"{path}: {key} must be a list of strings, not {value!r}.")
    return values
