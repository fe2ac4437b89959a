"""The libraries of the extra ``report``. They are imported only when a report is made."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from pipeline_optimization.disk_cache import cache_file, read_sealed, store_sealed
from pipeline_optimization.errors import UsageError
from pipeline_optimization.printable import printable
from pipeline_optimization.registry.installing import how_to_add

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["chart_library", "templates"]

SCRIPT = "window.vegaEmbed = vegaEmbed;"


@cache
def chart_library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script that sets ``window.vegaEmbed``.

    Bundling it takes seconds, so it is kept on disk. Raises UsageError if neither the script nor its bundler is there.
    """
    try:
        path = cache_file("charts", f"{SCRIPT} {version('vl-convert-python')}", ".js")
        if (kept := read_sealed(path)) is not None:
            return kept.decode()
        from vl_convert import javascript_bundle  # noqa: PLC0415 - 80 MB that only this report needs
    except ImportError as error:
        raise _missing(error) from error
    library: str = javascript_bundle(SCRIPT)
    store_sealed(path, library.encode())
    return library


def templates() -> Environment:
    """Return the environment in which all that is put into a page is escaped."""
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - as above
    except ImportError as error:
        raise _missing(error) from error
    environment = Environment(
        autoescape=True,
        loader=PackageLoader("pipeline_optimization.benchmarks.reports.html", "page"),
        trim_blocks=True,
        lstrip_blocks=True,
        # Whatever a template prints goes through this before it is escaped. Only our own markup is marked as safe, and that is no str.
        finalize=lambda value: printable(value) if type(value) is str else value,
        undefined=StrictUndefined,
    )
    environment.filters["printable"] = printable
    return environment


def _missing(error: ImportError) -> UsageError:
    return UsageError(
        f"An HTML report needs the package {error.name!r}, which is not installed: "
        f"{how_to_add('report')}. Without it, export to .json, .csv or .md."
    )
