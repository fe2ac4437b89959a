"""Measure the counting kernels against a program in C, in alternation, so that a busy machine is busy for all of them.

Usage: hatch run speed FILE... [--rounds N] [--json PATH]

Each round runs every program once over each file, in 4 MiB chunks cut at white space, with the file in memory and the
kernel loaded. Printed are medians of megabytes (10**6) a second, and medians of the rounds' ratios to the reference
(one thread) with the lowest and the highest. Needs a C compiler named ``cc`` and anagram-plugin-numba.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import numpy as np
from attrs import asdict, frozen

from anagram_plugin_numba import prepare
from anagram_plugin_numba.kernel import NumbaKernel
from pipeline_optimization.builtin.lexicons import GcideLexicon
from pipeline_optimization.builtin.signatures import letters_signature
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.counting.index import AnagramIndex
from pipeline_optimization.counting.index_cache import open_index
from pipeline_optimization.counting.kernel import ExerciseKernel
from pipeline_optimization.sources import FileSource, read_chunks
from pipeline_optimization.types import CountingKernel

CHUNK = 4 << 20
MASK = (1 << 64) - 1
MIX_LOW, MIX_HIGH = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
REFERENCE = "reference in C, 1 thread"


@frozen
class Speed:
    """One program on one file: megabytes a second and ratios to the reference, over all rounds."""

    file: str
    program: str
    median: float
    slowest: float
    fastest: float
    ratio: float
    lowest_ratio: float
    highest_ratio: float


Program = Callable[[], tuple[float, int]]
"""Counts a file once; returns the seconds and how many tokens have an anagram in the lexicon."""


def build_reference(index: AnagramIndex, directory: Path) -> Path:
    """Compile the reference and write the lexicon as the table that it reads."""
    words = [index.words_of(group)[0] for group in range(len(index))]
    slots = 1 << (4 * len(words)).bit_length()
    shift = 64 - (slots.bit_length() - 1)
    table = np.zeros(slots, dtype=[("low", "<u8"), ("high", "<u8"), ("length", "<u4"), ("group", "<i4")])
    table["group"] = -1
    for group, word in enumerate(words):
        low = high = 0
        for letter in word.encode("ascii"):
            half, place = divmod(letter - ord("a"), 13)
            low += (1 - half) << 4 * place
            high += half << 4 * place
        slot = (((low * MIX_LOW ^ high * MIX_HIGH) & MASK) * MIX_LOW & MASK) >> shift
        while table["group"][slot] >= 0:
            slot = (slot + 1) % slots
        table[slot] = (low, high, len(word), group)
    head = np.array([slots, shift, len(words)], dtype="<u8")
    (directory / "table").write_bytes(head.tobytes() + table.tobytes())
    source = Path(__file__).with_name("reference.c")
    program = directory / "reference"
    subprocess.run(["cc", "-O3", "-march=native", "-pthread", "-w", "-o", program, source], check=True)
    return program


def reference(program: Path, path: Path, threads: int) -> Program:
    def run() -> tuple[float, int]:
        command = [str(program), str(program.with_name("table")), str(path), str(threads)]
        words = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        return float(words[0]), int(words[words.index("total") + 1])

    return run


def counting(kernel: CountingKernel, chunks: Sequence[bytes], threads: int) -> Program:
    def run() -> tuple[float, int]:
        with ThreadPoolExecutor(threads) as pool:
            start = time.perf_counter()
            found = list(pool.map(kernel.count, chunks))
            seconds = time.perf_counter() - start
        return seconds, sum(sum(counts.occurrences) for counts in found)

    return run


def measure(path: Path, programs: Mapping[str, Program], rounds: int) -> list[Speed]:
    """Run all programs in turn; the first round only warms up. Raises SystemExit where their totals differ."""
    size = path.stat().st_size / 1e6
    speeds: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(rounds + 1):
        totals = set()
        for name, program in programs.items():
            seconds, total = program()
            totals.add(total)
            if number:
                speeds[name].append(size / seconds)
        if len(totals) > 1:
            raise SystemExit(f"The totals of {path.name} differ: {sorted(totals)}.")
    found = []
    for name, values in speeds.items():
        ratios = [value / base for value, base in zip(values, speeds[REFERENCE], strict=True)]
        found.append(
            Speed(path.name, name, median(values), min(values), max(values), median(ratios), min(ratios), max(ratios))
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, metavar="PATH")
    arguments = parser.parse_args()
    index = open_index(GcideLexicon(), letters_signature, lexicon_name="gcide", signature_name="letters")
    prepare(print)
    speeds = []
    print(f"{'file':16}{'program':28}{'MB/s':>6}  {'(range)':14}{'of the reference':>17}  (range)")
    with tempfile.TemporaryDirectory() as directory:
        program = build_reference(index, Path(directory))
        for path in arguments.files:
            chunks = [chunk.data for chunk in read_chunks(FileSource(path), CHUNK)]
            # Kernels remember words, so each file has its own, as in a run.
            pure, compiled = ExerciseKernel(index, ExerciseTokenizer()), NumbaKernel(index)
            programs = {
                REFERENCE: reference(program, path, 1),
                "reference in C, 2 threads": reference(program, path, 2),
                "numba, 1 thread": counting(compiled, chunks, 1),
                "numba, 2 threads": counting(compiled, chunks, 2),
                "python": counting(pure, chunks, 1),
            }
            for speed in measure(path, programs, arguments.rounds):
                speeds.append(speed)
                print(
                    f"{speed.file:16}{speed.program:28}{speed.median:6.0f}  "
                    f"{f'({speed.slowest:.0f}-{speed.fastest:.0f})':14}{speed.ratio:17.2f}  "
                    f"({speed.lowest_ratio:.2f}-{speed.highest_ratio:.2f})",
                    flush=True,
                )
    if arguments.json is not None:
        facts = {"machine": platform.machine(), "python": sys.version.split()[0], "rounds": arguments.rounds}
        arguments.json.write_text(json.dumps({**facts, "speeds": [asdict(s) for s in speeds]}, indent=2) + "\n")


if __name__ == "__main__":
    main()
