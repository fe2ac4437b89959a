"""The programs of section ``elements`` as commands: pipelines of this project, and the texts that others would write."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from speed_table.alternation import Program
from speed_table.bench import Bench
from speed_table.element_programs import WORD_COUNTS
from speed_table.peers import printing

__all__ = [
    "ProgramOn",
    "export_modules",
    "hand_written",
    "our_command",
    "peers_python",
    "runnable",
    "word_counters",
]

HERE = Path(__file__).parent

ProgramOn = Callable[[Path], Program]
"""Returns a program that works on a file."""


def export_modules() -> None:
    """Let programs that are started from now on import ``speed_table``."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])


def our_command(pipeline: str, given: str, orchestrator: str, *checkpoint: str) -> list[str]:
    """Return the command that runs a pipeline of ``element_functions`` or ``element_work``; ``given`` is its input as ``element_run`` takes it."""
    return [sys.executable, str(HERE / "element_run.py"), pipeline, given, orchestrator, *checkpoint]


def hand_written(text: str, *arguments: object, python: str | Path = sys.executable) -> Program:
    """Return a program of ``element_programs``, run by an interpreter that has what it imports."""
    return printing([str(python), "-c", text, *map(str, arguments)])


def peers_python(bench: Bench) -> Path | None:
    """Return the interpreter that has joblib, mpire, dask.bag and streamable; None where they cannot be installed."""
    return bench.peers.environment("elements", "joblib", "mpire", "dask[bag]", "streamable")


def word_counters(bench: Bench) -> Mapping[str, ProgramOn]:
    """Return the word counts of those peers that are installed, or can be."""
    pythons = dict.fromkeys(WORD_COUNTS, peers_python(bench)) | {
        "Prefect": bench.peers.environment("prefect", "prefect")
    }
    return {
        name: partial(hand_written, text, python=python)
        for name, text in WORD_COUNTS.items()
        if (python := pythons[name]) is not None
    }


def runnable(programs: Mapping[str, ProgramOn], small: Path) -> Mapping[str, ProgramOn]:
    """Run each on a small file, and leave out those that fail, such as Prefect if its server does not start in time."""
    good = {}
    for name, program_on in programs.items():
        try:
            program_on(small)()
        except SystemExit as error:
            print(f"{name} is left out: {error}", flush=True)
        else:
            good[name] = program_on
    return good
