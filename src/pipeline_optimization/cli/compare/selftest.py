"""``anagram compare --selftest``: measures contenders of which the truth is known."""

from __future__ import annotations

import sys

from rich.table import Table

from pipeline_optimization.benchmarks.anagrams.selftest import (
    false_differences,
    known_cheats,
    known_contenders,
    server_costs,
)
from pipeline_optimization.cli.compare.progress import ComparisonProgress
from pipeline_optimization.cli.console import TableConsole
from pipeline_optimization.cli.exit_codes import COMPLETE, WRONG

__all__ = ["run_selftest"]

COMPARISONS = 20
ALLOWED = 0.10
"""Of comparisons between equal contenders, the share that may find a difference."""


def run_selftest(*, seed: int, comparisons: int | None) -> int:
    """Print what the harness finds about contenders of which the truth is known. Return the exit code: 3 if it finds anything else, else 0."""
    console = TableConsole(sys.stdout)
    with ComparisonProgress() as progress:
        findings = known_contenders(seed=seed, show=progress.show)
        findings += server_costs(seed=seed)
        findings += known_cheats(seed=seed, show=progress.show)
        equals = false_differences(COMPARISONS if comparisons is None else comparisons, seed=seed, show=progress.show)
    table = Table(box=None, pad_edge=False)
    for header in ("known to be there", "expected", "found", ""):
        table.add_column(header)
    for finding in findings:
        table.add_row(finding.what, finding.expected, finding.found, "✓" if finding.is_right else "✗ WRONG")
    console.print(table)
    rate, (low, high) = equals.alarms / equals.comparisons, equals.interval
    console.print(
        f"\n{equals.alarms} of {equals.comparisons} comparisons of three copies of one contender named a difference: "
        f"{rate:.1%} (95 % interval {low:.1%} to {high:.1%}), seed {seed}"
    )
    # One false alarm is always allowed: among few comparisons, one is more than the allowed share already.
    is_right = all(finding.is_right for finding in findings) and equals.alarms <= max(1, ALLOWED * equals.comparisons)
    return COMPLETE if is_right else WRONG
