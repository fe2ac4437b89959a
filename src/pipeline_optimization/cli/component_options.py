"""``-o``: options of components, from the command line and as help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import click
from attrs import field, frozen

from pipeline_optimization.registry import Kind, Registry, kind_named
from pipeline_optimization.registry.options import describe_options
from pipeline_optimization.types import Component

__all__ = ["KindOptions", "print_options"]

Options = Mapping[str, object]

KIND_OF: Mapping[str, Kind] = {
    "orchestrator": "orchestrator",
    "tokenizer": "tokenizer",
    "signature": "signature",
    "retry": "retry_policy",
    "lexicon": "lexicon",
    "pipeline": "pipeline",
    "sink": "sink",
}
"""The kind of a component, by its name on the command line."""

PIPELINE = "pipeline"

OF_ANY_PIPELINE = ("orchestrator", "retry", "sink")
"""The components that any pipeline may be run with."""

NAME_OF: Mapping[Kind, str] = {kind: name for name, kind in KIND_OF.items()}


@frozen(kw_only=True)
class KindOptions:
    """Options by the kind of component that they are for."""

    orchestrator: Options = field(factory=dict)
    tokenizer: Options = field(factory=dict)
    signature: Options = field(factory=dict)
    retry: Options = field(factory=dict)
    lexicon: Options = field(factory=dict)
    pipeline: Options = field(factory=dict)
    sink: Options = field(factory=dict)

    def called(self) -> Mapping[str, Options]:
        """Return the options by the names that they have in ``RunOptions``, such as ``retry_options``."""
        return {f"{name}_options": getattr(self, name) for name in KIND_OF}

    @classmethod
    def parse(cls, pairs: Iterable[str]) -> KindOptions:
        """Sort ``key=value`` (for the orchestrator) and ``kind.key=value``; raises click.UsageError."""
        found: dict[str, dict[str, object]] = {name: {} for name in KIND_OF}
        for pair in pairs:
            path, equals, value = pair.partition("=")
            kind, dot, key = path.rpartition(".")
            if not equals or not key:
                raise click.UsageError(f"-o takes KEY=VALUE, not {pair!r}; -o help lists the options.")
            named = kind_named(kind) if dot else "orchestrator"
            if named is None or named not in NAME_OF:
                raise click.UsageError(f"-o {pair!r}: there is no {kind!r}; it can be {', '.join(found)}.")
            found[NAME_OF[named]][key] = value
        return cls(**found)


def print_options(
    registry: Registry, chosen: Mapping[str, str | None], pipeline: Component[Any, Any] | None = None
) -> None:
    """Print the options of the chosen components, ready to be typed. With a pipeline, only those are printed that it can have."""
    for prefix, kind in KIND_OF.items():
        name = chosen.get(prefix)
        if name is not None and (prefix in OF_ANY_PIPELINE or (pipeline is None and prefix != PIPELINE)):
            _print_options(kind.replace("_", " "), prefix, registry.component(kind, name.partition(":")[0]))
    if pipeline is not None:
        _print_options(PIPELINE, PIPELINE, pipeline)


def _print_options(noun: str, prefix: str, component: Component[Any, Any]) -> None:
    click.echo(f"{noun} {component.name}: {component.summary}".rstrip(": "))
    described = describe_options(component.options)
    for help_ in described:
        dotted = help_.name if prefix == "orchestrator" else f"{prefix}.{help_.name}"
        default = "VALUE" if help_.is_required else "none" if help_.default is None else help_.default
        kind_of_value = f"{help_.type}, required" if help_.is_required else help_.type
        click.echo(f"  -o {dotted}={default}  ({kind_of_value}) {help_.help}".rstrip())
    if not described:
        click.echo("  (no options)")
