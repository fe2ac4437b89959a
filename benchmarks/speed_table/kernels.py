"""Section ``kernels``: the counting kernels against the reference, with text in memory and the kernel loaded.

Each round runs every program once over chunks cut at white space, as large as a run's: 4 MiB, or 1 MiB for threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from anagram_plugin_numba.kernel import NumbaKernel
from pipeline_optimization.anagrams.range_counting import PIECE
from pipeline_optimization.builtin.lexicons import GcideLexicon
from pipeline_optimization.builtin.signatures import letters_signature
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.counting.index import AnagramIndex
from pipeline_optimization.counting.index_cache import open_index
from pipeline_optimization.counting.kernel import ExerciseKernel
from pipeline_optimization.sources import FileSource, read_chunks
from pipeline_optimization.types import CountingKernel
from speed_table.alternation import Bar, Program, Section, Timing, alternate, ratio_of
from speed_table.bench import Bench
from speed_table.reference import Reference

__all__ = ["chunks_of", "counting_chunks", "gcide_index", "measure"]

CHUNK = 4 << 20
NAME = "kernels"
REFERENCE, COMPILED, PURE = "reference in C, 1 thread", "numba, 1 thread", "python"
TWO_THREADS = "numba, 2 threads"


def gcide_index() -> AnagramIndex:
    return open_index(GcideLexicon(), letters_signature, lexicon_name="gcide", signature_name="letters")


class _InTurn:
    """Chunks that several threads take in turn."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with self._lock:
            return next(self._chunks)


def counting_chunks(kernel: CountingKernel, chunks: Sequence[bytes], threads: int) -> Program:
    """Return a program that counts chunks in threads that share a kernel and add up what they take, as in a run."""

    def program() -> tuple[float | None, object]:
        with ThreadPoolExecutor(threads) as pool:
            start = time.perf_counter()
            in_turn = _InTurn(chunks)
            shares = [pool.submit(lambda: list(kernel.count_all(in_turn))) for _ in range(threads)]
            found = [counts for share in shares for counts in share.result()]
            seconds = time.perf_counter() - start
        return seconds, sum(sum(counts.occurrences) for counts in found)

    return program


def chunks_of(path: Path, size: int) -> Sequence[bytes]:
    """Return a file's text in chunks that end at white space."""
    return [chunk.data for chunk in read_chunks(FileSource(path), size)]


def measure(bench: Bench) -> Section:
    index = gcide_index()
    bench.peers.directory.mkdir(parents=True, exist_ok=True)
    reference = Reference(index, bench.peers.directory)
    timings: list[Timing] = []
    facts, bars = [], []
    for path in (bench.corpora.gcide(), bench.corpora.kjv10()):
        pieces, chunks = chunks_of(path, PIECE), chunks_of(path, CHUNK)
        # Kernels remember words, so each file has its own, as in a run. The pure one remembers their groups too, so each round has one.
        compiled = NumbaKernel(index)

        def pure(chunks: Sequence[bytes] = chunks) -> tuple[float | None, object]:
            return counting_chunks(ExerciseKernel(index, ExerciseTokenizer()), chunks, 1)()

        programs = {
            REFERENCE: reference.counting(path, 1),
            "reference in C, 2 threads": reference.counting(path, 2),
            COMPILED: counting_chunks(compiled, pieces, 1),
            TWO_THREADS: counting_chunks(compiled, pieces, 2),
            PURE: pure,
        }
        found = alternate(NAME, path.name, path.stat().st_size, programs, bench.rounds)
        timings += found.values()
        for program, timing in found.items():
            ratio = ratio_of(found[REFERENCE], timing)
            facts.append(f"{path.name}: {program}: {timing.speed:.0f} MB/s, {ratio} of the reference")
        for program, least in ((COMPILED, 1.4), (PURE, 0.15)):
            ratio = ratio_of(found[REFERENCE], found[program])
            claim = f"{program} on {path.name} is at least {least} of the reference"
            bars.append(Bar(section=NAME, claim=claim, found=str(ratio), holds=ratio.median >= least))
        ratio = ratio_of(found[COMPILED], found[TWO_THREADS])
        claim = f"two threads on {path.name} are at least 1.8 times as fast as one"
        bars.append(Bar(section=NAME, claim=claim, found=str(ratio), holds=ratio.median >= 1.8))
    return Section(timings=timings, facts=facts, bars=bars)
