"""Measure what docs/performance.md tells: kernels, whole runs and their peers, memory, growth.

Usage: hatch run speed [--only SECTION,...] [--rows ROW,...] [--rounds N] [--corpora DIR] [--keep-huge] [--huge] [--json PATH]

Texts and peers are made when they are first needed: this takes apt-get, a C compiler named ``cc``, and 5 GB for the
largest text, which is deleted afterwards. All programs of a section run in turn, in each of several rounds. Printed are
medians, with the lowest and the highest; then what was asked, what was found, and whether it holds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from attrs import asdict
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
from speed_table.peers import Peers

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


def _names_of(what: str, known: Collection[str]) -> Callable[[str], Sequence[str]]:
    def names_in(text: str) -> Sequence[str]:
        names = text.split(",")
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"no {what} {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return names

    return names_in


def _machine() -> Mapping[str, object]:
    return {
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", type=_names_of("section", SECTIONS), default=list(SECTIONS), metavar="SECTION,...")
    parser.add_argument(
        "--rows",
        type=_names_of("row", elements.ROWS),
        default=(),
        metavar="ROW,...",
        help=f"Rows of section elements: {', '.join(elements.ROWS)}.  [default: all]",
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--corpora", type=Path, metavar="DIR", default=user_cache_dir("pipeline-optimization-speed"))
    parser.add_argument("--keep-huge", action="store_true", help="Do not delete the text of 4.4 GB.")
    parser.add_argument("--huge", action="store_true", help="Run pipelines over 100 million lines as well.")
    parser.add_argument("--json", type=Path, metavar="PATH")
    arguments = parser.parse_args()
    prepare(print)
    corpora = Corpora(Path(arguments.corpora))
    bench = Bench(
        corpora=corpora,
        peers=Peers(corpora.directory / "peers"),
        rounds=arguments.rounds,
        rows=arguments.rows,
        is_huge=arguments.huge,
    )
    found: dict[str, Section] = {}
    try:
        for name in arguments.only:
            print(f"\n{name}", flush=True)
            found[name] = section = SECTIONS[name](bench)
            for fact in section.facts:
                print(f"  {fact}")
            for bar in section.bars:
                print(f"  {bar}", flush=True)
    finally:
        if not arguments.keep_huge:
            corpora.drop(HUGE)
        if arguments.json is not None:
            facts = {**_machine(), "rounds": arguments.rounds}
            document = {**facts, "sections": {name: asdict(section) for name, section in found.items()}}
            arguments.json.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
