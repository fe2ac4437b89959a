"""A comparison as a picture: the terminal's output as SVG, for a README or a report."""

from __future__ import annotations

from io import StringIO

from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.cli.compare.table import show_comparison
from pipeline_optimization.cli.console import TableConsole

__all__ = ["picture_of"]

WIDTH = 80
"""Columns of the picture: what the narrowest usual terminal shows."""

FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
.{unique_id}-title {{
  font-size: 18px;
  font-weight: bold;
  font-family: sans-serif;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""
"""The template of the document: that of rich, without the fonts that a browser would fetch from the network."""


def picture_of(results: Results, *, detailed: bool = False) -> str:
    """Return an SVG picture of what a terminal of 80 columns shows of a comparison.

    Args:
        results: The comparison.
        detailed: Whether to draw what ``--detailed`` shows.

    Returns:
        The SVG document. The same results always give the same text.
    """
    console = TableConsole(StringIO(), pipe_width=WIDTH, is_recorded=True)
    show_comparison(results, console, detailed=detailed)
    return console.export_svg(title="anagram compare", code_format=FORMAT, unique_id="comparison")
