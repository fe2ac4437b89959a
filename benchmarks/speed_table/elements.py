"""Section ``elements``: pipelines of users' functions, whole programs, against what they would write by hand or take instead."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from statistics import median

from speed_table.alternation import Bar, Program, Section, Timing, alternate, ratio_of
from speed_table.bench import Bench
from speed_table.corpora import LARGE
from speed_table.element_commands import (
    export_modules,
    hand_written,
    our_command,
    peers_python,
    runnable,
    word_counters,
)
from speed_table.element_programs import BEST_SCHEDULE, FLOOR, FUTURES, JOBLIB, LOOP, MPIRE, THREADS
from speed_table.element_work import NAP
from speed_table.peers import printing, run

__all__ = ["ROWS", "measure"]

NAME = "elements"
LINES = 1_000_000
VALUES = 200_000
MIXED = 100_000
FEW = 320
CHUNK_SIZES = (500, 2_000, 10_000, 50_000)
SEQUENTIAL, PROCESSES = "sequential", "multiprocess"

AT_ONCE = 1000
"""How many attempts ``asyncio`` has at once by default."""

SLOW_ROUNDS = 3
"""Rounds of programs that take minutes."""


def measure(bench: Bench) -> Section:
    export_modules()
    return _joined(*(_told(name, row, bench) for name, row in ROWS.items() if not bench.rows or name in bench.rows))


def _told(name: str, row: Callable[[Bench], Section], bench: Bench) -> Section:
    """Measure a row, and print its bars as soon as they are known: all rows take half an hour."""
    start = time.perf_counter()
    section = row(bench)
    print(f"  row {name}, measured in {time.perf_counter() - start:.0f} s", flush=True)
    for bar in section.bars:
        print(f"    {bar}", flush=True)
    return section


def _joined(*sections: Section) -> Section:
    return Section(
        timings=[timing for section in sections for timing in section.timings],
        facts=[fact for section in sections for fact in section.facts],
        bars=[bar for section in sections for bar in section.bars],
    )


def _faster(what: str, programs: Mapping[str, Program]) -> Mapping[str, tuple[str, float]]:
    """Return the claims that ours takes less time than each of the others."""
    return {name: (f"{PROCESSES}, {what}: less time than {name}", 0.999) for name in programs if name != "ours"}


def _compared(
    source: str, size: int, programs: Mapping[str, Program], rounds: int, bars: Mapping[str, tuple[str, float]]
) -> Section:
    """Time programs in turn, the first of which is ours. ``bars`` has for others what is claimed of our time as a share of theirs."""
    found = alternate(NAME, source, size, programs, rounds)
    ours = next(iter(found.values()))
    results = []
    for name, (claim, most) in bars.items():
        ratio = ratio_of(ours, found[name])
        results.append(Bar(section=NAME, claim=claim, found=str(ratio), holds=ratio.median <= most))
    return Section(timings=list(found.values()), facts=_facts(found), bars=results)


def _facts(found: Mapping[str, Timing]) -> list[str]:
    return [
        f"{one.input}: {name}: {one.median:.2f} s ({min(one.seconds):.2f} to {max(one.seconds):.2f})"
        for name, one in found.items()
    ]


def _sum_in_processes(bench: Bench) -> Section:
    path = bench.corpora.numbers(LINES)
    by_size = {f"concurrent.futures, chunks of {size:,}": hand_written(FUTURES, path, size) for size in CHUNK_SIZES}
    tried = alternate(NAME, path.name, LINES, by_size, 2)
    best = min(tried, key=lambda name: tried[name].median)
    ours = printing(our_command("sum", str(path), PROCESSES))
    rounds = max(9, bench.rounds)
    claim = f"{PROCESSES}, a million lines: at most 1.0 of the time of {best}, its best size"
    section = _compared(
        f"{path.name}, {PROCESSES}", LINES, {"ours": ours, best: by_size[best]}, rounds, {best: (claim, 1.0)}
    )
    peers = {"ours": ours}
    if (python := peers_python(bench)) is not None:
        peers |= {
            "joblib": hand_written(JOBLIB, path, python=python),
            "mpire": hand_written(MPIRE, path, python=python),
        }
    claims = _faster("a million lines", peers)
    return _joined(section, _compared(f"{path.name}, {PROCESSES}, peers", LINES, peers, SLOW_ROUNDS, claims))


def _sum_in_a_loop(bench: Bench) -> Section:
    path = bench.corpora.numbers(LINES)
    programs = {"ours": printing(our_command("sum", str(path), SEQUENTIAL)), "a for loop": hand_written(LOOP, path)}
    claim = f"{SEQUENTIAL}, a million lines: at most 1.5 of the time of a for loop"
    return _compared(f"{path.name}, {SEQUENTIAL}", LINES, programs, max(9, bench.rounds), {"a for loop": (claim, 1.5)})


def _each_element(bench: Bench) -> Section:
    """Time few elements and many: the difference is what an element costs, its function included."""
    few, many = bench.corpora.numbers(1), bench.corpora.numbers(LINES)
    timings: list[Timing] = []
    bars: list[Bar] = []
    for orchestrator, most in ((SEQUENTIAL, 3.0), (PROCESSES, 5.0)):
        programs: dict[str, Program] = {}
        for what, inputs in (("sum", (str(few), str(many))), ("same", ("1", str(VALUES)))):
            for size, given in zip(("one", "many"), inputs, strict=True):
                program = printing(our_command(what, given, orchestrator))
                programs[f"{what}, {size}"] = partial(_unchecked, program)
        found = alternate(NAME, f"an element, {orchestrator}", 1, programs, bench.rounds)
        timings += found.values()
        for what, kind, number in (("sum", "a line", LINES), ("same", "a value", VALUES)):
            pairs = zip(found[f"{what}, many"].seconds, found[f"{what}, one"].seconds, strict=True)
            each = [(with_many - with_one) / number * 1e6 for with_many, with_one in pairs]
            claim = f"{orchestrator}, {kind} and its trivial function: at most {most:g} microseconds"
            text = f"{median(each):.2f} ({min(each):.2f} to {max(each):.2f})"
            bars.append(Bar(section=NAME, claim=claim, found=text, holds=median(each) <= most))
    return Section(timings=timings, bars=bars)


def _unchecked(program: Program) -> tuple[float | None, object]:
    seconds, _ = program()
    return seconds, None


def _waits(bench: Bench) -> Section:
    programs = {
        "ours": printing(our_command("wait", "10000", "asyncio")),
        "by hand": hand_written(FLOOR, 10_000, AT_ONCE),
    }
    claim = f"asyncio, 10,000 waits of 50 ms: at most 1.15 of {AT_ONCE:,} at once by hand"
    return _compared("waits, asyncio", 10_000, programs, bench.rounds, {"by hand": (claim, 1.15)})


def _few(bench: Bench) -> Section:
    programs = {
        "ours": printing(our_command("nap", str(FEW), "threaded")),
        "by hand": hand_written(THREADS, FEW, NAP),
    }
    claim = f"threaded, {FEW} calls of {NAP} s in 32 threads: at most 1.15 of a pool of threads by hand"
    return _compared("few slow calls", FEW, programs, bench.rounds, {"by hand": (claim, 1.15)})


def _computing(bench: Bench) -> Section:
    times = _blocks_in(0.02)
    programs = {
        "ours": printing(our_command("compute", f"1000x{times}", PROCESSES)),
        "halves by hand": hand_written(BEST_SCHEDULE, "compute", 1000, times),
    }
    claim = f"{PROCESSES}, 1,000 elements of 20 ms: at most 1.05 of two halves by hand"
    return _compared(
        f"20 ms, {PROCESSES}", 1000, programs, min(SLOW_ROUNDS, bench.rounds), {"halves by hand": (claim, 1.05)}
    )


def _mixed(bench: Bench) -> Section:
    programs = {
        "ours": printing(our_command("mixed", str(MIXED), PROCESSES)),
        "halves by hand": hand_written(BEST_SCHEDULE, "mixed", MIXED, 0),
    }
    claim = f"{PROCESSES}, every hundredth takes a thousand times as long: at most 1.15 of two halves by hand"
    return _compared(
        f"mixed, {PROCESSES}", MIXED, programs, min(SLOW_ROUNDS, bench.rounds), {"halves by hand": (claim, 1.15)}
    )


def _blocks_in(seconds: float) -> int:
    """Return for how many blocks ``compute`` takes that long, now and here."""
    code = (
        "import time; from speed_table.element_work import compute; compute(100); a = time.process_time(); compute(2000); "
        "print(time.process_time() - a)"
    )
    return round(2000 * seconds / float(run([sys.executable, "-c", code])))


def _checkpoint(bench: Bench) -> Section:
    path = bench.corpora.numbers(10 * LINES)
    with tempfile.TemporaryDirectory() as directory:
        kept = Path(directory, "run.checkpoint")
        anew = printing(our_command("sum", str(path), PROCESSES, str(kept)))

        def with_checkpoint() -> tuple[float | None, object]:
            kept.unlink(missing_ok=True)
            return anew()

        programs = {"with a checkpoint": with_checkpoint, "without": printing(our_command("sum", str(path), PROCESSES))}
        claim = f"{PROCESSES}, ten million lines: a checkpoint makes it at most 1.03 of the time"
        rounds = max(9, bench.rounds)
        return _compared(f"{path.name}, {PROCESSES}", 10 * LINES, programs, rounds, {"without": (claim, 1.03)})


def _memory(bench: Bench) -> Section:
    peaks = {}
    for times in (1, 10, *([100] if bench.is_huge else [])):
        path = bench.corpora.numbers(times * LINES)
        peaks[times] = float(run(our_command("sum", str(path), PROCESSES)).split()[1])
    facts = [f"the driver's memory, {times} million lines: {peak:.0f} MiB" for times, peak in peaks.items()]
    most, growth = max(peaks.values()), max(peaks.values()) / peaks[1]
    return Section(
        facts=facts,
        bars=[
            Bar(section=NAME, claim="the driver stays below 250 MiB", found=f"{most:.0f} MiB", holds=most < 250),
            Bar(
                section=NAME,
                claim=f"its memory is flat up to {max(peaks)} million lines, within 10 %",
                found=f"{growth:.2f}",
                holds=growth <= 1.1,
            ),
        ],
    )


def _word_count(bench: Bench) -> Section:
    path = bench.corpora.repeated_kjv(LARGE)
    others = runnable(word_counters(bench), bench.corpora.numbers(1))
    programs = {
        "ours": printing(our_command("words", str(path), PROCESSES)),
        **{name: program_on(path) for name, program_on in others.items()},
    }
    claims = _faster("word count over 440 MB", programs)
    return _compared(path.name, path.stat().st_size, programs, min(SLOW_ROUNDS, bench.rounds), claims)


ROWS: Mapping[str, Callable[[Bench], Section]] = {
    "sum": _sum_in_processes,
    "loop": _sum_in_a_loop,
    "each": _each_element,
    "waits": _waits,
    "few": _few,
    "computing": _computing,
    "mixed": _mixed,
    "checkpoint": _checkpoint,
    "memory": _memory,
    "words": _word_count,
}
