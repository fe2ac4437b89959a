"""The public API is what docs/public_api.txt lists, so that a change to it is seen in review."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

LISTED = Path(__file__).parents[2] / "docs" / "public_api.txt"
MODULES = (
    "pipeline_optimization",
    "pipeline_optimization.errors",
    "pipeline_optimization.hookspecs",
    "pipeline_optimization.orchestrator",
    "pipeline_optimization.pytest_plugin",
    "pipeline_optimization.registry",
    "pipeline_optimization.testing",
    "pipeline_optimization.types",
)
ALSO = ("pipeline_optimization.engine.worker.Worker",)
"""The one name of an inner module that authors of orchestrators need."""


HIDDEN = (
    "pipeline_optimization.engine.worker_setup",
    "pipeline_optimization.kinds",
    "pipeline_optimization.pipeline.summary",
)
"""Modules whose classes are public by those that inherit from them."""


def public_api() -> list[str]:
    """Return every public name with its signature, and the hooks with their arguments."""
    found = []
    for name in MODULES:
        module = import_module(name)
        hooks = [hook for hook in vars(module) if hook.startswith("anagram_")] if name.endswith("hookspecs") else []
        for public in sorted({*module.__all__, *hooks}):
            found += described(f"{name}.{public}", getattr(module, public))
    for name in ALSO:
        home, _, public = name.rpartition(".")
        found += described(name, getattr(import_module(home), public))
    return found


def described(name: str, thing: object) -> list[str]:
    """Return a name with its signature, and a class's with those of its public methods."""
    thing = getattr(thing, "__wrapped__", thing)
    lines = [f"{name}{signature(thing)}"]
    if inspect.isclass(thing):
        for member, value in sorted(_members(thing).items()):
            if member.startswith("_"):
                continue
            function = value.__func__ if isinstance(value, classmethod | staticmethod) else value
            lines.append(f"{name}.{member}{signature(function)}")
    return lines


def _members(kind: type) -> dict[str, object]:
    """Return a class's own members, those that it has from bases without a public name of their own included."""
    hidden = [base for base in kind.__mro__[1:] if base.__module__ in HIDDEN]
    return {name: value for one in (*reversed(hidden), kind) for name, value in vars(one).items()}


def signature(thing: object) -> str:
    """Return a signature with its arguments and their defaults, without types."""
    if not callable(thing):
        return ""
    try:
        found = inspect.signature(thing)
    except (TypeError, ValueError):
        return ""
    bare = [
        one.replace(annotation=inspect.Parameter.empty, default=_shown(one.default))
        for one in found.parameters.values()
    ]
    return str(found.replace(parameters=bare, return_annotation=inspect.Signature.empty))


class _Default:
    """A default as people write it, not as this run has it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _shown(default: object) -> object:
    if default is inspect.Parameter.empty or isinstance(default, str | int | float | bool | None):
        return default
    return _Default("...")


def test_the_public_api_is_as_listed() -> None:
    """Names, arguments and defaults are those of the list. Write it anew with: python tests/house/test_public_api.py."""
    assert public_api() == LISTED.read_text("utf-8").splitlines()


if __name__ == "__main__":
    LISTED.write_text("\n".join(public_api()) + "\n", "utf-8")
