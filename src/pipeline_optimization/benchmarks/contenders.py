"""Who is compared: the orchestrators of installed plugins, and files with a ``TaskOrchestrator`` class."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Literal

import attrs
from attrs import evolve, field, frozen

from pipeline_optimization.benchmarks.records import ContenderRecord
from pipeline_optimization.benchmarks.reports.printable import printable
from pipeline_optimization.errors import UsageError
from pipeline_optimization.registry import Registry

__all__ = ["Contender", "file_contender", "file_contenders", "named_apart", "plugin_contender", "plugin_contenders"]


@frozen(kw_only=True)
class Contender:
    """One row of a comparison. ``source`` is an orchestrator's name or a file's path."""

    name: str
    kind: Literal["plugin", "file"]
    source: str
    record: ContenderRecord
    options: Mapping[str, object] = field(factory=dict)


def plugin_contender(registry: Registry, name: str, *, workers: int) -> Contender:
    """Return an installed orchestrator as a contender, with so many workers if that is an option of its.

    Raises UnknownComponentError and PluginError.
    """
    component = registry.component("orchestrator", name)
    owner = next((r for r in registry.records if f"orchestrator:{name}" in r.components), None)
    module = sys.modules.get(component.factory.__module__)
    path = getattr(module, "__file__", None)
    takes_workers = "workers" in {option.name for option in attrs.fields(component.options)}
    return Contender(
        name=name,
        kind="plugin",
        source=name,
        options={"workers": workers} if takes_workers else {},
        record=ContenderRecord(
            name=name,
            kind="plugin",
            source=owner.distribution if owner else "",
            sha256=_hash_of_package(Path(path)) if path else "",
            version=owner.version if owner else "",
            summary=component.summary,
        ),
    )


def plugin_contenders(registry: Registry, names: Sequence[str], *, workers: int) -> list[Contender]:
    """Return the named orchestrators, or all that are installed."""
    return [plugin_contender(registry, n, workers=workers) for n in names or registry.names("orchestrator")]


def file_contender(path: Path) -> Contender:
    """Return a file as a contender; it is not imported here. Raises UsageError where it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror or error}.") from error
    # A name goes to terminals: what moves cursors or changes colours must not.
    name = printable(path.stem)
    record = ContenderRecord(name=name, kind="file", source=printable(str(path)), sha256=sha256(content).hexdigest())
    return Contender(name=name, kind="file", source=str(path.resolve()), record=record)


def file_contenders(directory: Path) -> list[Contender]:
    """Return the directory's Python files, sorted, but not those whose name begins with an underscore.

    Raises UsageError where there is no such directory.
    """
    if not directory.is_dir():
        raise UsageError(f"There is no directory {str(directory)!r}. Name one with --compare-dir.")
    return [file_contender(path) for path in sorted(directory.glob("*.py")) if not path.name.startswith("_")]


def named_apart(contenders: Sequence[Contender]) -> list[Contender]:
    """Return contenders with unique names: a file that is called like an earlier contender keeps its suffix."""
    taken: set[str] = set()
    found = []
    for contender in contenders:
        name = contender.name
        if name in taken:
            name = printable(Path(contender.source).name)
        if name in taken:
            raise UsageError(f"Two contenders are called {name!r}; rename one of them.")
        taken.add(name)
        found.append(evolve(contender, name=name, record=evolve(contender.record, name=name)))
    return found


def _hash_of_package(path: Path) -> str:
    """Return the SHA-256 of a module, or of all modules of its package in the order of their names."""
    files = sorted(path.parent.glob("*.py")) if path.name == "__init__.py" else [path]
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
