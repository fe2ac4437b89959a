"""Runs files through several orchestrators in turn, with two workers each, and shows start-up apart.

    hatch run dask:side-by-side --kernel numba large-1.txt large-2.txt    # ray: and spark: alike

Each run is a process of its own. Ratios are to ``multiprocess``, of the time without start-up, round by round.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import click
import psutil
from attrs import frozen

from pipeline_optimization import Registry

REFERENCE = "multiprocess"
CLUSTERS = ("dask", "ray", "spark")
MIB = 1 << 20


@frozen
class Run:
    """Seconds of a run and of its start-up, and the peak of the driver's memory in MiB."""

    seconds: float
    startup: float
    memory: float

    @property
    def counting(self) -> float:
        return self.seconds - self.startup


def run_once(orchestrator: str, files: Sequence[str], options: Sequence[str], expected: dict[str, Any]) -> Run:
    """Run the command line once. Raises SystemExit where it fails, or counts otherwise than the run before."""
    with tempfile.TemporaryDirectory() as directory:
        output = Path(directory, "report.json")
        command = [sys.executable, "-m", "pipeline_optimization", "run", *files, "--orchestrator", orchestrator]
        workers = [] if orchestrator == "sequential" else ["-o", "workers=2"]
        command += [*workers, "--format", "json", "--output", str(output), *options]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        peak = 0
        while process.poll() is None:
            try:
                peak = max(peak, psutil.Process(process.pid).memory_info().rss)
            except psutil.NoSuchProcess:
                break
            time.sleep(0.05)
        if process.wait():
            raise SystemExit(f"{' '.join(command)} failed with {process.returncode}.")
        report = json.loads(output.read_text("utf-8"))
    counts = report["anagram_counts"]
    if expected.setdefault("counts", counts) != counts:
        raise SystemExit(f"{orchestrator} counts otherwise than the run before.")
    return Run(report["runtime"] / 1000, report["startup"] / 1000, peak / MIB)


@click.command(help=__doc__)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--kernel", default="python", show_default=True)
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1))
def main(files: Sequence[str], kernel: str, rounds: int) -> None:
    here = Registry.load().names("orchestrator")
    names = ["sequential", REFERENCE, *(name for name in CLUSTERS if name in here)]
    found: dict[str, list[Run]] = {name: [] for name in names}
    expected: dict[str, Any] = {}
    for number in range(rounds + 1):
        for name in names:
            result = run_once(name, files, ["--kernel", kernel], expected)
            if number:  # the first round fills caches
                found[name].append(result)
    size = sum(Path(file).stat().st_size for file in files)
    click.echo(f"{size / 1e6:,.0f} MB, kernel {kernel}, medians of {rounds} rounds")
    for name in names:
        runs = found[name]
        ratios = [run.counting / other.counting for run, other in zip(runs, found[REFERENCE], strict=True)]
        click.echo(
            f"{name}: {median(run.seconds for run in runs):.2f} s, of which start-up "
            f"{median(run.startup for run in runs):.2f} s; without it {median(ratios):.2f} ({min(ratios):.2f} to "
            f"{max(ratios):.2f}) of {REFERENCE}; driver {max(run.memory for run in runs):.0f} MiB at most"
        )


if __name__ == "__main__":
    main()
