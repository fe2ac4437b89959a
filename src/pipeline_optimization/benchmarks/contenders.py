"""The contenders of a comparison: orchestrators of installed plugins, and files with a ``TaskOrchestrator`` class."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import attrs
from attrs import evolve, field, frozen

from pipeline_optimization.benchmarks.results import ContenderRecord
from pipeline_optimization.errors import UsageError
from pipeline_optimization.printable import printable
from pipeline_optimization.registry import Registry
from pipeline_optimization.tasks.retry_settings import RetrySettings
from pipeline_optimization.types import Component

__all__ = ["Contender", "file_contender", "hash_of", "plugin_contender", "uniquely_named"]


@frozen(kw_only=True)
class Contender:
    """One row of a comparison.

    Attributes:
        name: Its name in reports.
        kind: A plugin's orchestrator, or a file.
        source: The orchestrator's name, or the file's path.
        text: The content of the file when it was named, so that a change during the comparison has no effect.
        record: Its facts in results.
        options: The orchestrator's options.
        arguments: Other arguments of what runs it.
        calm_arguments: Arguments that are only given if nothing can wait or fail.
        retry: Its own retry policy, or None for that of the whole comparison.
        rules: Which answers are right, or None for the default rules.
    """

    name: str
    kind: Literal["plugin", "file"]
    source: str
    text: bytes = field(default=b"", repr=False)
    record: ContenderRecord
    options: Mapping[str, object] = field(factory=dict)
    arguments: Mapping[str, object] = field(factory=dict)
    calm_arguments: Mapping[str, object] = field(factory=dict)
    retry: RetrySettings | None = None
    rules: object = None

    @property
    def identity(self) -> tuple[str, ...]:
        """Return what tells it from others. Two contenders with the same identity do the same."""
        given = (
            sorted(self.options.items()),
            sorted(self.arguments.items()),
            sorted(self.calm_arguments.items()),
            self.retry,
        )
        return self.kind, self.source, *map(repr, given)


def plugin_contender(registry: Registry, name: str, *, workers: int) -> Contender:
    """Return an installed orchestrator as a contender, with ``workers`` workers if it has such an option.

    Raises UnknownComponentError and PluginError.
    """
    component = registry.component("orchestrator", name)
    owner = next((r for r in registry.records if f"orchestrator:{name}" in r.components), None)
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
            sha256=hash_of(component),
            version=owner.version if owner else "",
            summary=component.summary,
            options={"orchestrator.workers": str(workers)} if takes_workers else {},
        ),
    )


def file_contender(path: Path) -> Contender:
    """Return a file as a contender, without importing it. Raises UsageError if it cannot be read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror or error}.") from error
    # Names go to terminals, so they must not contain characters that move the cursor or change colours.
    name = printable(path.stem)
    record = ContenderRecord(name=name, kind="file", source=printable(str(path)), sha256=sha256(content).hexdigest())
    return Contender(name=name, kind="file", source=str(path.resolve()), text=content, record=record)


def uniquely_named(contenders: Sequence[Contender]) -> list[Contender]:
    """Return the contenders, each once, with unique names.

    If a file has the name of a plugin or of an earlier file, its suffix is added to its name, and then its directory, until the name is unique.
    """
    plugins = {contender.name for contender in contenders if contender.kind == "plugin"}
    taken: set[str] = set()
    found: dict[tuple[str, ...], Contender] = {}
    for contender in contenders:
        if contender.identity in found:
            continue
        others = taken | plugins if contender.kind == "file" else taken
        name = next((name for name in _names(contender) if name not in others), None)
        if name is None:
            raise UsageError(f"Two contenders are called {contender.name!r}; rename one of them.")
        taken.add(name)
        found[contender.identity] = evolve(contender, name=name, record=evolve(contender.record, name=name))
    return list(found.values())


def _names(contender: Contender) -> list[str]:
    """Return the possible names of a contender, the shortest first."""
    if contender.kind == "plugin":
        return [contender.name]
    path = Path(contender.source)
    return [contender.name, *(printable(text) for text in (path.name, f"{path.parent.name}/{path.name}", str(path)))]


def hash_of(component: Component[Any, Any]) -> str:
    """Return the SHA-256 of the module that makes a component. If it is a package, return that of all its modules."""
    module = sys.modules.get(component.factory.__module__)
    if module is None or module.__file__ is None:
        return ""
    path = Path(module.__file__)
    files = sorted(path.parent.glob("*.py")) if path.name == "__init__.py" else [path]
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
