"""``anagram plugins check``: runs the contract of every component of a plugin."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
from attrs import evolve, frozen
from rich.table import Table
from rich.text import Text

from pipeline_optimization.cli.console import TableConsole
from pipeline_optimization.cli.exit_codes import COMPLETE, INCOMPLETE
from pipeline_optimization.errors import LexiconError, PluginError, UsageError
from pipeline_optimization.kinds import OBSERVER_HOOKS
from pipeline_optimization.plural import counted
from pipeline_optimization.registry import PluginRecord, Registry
from pipeline_optimization.registry.failure import unusable
from pipeline_optimization.registry.options import argument_name
from pipeline_optimization.testing import CheckResult, check_component, check_observer
from pipeline_optimization.types import Component

__all__ = ["check_plugin"]

STYLES = {"passed": "green", "failed": "bold red", "warned": "yellow"}


@frozen
class _Checked:
    """The outcome of one check of one component."""

    component: str
    result: CheckResult

    def to_dict(self) -> dict[str, object]:
        return {
            "component": self.component,
            "check": self.result.name,
            "fact": self.result.fact,
            "status": self.result.status,
            "detail": self.result.detail,
        }


def check_plugin(registry: Registry, name: str, *, labels: Sequence[str], as_json: bool) -> int:
    """Print the outcome of every check.

    Args:
        registry: The plugins that there are.
        name: Which one to check.
        labels: Components with the values that they need, as in ``file:words.txt``.
        as_json: Whether to print JSON instead of a table.

    Returns:
        The exit code: 1 if a check failed, else 0.

    Raises:
        UsageError: If there is no such plugin, or nothing of it to check.
        PluginError: If the plugin cannot be used.
    """
    record = registry.record(name)
    if record.status in {"disabled", "failed", "unreadable"}:
        raise PluginError(unusable(record), plugin=record.name)
    found = []
    table = Table(box=None, pad_edge=False)
    for column in ("component", "check", "outcome", "what was seen"):
        table.add_column(column, overflow="fold")
    for checked in _checks(registry, record, {label.partition(":")[0]: label for label in labels}):
        found.append(checked)
        result = checked.result
        seen = result.detail if result.status != "passed" else ""
        table.add_row(
            checked.component, result.name, Text(result.status, style=STYLES.get(result.status, "")), Text(seen)
        )
    if not found:
        raise UsageError(f"Plugin {record.name!r} has no component and no observer hook, so there is nothing to check.")
    failures = sum(checked.result.status == "failed" for checked in found)
    if as_json:
        click.echo(json.dumps([checked.to_dict() for checked in found], indent=2))
    else:
        TableConsole(sys.stdout).print(table)
        click.echo(f"{counted(len(found), 'check')}, {failures} failed.")
    return INCOMPLETE if failures else COMPLETE


def _checks(registry: Registry, record: PluginRecord, labels: Mapping[str, str]) -> Iterator[_Checked]:
    for kind, component in registry.components_of(record):
        label = labels.get(component.name, component.name)
        try:
            registry.choose(kind, label).build()
        except (UsageError, LexiconError) as error:
            yield _Checked(f"{kind}:{label}", _not_built(str(error), component))
            continue
        except PluginError as error:
            yield _Checked(f"{kind}:{label}", evolve(_not_built("", component), status="failed", detail=str(error)))
            continue
        for result in check_component(registry, kind, label):
            yield _Checked(f"{kind}:{label}", result)
    if set(record.hooks) & set(OBSERVER_HOOKS.values()):
        yield _Checked("observer", _declaration(record, registry))
        for result in check_observer(lambda: registry.plugin(record.name)):
            yield _Checked("observer", result)


def _not_built(reason: str, component: Component[Any, Any]) -> CheckResult:
    """Return the outcome for a component that cannot be built without options: it may need a value."""
    takes_value = argument_name(component.options) is not None
    remedy = f" To check it, give it with a value: --with {component.name}:VALUE." if takes_value else ""
    return CheckResult(
        name="is_built",
        fact="The component can be built without options.",
        status="skipped",
        detail=f"{reason}{remedy}",
    )


def _declaration(record: PluginRecord, registry: Registry) -> CheckResult:
    """Check that a plugin with observer hooks is imported by every run, also by those that name nothing of it."""
    is_declared = registry.is_observer(record.name)
    return CheckResult(
        name="is_declared",
        fact="A plugin that observes stands in the group of entry points that every run imports.",
        status="passed" if is_declared else "failed",
        detail=""
        if is_declared
        else "No run calls it that does not use a component of its: name its entry point in the group anagram_observer.",
    )
