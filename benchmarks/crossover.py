"""Finds from what size of text on a cluster's two workers beat one process, start-up included.

    hatch run dask:crossover book.txt    # ray: and spark: alike

Both count texts, made of the file over and over, in turn. Sizes double until the cluster's median is the lower one; where
the line between the last two differences is zero, they take equally long.
"""

from __future__ import annotations

import tempfile
from itertools import repeat
from pathlib import Path
from statistics import median

import click

from pipeline_optimization import Registry
from side_by_side import CLUSTERS, run_once

ALONE = "sequential"
MB = 1e6


@click.command(help=__doc__)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kernel", default="python", show_default=True)
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1))
@click.option("--smallest", default=50, show_default=True, type=click.IntRange(1), help="MB to begin with")
@click.option("--largest", default=2000, show_default=True, type=click.IntRange(1), help="MB to give up at")
def main(file: Path, kernel: str, rounds: int, smallest: int, largest: int) -> None:
    if not file.stat().st_size:
        raise click.BadParameter(f"{str(file)!r} is empty: name a text to make larger ones of.")
    cluster = next((name for name in Registry.load().names("orchestrator") if name in CLUSTERS), None)
    if cluster is None:
        raise SystemExit("No cluster is installed here. Run it with: hatch run dask:crossover FILE (or ray:, spark:)")
    size, before, more = smallest, 0, 0.0
    while size <= largest:
        seconds = _medians(file, size, (ALONE, cluster), kernel, rounds)
        click.echo(f"{size:,} MB: {ALONE} {seconds[ALONE]:.2f} s, {cluster} {seconds[cluster]:.2f} s")
        less = seconds[ALONE] - seconds[cluster]
        if less >= 0:
            if not before:
                raise SystemExit(f"{cluster} is faster already: begin with less than --smallest {smallest}.")
            where = before + (size - before) * more / (more + less)
            click.echo(
                f"{cluster} with two workers beats one process from {where:,.0f} MB on, with the kernel {kernel}"
            )
            return
        size, before, more = 2 * size, size, -less
    raise SystemExit(f"{cluster} is not faster up to {before:,} MB. Try more: --largest.")


def _medians(file: Path, size: int, names: tuple[str, ...], kernel: str, rounds: int) -> dict[str, float]:
    """Return each orchestrator's seconds for a text of so many MB, after a first round that fills caches."""
    expected: dict[str, object] = {}
    with tempfile.NamedTemporaryFile(suffix=".txt") as text:
        part = file.read_bytes()
        times, rest = divmod(round(size * MB), len(part))
        text.writelines(repeat(part, times))
        text.write(part[:rest])
        text.flush()
        found = [
            {name: run_once(name, [text.name], ["--kernel", kernel], expected).seconds for name in names}
            for _ in range(rounds + 1)
        ]
    return {name: median(seconds[name] for seconds in found[1:]) for name in names}


if __name__ == "__main__":
    main()
