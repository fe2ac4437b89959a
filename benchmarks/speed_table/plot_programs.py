"""Measures ``hatch run speed --plot``: pipelines of this project, and what users would write or take instead, on growing files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from attrs import frozen

from speed_table.alternation import Program, Timing, alternate
from speed_table.bench import Bench
from speed_table.corpora import Corpora
from speed_table.element_commands import (
    ProgramOn,
    export_modules,
    hand_written,
    our_command,
    peers_python,
    runnable,
    word_counters,
)
from speed_table.element_programs import COUNTING_LOOP, FUTURES, JOBLIB, LOOP, MPIRE
from speed_table.machine import describe_machine
from speed_table.peers import printing
from speed_table.plot_figures import ORCHESTRATORS, WORKS, PlotFigures

__all__ = ["PROGRAMS", "WorkPrograms", "measure_plot"]

PATIENCE = 10.0
"""Seconds. A program that takes longer at one size is not run at larger ones."""

CHUNK = 5_000
"""Lines that ``concurrent.futures`` hands out at once. The row ``sum`` of section ``elements`` looks for the best number."""


@frozen(kw_only=True)
class WorkPrograms:
    """The programs of one work, and the sizes on which they are run."""

    sizes: Sequence[int]
    short: Sequence[int]
    """Sizes for a look."""
    file: Callable[[Corpora, int], Path]
    others: Callable[[Bench], Mapping[str, ProgramOn]]
    """Returns the programs that are not of this project."""


def _adders(bench: Bench) -> Mapping[str, ProgramOn]:
    programs: dict[str, ProgramOn] = {
        "for loop": partial(hand_written, LOOP),
        "concurrent.futures": lambda path: hand_written(FUTURES, path, CHUNK),
    }
    if (python := peers_python(bench)) is not None:
        programs |= {
            "joblib": partial(hand_written, JOBLIB, python=python),
            "mpire": partial(hand_written, MPIRE, python=python),
        }
    return programs


def _counters(bench: Bench) -> Mapping[str, ProgramOn]:
    return {"for loop": partial(hand_written, COUNTING_LOOP), **word_counters(bench)}


PROGRAMS: Mapping[str, WorkPrograms] = {
    "sum": WorkPrograms(
        sizes=(10_000, 100_000, 1_000_000, 10_000_000),
        short=(1_000, 10_000, 100_000),
        file=Corpora.numbers,
        others=_adders,
    ),
    "words": WorkPrograms(
        sizes=(440_000, 4_400_000, 44_000_000),
        short=(44_000, 440_000, 4_400_000),
        file=Corpora.beginning_of_kjv,
        others=_counters,
    ),
}
"""By the name of their work."""


def measure_plot(bench: Bench, *, is_short: bool = False) -> PlotFigures:
    """Run all programs of each work in turn, on one size after the other."""
    machine = describe_machine()
    export_modules()
    timings = [timing for work in PROGRAMS for timing in _timings(work, bench, is_short=is_short)]
    return PlotFigures(machine=machine, rounds=bench.rounds, timings=timings)


def _timings(work: str, bench: Bench, *, is_short: bool) -> Iterator[Timing]:
    known = PROGRAMS[work]
    sizes = known.short if is_short else known.sizes
    files = {size: known.file(bench.corpora, size) for size in sizes}
    ours: dict[str, ProgramOn] = {name: partial(_ours, work, name) for name in ORCHESTRATORS}
    programs = runnable({**ours, **known.others(bench)}, files[sizes[0]])  # this warms up as well
    for size, path in files.items():
        path.read_bytes()  # from now on it is in memory, for the first program as for the others
        ready = {name: program_on(path) for name, program_on in programs.items()}
        found = alternate(work, path.name, size, ready, bench.rounds, warms_up=False)
        for timing in found.values():
            print(f"  {WORKS[work].size_text(size)}: {timing.program}: {timing.median:.2f} s", flush=True)
            yield timing
        programs = {name: program_on for name, program_on in programs.items() if found[name].median <= PATIENCE}


def _ours(work: str, orchestrator: str, path: Path) -> Program:
    return printing(our_command(work, str(path), orchestrator))
