"""Tables of how times grow with the number of words or workers (``--scan``)."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline_optimization.benchmarks.reports.columns import CONTENDER_TITLE
from pipeline_optimization.benchmarks.reports.quantities import NOTHING, decimals_for, number
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.benchmarks.scan import Scan
from pipeline_optimization.cli.console import for_terminal

__all__ = ["print_scans"]


def print_scans(console: Console, results: Results) -> None:
    """Print the median time of each contender for each number of words or workers, and the law that these follow."""
    for dimension in ("words", "workers"):
        scans = [scan for scan in results.scans if scan.dimension == dimension]
        if not scans:
            continue
        console.print(Text(f"\nMedian milliseconds by number of {dimension}", style="bold"))
        places = sorted({point.x for scan in scans for point in scan.points})
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column(CONTENDER_TITLE, overflow="fold")
        for place in places:
            table.add_column(for_terminal(number(place, 0)), justify="right")
        table.add_column("law", overflow="fold")
        for scan in scans:
            decimals = decimals_for(point.median_ms for point in scan.points)
            medians = {point.x: for_terminal(number(point.median_ms, decimals)) for point in scan.points}
            name = Text(for_terminal(scan.contender))
            table.add_row(name, *(medians.get(place, NOTHING) for place in places), _law(scan))
        console.print(table)


def _law(scan: Scan) -> str:
    if scan.refusal:
        return scan.refusal
    found = scan.parameters
    if scan.dimension == "words":
        return f"t = {found['a']:.3g} ms + {found['b']:.3g} ms · n^{_with_interval(scan, 'c')}"
    return f"speed-up {found['speedup']:.3g}, efficiency {found['efficiency']:.0%}, serial {_with_interval(scan, 'serial')}"


def _with_interval(scan: Scan, name: str) -> str:
    interval = scan.intervals.get(name)
    return f"{scan.parameters[name]:.3g}" + (f" [{interval[0]:.3g}, {interval[1]:.3g}]" if interval else "")
