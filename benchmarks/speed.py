"""Measure what docs/laboratory.md tells, and draw the plot of docs/performance.md.

Usage: hatch run speed [--only SECTION,...] [--rows ROW,...] [--rounds N] [--corpora DIR] [--keep-huge] [--huge] [--json PATH]
       hatch run speed --plot FILE.svg [--short] [--figures FILE.json] [--rounds N] [--corpora DIR]

Texts and peers are made when they are first needed: this takes apt-get, a C compiler named ``cc``, and 5 GB for the
largest text, which is deleted afterwards. All programs of a section run in turn, in each of several rounds. Printed are
medians, with the lowest and the highest; then what was asked, what was found, and whether it holds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from attrs import asdict, evolve
from platformdirs import user_cache_dir

from anagram_plugin_numba import prepare
from speed_table import (
    checkpoint,
    distinct,
    elements,
    kernels,
    memory,
    observing,
    scaling,
    small_files,
    startup,
    whole_run,
    workers,
)
from speed_table.alternation import Section
from speed_table.bench import Bench
from speed_table.corpora import HUGE, Corpora
from speed_table.machine import describe_machine
from speed_table.peers import Peers
from speed_table.plot_figures import PlotFigures
from speed_table.plot_programs import measure_plot

SECTIONS: Mapping[str, Callable[[Bench], Section]] = {
    "kernels": kernels.measure,
    "whole-run": whole_run.measure_fast,
    "slow-peers": whole_run.measure_slow,
    "memory": memory.measure,
    "scaling": scaling.measure,
    "distinct": distinct.measure,
    "small-files": small_files.measure,
    "startup": startup.measure,
    "checkpoint": checkpoint.measure,
    "workers": workers.measure,
    "elements": elements.measure,
    "observing": observing.measure,
}

ROUNDS, PLOT_ROUNDS = 5, 3


def _names_of(what: str, known: Collection[str]) -> Callable[[str], Sequence[str]]:
    def names_in(text: str) -> Sequence[str]:
        names = text.split(",")
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"no {what} {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return names

    return names_in


def _picture(text: str) -> Path:
    path = Path(text)
    if path.suffix != ".svg":
        raise argparse.ArgumentTypeError(f"{text} does not end with .svg")
    return path


def make_parser() -> argparse.ArgumentParser:
    """Return what the command takes; a test reads the commands of the documents with it."""
    parser = argparse.ArgumentParser(prog="hatch run speed", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", type=_names_of("section", SECTIONS), metavar="SECTION,...")
    parser.add_argument(
        "--rows",
        type=_names_of("row", elements.ROWS),
        default=(),
        metavar="ROW,...",
        help=f"Rows of section elements: {', '.join(elements.ROWS)}.  [default: all]",
    )
    parser.add_argument("--rounds", type=int, help="[default: 5, and 3 for the plot]")
    parser.add_argument("--corpora", type=Path, metavar="DIR", default=user_cache_dir("pipeline-optimization-speed"))
    parser.add_argument("--keep-huge", action="store_true", help="Do not delete the text of 4.4 GB.")
    parser.add_argument("--huge", action="store_true", help="Run pipelines over 100 million lines as well.")
    parser.add_argument("--json", type=Path, metavar="PATH", help="Write the figures of all sections.")
    parser.add_argument(
        "--plot",
        type=_picture,
        metavar="FILE.svg",
        help="Draw time against size, and write the figures to FILE.json. Sections are measured only if --only names some.",
    )
    parser.add_argument("--short", action="store_true", help="Small sizes in the plot, for a look.")
    parser.add_argument(
        "--figures", type=Path, metavar="FILE.json", help="Draw the plot from these figures and measure nothing for it."
    )
    return parser


def _plot(bench: Bench, picture: Path, stored: Path | None, *, is_short: bool) -> None:
    """Draw time against size, and print the figures as docs/performance.md has them."""
    from speed_table.plot_picture import draw  # noqa: PLC0415 - a second, where it is asked for

    if stored is None:
        print("\nplot", flush=True)
        figures = measure_plot(bench, is_short=is_short)
        figures.write(picture.with_suffix(".json"))
    else:
        figures = PlotFigures.read(stored)
    draw(figures, picture)
    print(f"\n{figures.markdown()}", end="")


def _measure_sections(bench: Bench, names: Sequence[str], document: Path | None) -> None:
    prepare(print)
    found: dict[str, Section] = {}
    try:
        for name in names:
            print(f"\n{name}", flush=True)
            found[name] = section = SECTIONS[name](bench)
            for fact in section.facts:
                print(f"  {fact}")
            for bar in section.bars:
                print(f"  {bar}", flush=True)
    finally:
        if document is not None:
            sections = {name: asdict(section) for name, section in found.items()}
            text = json.dumps({**describe_machine(), "rounds": bench.rounds, "sections": sections}, indent=2)
            document.write_text(f"{text}\n", "utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = make_parser()
    given = parser.parse_args(arguments)
    if given.plot is None and (given.short or given.figures):
        parser.error("--short and --figures belong to --plot FILE.svg")
    if given.figures is not None and not given.figures.is_file():
        parser.error(f"there is no file {given.figures}")
    corpora = Corpora(Path(given.corpora))
    bench = Bench(
        corpora=corpora,
        peers=Peers(corpora.directory / "peers"),
        rounds=given.rounds or ROUNDS,
        rows=given.rows,
        is_huge=given.huge,
    )
    if names := given.only or ([] if given.plot else list(SECTIONS)):
        try:
            _measure_sections(bench, names, given.json)
        finally:
            if not given.keep_huge:
                corpora.drop(HUGE)
    if given.plot is not None:
        _plot(evolve(bench, rounds=given.rounds or PLOT_ROUNDS), given.plot, given.figures, is_short=given.short)


if __name__ == "__main__":
    main()
