"""The command ``plugins``: what is installed, what it offers, and what is broken."""

from __future__ import annotations

import json

import click

from pipeline_optimization.registry import PluginRecord, Registry

__all__ = ["plugins"]


@click.group()
def plugins() -> None:
    """Show the installed plugins."""


@plugins.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_plugins(*, as_json: bool) -> None:
    """List every plugin with its status and what it offers; one that is broken says why."""
    records = Registry.load().records
    if as_json:
        click.echo(json.dumps([_plain(record) for record in records], indent=2))
        return
    from rich.console import Console  # noqa: PLC0415 - JSON is quick without it
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False)
    for column in ("plugin", "distribution", "version", "status", "offers"):
        table.add_column(column, overflow="fold")
    for record in records:
        status = Text(record.status, style="" if record.status == "active" else "bold red")
        offers = ", ".join(record.components) if record.status == "active" else record.error
        table.add_row(record.name, record.distribution, record.version, status, Text(offers))
    Console(highlight=False).print(table)


def _plain(record: PluginRecord) -> dict[str, object]:
    return {
        "name": record.name,
        "distribution": record.distribution,
        "version": record.version,
        "module": record.module,
        "status": record.status,
        "hooks": list(record.hooks),
        "components": list(record.components),
        "error": record.error,
    }
