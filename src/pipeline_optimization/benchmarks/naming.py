"""Finds contenders by what a user named: an installed orchestrator, a file, or a directory of files."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from pathlib import Path

from attrs import frozen

from pipeline_optimization.benchmarks.contenders import Contender, file_contender, plugin_contender
from pipeline_optimization.errors import UnknownComponentError, UsageError
from pipeline_optimization.printable import printable
from pipeline_optimization.registry import Registry

__all__ = ["Found", "Skipped", "find_contenders", "one_contender"]


LARGEST = 16 << 20
"""Bytes of the largest file that is taken for a contender. Its text is sent to each sample."""


@frozen(kw_only=True)
class Skipped:
    """Something in a directory that is no contender, with the reason."""

    path: Path
    reason: str


@frozen(kw_only=True)
class Found:
    """The contenders of a name. If the name is a directory's, ``skipped`` is what was left out of it."""

    contenders: Sequence[Contender]
    skipped: Sequence[Skipped] = ()

    def skipped_in_words(self) -> str:
        """Return one line that names all skipped files with the reasons, or an empty text."""
        by_reason: dict[str, list[str]] = {}
        for one in self.skipped:
            by_reason.setdefault(one.reason, []).append(printable(one.path.name))
        return "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())


def find_contenders(registry: Registry, name: str, *, workers: int, prefers_paths: bool = False) -> Found:
    """Return the contenders that a name stands for.

    A name that ends in ``.py`` or contains a path separator is a path. Any other name is that of an installed orchestrator. If there is no such
    orchestrator, it is a path.

    Args:
        registry: The installed plugins.
        name: What the user wrote.
        workers: How many workers a plugin's orchestrator gets, if it has that option.
        prefers_paths: Whether an existing file or directory goes before an orchestrator of the same name.

    Raises:
        UsageError: If the name stands for nothing, for a file that cannot be read or is no Python file, or for a directory without contenders.
        PluginError: If the plugin that should offer the orchestrator is broken.
    """
    if _is_path_like(name) or (prefers_paths and os.path.lexists(name)):
        return _at(Path(name))
    try:
        return Found(contenders=[plugin_contender(registry, name, workers=workers)])
    except UnknownComponentError as error:
        if os.path.lexists(name):
            return _at(Path(name))
        if prefers_paths:
            raise UsageError(
                f"There is no directory {name!r}, nor a file or an orchestrator of that name. "
                f"Installed orchestrators: {', '.join(error.installed)}."
            ) from error
        raise UnknownComponentError(
            f"{error} There is no file and no directory of that name either.",
            kind=error.kind,
            name=error.name,
            installed=error.installed,
        ) from error


def one_contender(registry: Registry, name: str, *, workers: int) -> Contender:
    """Return the only contender that a name stands for. Raises UsageError if there are several, and as ``find_contenders`` does."""
    found = find_contenders(registry, name, workers=workers).contenders
    if len(found) > 1:
        names = ", ".join(contender.name for contender in found)
        raise UsageError(f"{printable(name)} has {len(found)} contenders: {names}. Name one of these files.")
    return found[0]


def _is_path_like(name: str) -> bool:
    return name.endswith(".py") or os.sep in name or name in {os.curdir, os.pardir}


def _at(path: Path) -> Found:
    if os.path.isdir(path):
        return _in_directory(path)
    if os.path.lexists(path) and path.suffix != ".py":
        raise UsageError(
            f"{printable(str(path))} is no Python file. Name a .py file with a TaskOrchestrator class. Or, to compare orchestrators on a "
            "pipeline of your own, name its file with --pipeline."
        )
    reason = _reason_against(path) if os.path.lexists(path) else ""
    if reason:
        raise UsageError(
            f"Cannot read {printable(str(path))}: {reason}. Name a .py file with a TaskOrchestrator class."
        )
    return Found(contenders=[file_contender(path)])


def _in_directory(directory: Path) -> Found:
    contenders: list[Contender] = []
    skipped: list[Skipped] = []
    for path in _entries(directory):
        reason = _reason_against(path) or _reason_by_name(path)
        if not reason:
            try:
                contenders.append(file_contender(path))
            except UsageError as error:
                reason = str(error.__cause__.strerror if isinstance(error.__cause__, OSError) else error)
        if reason:
            skipped.append(Skipped(path=path, reason=reason))
    found = Found(contenders=contenders, skipped=skipped)
    if not contenders:
        left_out = f" Skipped: {found.skipped_in_words()}." if skipped else " It is empty."
        raise UsageError(
            f"The directory {printable(str(directory))} has no contender: no .py file whose name begins without an "
            f"underscore.{left_out}"
        )
    return found


def _entries(directory: Path) -> Iterable[Path]:
    try:
        return sorted(path for path in directory.iterdir() if path.name != "__pycache__")
    except OSError as error:
        raise UsageError(
            f"Cannot read the directory {printable(str(directory))}: {error.strerror or error}."
        ) from error


def _reason_against(path: Path) -> str:
    """Return why a path cannot be read as a file. The path is not opened, because opening a pipe waits for its writer."""
    try:
        found = path.stat()
    except OSError as error:
        return "a broken link" if path.is_symlink() else error.strerror or str(error)
    mode = found.st_mode
    if stat.S_ISREG(mode):
        return f"larger than {LARGEST >> 20} MiB" if found.st_size > LARGEST else ""
    kinds = {stat.S_IFDIR: "a directory", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _reason_by_name(path: Path) -> str:
    if path.suffix != ".py":
        return "no .py file"
    return "its name begins with an underscore" if path.name.startswith("_") else ""
