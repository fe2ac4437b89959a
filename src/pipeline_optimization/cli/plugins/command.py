"""The command ``plugins``: lists, describes and checks plugins, and makes a new one."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import click

from pipeline_optimization.cli.plugin_selection import plugin_options, selected_registry
from pipeline_optimization.registry import KINDS, PluginRecord, Registry, kind_named

__all__ = ["plugins"]


class _KindChoice(click.Choice[str]):
    """The value of an option that is a kind of component, however it is written, or one of some other words."""

    def __init__(self, others: Sequence[str] = ()) -> None:
        super().__init__([*KINDS, *others])

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        word = str(value)
        return super().convert(kind_named(word) or word, param, ctx)


@click.group()
def plugins() -> None:
    """Show the installed plugins, check one, or begin one of your own."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--all", "everything", is_flag=True, help="Import every plugin, and show what it offers, or its error.")
@click.option("--kind", type=_KindChoice(), help="Only plugins that offer this; implies --all.")
@click.option("--hook", metavar="NAME", help="Only plugins that implement this hook; implies --all.")
@plugin_options
@click.pass_context
def list_plugins(ctx: click.Context, *, as_json: bool, everything: bool, kind: str | None, hook: str | None) -> None:
    """List every plugin with its status. None is imported unless --all or a filter asks for it."""
    registry = selected_registry(ctx)
    if hook is not None:
        _check_hook(hook)
    is_imported = everything or kind is not None or hook is not None
    records = [
        record
        for record in (registry.import_all() if is_imported else registry.records)
        if (kind is None or any(one.startswith(f"{kind}:") for one in record.components))
        and (hook is None or hook in record.hooks)
    ]
    if kind is None and hook is None:
        records += registry.unreadable
    if as_json:
        click.echo(json.dumps([record.to_dict() for record in records], indent=2))
    else:
        _print_table(records)
        if not is_imported:
            click.echo("'installed' plugins are not imported; --all imports them and says what each offers.", err=True)


def _check_hook(name: str) -> None:
    from pipeline_optimization import hookspecs  # noqa: PLC0415 - only where a hook is named

    known = [hook for hook in vars(hookspecs) if hook.startswith("anagram_")]
    if name not in known:
        raise click.BadParameter(f"there is no hook {name!r}. There are: {', '.join(known)}.", param_hint="--hook")


def _print_table(records: Sequence[PluginRecord]) -> None:
    from rich.table import Table  # noqa: PLC0415 - JSON is quick without it
    from rich.text import Text  # noqa: PLC0415 - as above

    from pipeline_optimization.cli.console import TableConsole  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False)
    for column in ("plugin", "distribution", "version", "status", "offers"):
        table.add_column(column, overflow="fold")
    for record in records:
        is_bad = record.status in {"failed", "conflict", "unreadable"}
        offers = record.error or ", ".join(record.components or record.hooks)
        status = Text(record.status, style="bold red" if is_bad else "")
        table.add_row(record.name, record.distribution, record.version, status, Text(offers))
    TableConsole(sys.stdout).print(table)


@plugins.command("info")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_options
@click.pass_context
def info(ctx: click.Context, name: str, *, as_json: bool) -> None:
    """Show what is known of one plugin. Any of its names will do."""
    registry = selected_registry(ctx)
    record = registry.record(name)
    if as_json:
        click.echo(json.dumps({**record.to_dict(), "offers": _offers(registry, record)}, indent=2, default=repr))
        return
    for key, value in record.to_dict().items():
        if value and key != "components":
            click.echo(f"{key + ':':14}{', '.join(value) if isinstance(value, list) else value}")
    for offer in _offers(registry, record):
        click.echo(f"{offer['kind']} {offer['name']}: {offer['summary']}")
        for option in offer["options"]:
            click.echo(f"  {option['name']}={option['default']}  ({option['type']}) {option['help']}")


class _Offered(TypedDict):
    """A component as plain data."""

    kind: str
    name: str
    summary: str
    options: list[dict[str, object]]


def _offers(registry: Registry, record: PluginRecord) -> list[_Offered]:
    """Return a plugin's components as plain data."""
    from pipeline_optimization.registry.options import describe_options  # noqa: PLC0415 - the listing needs none

    return [
        {
            "kind": kind,
            "name": component.name,
            "summary": component.summary,
            "options": [
                {"name": one.name, "type": one.type, "default": one.default, "help": one.help}
                for one in describe_options(component.options)
            ],
        }
        for kind, component in registry.components_of(record)
    ]


@plugins.command("check")
@click.argument("name")
@click.option(
    "--with", "labels", multiple=True, metavar="NAME:VALUE", help="Check this component with the value that it needs."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_options
@click.pass_context
def check(ctx: click.Context, name: str, *, labels: Sequence[str], as_json: bool) -> None:
    """Run the checks of what a plugin offers. The exit code is 1 if one fails."""
    from pipeline_optimization.cli.plugins.check import check_plugin  # noqa: PLC0415 - the other commands need no kit

    ctx.exit(check_plugin(selected_registry(ctx), name, labels=labels, as_json=as_json))


@plugins.command("new")
@click.argument("name")
@click.option("--kind", type=_KindChoice(["observer"]), required=True, help="What the plugin offers.")
@click.option("--directory", default=".", metavar="DIR", help="Where to make it.  [default: here]")
def new(name: str, *, kind: str, directory: str) -> None:
    """Make a new plugin that passes all checks."""
    from pipeline_optimization.templates.rendering import write_plugin  # noqa: PLC0415 - as above

    home = write_plugin(name, kind, Path(directory))
    click.echo(
        f"Made {home}. Go on with:\n  cd {home}\n  pip install -e '.[test]'\n  pytest\n  anagram plugins check {name}"
    )
