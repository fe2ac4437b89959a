"""Which of the plugins that are there take part: decided by name, before any is imported."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from pipeline_optimization.errors import OptionError, UnknownPluginError, UsageError
from pipeline_optimization.installed import name_key
from pipeline_optimization.registry.entries import CORE, PluginEntry

__all__ = ["DISABLE", "ONLY", "PLUGINS_DIR", "STRICT", "Selection", "to_bool"]

DISABLE, ONLY, STRICT = "ANAGRAM_DISABLE_PLUGINS", "ANAGRAM_ONLY_PLUGINS", "ANAGRAM_STRICT_PLUGINS"
PLUGINS_DIR = "ANAGRAM_PLUGINS_DIR"


@frozen(kw_only=True)
class Selection:
    """What is switched off, by any of a plugin's names; ``only`` switches off all others, the core apart.

    ``directories`` are searched for plugins that are single files. ``is_strict``: each plugin must be sound, and each
    name must be that of one. ``typed`` are the names that must be, because somebody has just typed them.
    """

    disabled: Sequence[str] = ()
    only: Sequence[str] = ()
    directories: Sequence[str] = ()
    is_strict: bool = False
    typed: Sequence[str] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Selection:
        """Return what ``ANAGRAM_*`` variables say: names between commas, directories as in ``PATH``.

        Raises OptionError where ``ANAGRAM_STRICT_PLUGINS`` is neither true nor false.
        """
        variables = os.environ if environment is None else environment
        return cls(
            disabled=_parts(variables.get(DISABLE, ""), ","),
            only=_parts(variables.get(ONLY, ""), ","),
            directories=_parts(variables.get(PLUGINS_DIR, ""), os.pathsep),
            is_strict=to_bool(variables.get(STRICT, ""), STRICT),
        )

    def to_environment(self) -> dict[str, str]:
        """Return the variables that make another process select the same."""
        return {
            DISABLE: ",".join(self.disabled),
            ONLY: ",".join(self.only),
            PLUGINS_DIR: os.pathsep.join(os.path.abspath(path) for path in self.directories),
            STRICT: "true" if self.is_strict else "",
        }

    def over(self, weaker: Selection) -> Selection:
        """Return both together: what is switched off adds up, ``only`` is that of the stronger one that has any."""
        return Selection(
            disabled=(*weaker.disabled, *self.disabled),
            only=self.only or weaker.only,
            directories=tuple(dict.fromkeys([*weaker.directories, *self.directories])),
            is_strict=self.is_strict or weaker.is_strict,
            typed=(*weaker.typed, *self.typed),
        )

    def reason_against(self, entry: PluginEntry) -> str:
        """Return why a plugin is switched off, or nothing where it is not."""
        if entry.is_core:
            return ""
        if named := _first(self.disabled, entry):
            return f"It is switched off by the name {named!r}: --no-plugin, {DISABLE} or disable-plugins."
        if self.only and not _first(self.only, entry):
            return f"Only {', '.join(self.only)} may be used: --only-plugin, {ONLY} or only-plugins."
        return ""

    def check(self, entries: Iterable[PluginEntry]) -> None:
        """Raise UnknownPluginError where a name that must be a plugin's is none's, UsageError for the core's."""
        found = list(entries)
        for name in (*self.disabled, *self.only):
            if (self.is_strict or name in self.typed) and not any(name_key(name) in e.aliases for e in found):
                raise UnknownPluginError.of(name, sorted({entry.name for entry in found}))
        core = next((entry for entry in found if entry.is_core), None)
        if core is not None and (named := _first(self.disabled, core)):
            raise UsageError(f"{named!r} is {CORE}, which cannot be switched off: it brings what every run needs.")


def _parts(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def _first(names: Iterable[str], entry: PluginEntry) -> str:
    return next((name for name in names if name_key(name) in entry.aliases), "")


def to_bool(text: str, what: str) -> bool:
    """Return what a word says; nothing is false. Raises OptionError for a word that is neither."""
    word = text.strip().lower()
    if word in {"", "0", "false", "no", "off"}:
        return False
    if word in {"1", "true", "yes", "on"}:
        return True
    raise OptionError(f"{what} must be true or false, not {text!r}.")
