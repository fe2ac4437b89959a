"""What a user would reach for instead, each counting every different word of a file.

Words are what white space separates, in lower case; punctuation stays part of a word, no anagrams are looked up, and
invalid UTF-8 is not told from other bytes: a little less than ``anagram run`` does. ``wc -w`` only counts all words.
All run in the locale C, which is the fastest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from speed_table.alternation import Program

__all__ = ["Peers", "compile_c", "printing", "run"]

MAWK = "{$0 = tolower($0); for (i = 1; i <= NF; i++) count[$i]++} END {for (w in count) n += count[w]; print n}"

COREUTILS = (
    "tr A-Z a-z < \"$0\" | tr -s ' \\t\\v\\f\\r' '\\n' | sort | uniq -c | mawk '{if (NF > 1) n += $1} END {print n}'"
)

POLARS = """
import sys
import polars as pl
lines = pl.scan_csv(sys.argv[1], has_header=False, separator="\\x01", quote_char=None, new_columns=["line"])
words = lines.select(pl.col("line").str.to_lowercase().str.split(" ").explode().alias("word"))
counts = words.filter(pl.col("word") != "").group_by("word").len().collect(engine="streaming")
print(counts["len"].sum())
"""


def run(command: list[str]) -> str:
    """Run a command in the locale C and return what it printed; raises SystemExit where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"}, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed with {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def compile_c(source: Path, program: Path) -> Path:
    subprocess.run(["cc", "-O3", "-march=native", "-pthread", "-w", "-o", program, source], check=True)
    return program


@frozen
class Peers:
    """The peers' programs, made in a directory when they are first needed; those that are not installed are left out."""

    directory: Path

    def fast(self, path: Path) -> Mapping[str, Program]:
        """Return the programs that count a file in seconds. Each tells how many words it found."""
        file = str(path)
        programs = {"wc -w": printing(["wc", "-w", file]), "C word counter": printing([str(self._c()), file])}
        if (python := self.environment("polars", "polars")) is not None:
            programs["polars"] = printing([str(python), "-c", POLARS, file])
        return programs

    def slow(self, path: Path) -> Mapping[str, Program]:
        """Return those that take longer."""
        file = str(path)
        if shutil.which("mawk") is None:
            return {}
        return {
            "mawk": printing(["mawk", MAWK, file]),
            "tr | sort | uniq -c": printing(["sh", "-c", COREUTILS, file]),
        }

    def _c(self) -> Path:
        self.directory.mkdir(parents=True, exist_ok=True)
        return compile_c(Path(__file__).with_name("word_count.c"), self.directory / "word_count")

    def environment(self, name: str, *packages: str) -> Path | None:
        """Return an interpreter that has packages, in an environment of its own; None where they cannot be installed."""
        home = self.directory / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
        python = home / "bin" / "python"
        if not python.exists():
            print(f"installing {name}", flush=True)
            venv.create(home, with_pip=True)
            done = subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=False)
            if done.returncode:
                shutil.rmtree(home)
                return None
        return python


def printing(command: list[str]) -> Program:
    """Return a program that runs a command, and finds the number that it prints first."""

    def program() -> tuple[float | None, object]:
        return None, int(float(run(command).split()[0]))

    return program
