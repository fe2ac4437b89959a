"""Measures what an item costs, and predicts runs of sizes that nobody here can run: docs/scaling.md explains both.

    hatch run dask:python benchmarks/scaling.py measure dask
    hatch run scaling

``measure`` runs empty attempts through an orchestrator, and times the merging of one real result. ``predict`` runs the
project's engine in virtual time on imagined workers, where the driver pays for each item what was measured.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from attrs import frozen

from pipeline_optimization.anagrams.plan import AnagramOptions, make_plan
from pipeline_optimization.anagrams.stages import COUNT_CHUNK, build_stages, decode_counted
from pipeline_optimization.builtin.retry_policies import ExponentialOptions, ExponentialPolicy
from pipeline_optimization.counting.totals import Totals
from pipeline_optimization.engine.clock import SystemClock
from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.loop import Engine
from pipeline_optimization.engine.virtual import Fate, VirtualOrchestrator
from pipeline_optimization.engine.work import Item, Retrying
from pipeline_optimization.engine.worker import Stage, WorkerSetup
from pipeline_optimization.registry import Registry
from pipeline_optimization.sources import RangeSizes
from pipeline_optimization.types import Attempt, Completion, Orchestrator

EMPTY = "empty"
ITEMS = 1000
MB, TB, PB = 1e6, 1e12, 1e15
SPEED = 60 * MB
"""Bytes a second of one worker, between the speeds of the two kernels: what docs/scaling.md assumes."""

ITEM_COST = {"multiprocess": 0.08e-3, "ray": 0.9e-3, "dask": 5.2e-3, "spark": 10.3e-3}
"""Seconds that one item costs the driver, by orchestrator: what ``measure`` printed for docs/scaling.md."""

MERGE_COST = 1.5e-3
"""Seconds that the driver takes to decode and add one result."""

CHUNK_BYTES = 4 << 20
"""The chunk size where none is given."""


class Flat:
    """So many items of one task, whose results cost nothing."""

    def __init__(self, number: int) -> None:
        self._number = number

    def items(self) -> Iterator[Item]:
        return (Item(id=str(number), task=EMPTY) for number in range(self._number))

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        return ()


def empty_stages(argument: object) -> Mapping[str, Stage]:
    """Build the stage that does nothing."""
    return {EMPTY: bytes}


class Priced(VirtualOrchestrator):
    """Imagined workers that take a range's time, give or take a fifth, and a driver that pays for each item."""

    def __init__(self, workers: int, sizes: Iterable[float], *, item: float, merge: float) -> None:
        super().__init__(workers, adversary=self)
        self._sizes, self._item, self._merge = iter(sizes), item, merge
        self._dice = random.Random(workers)  # noqa: S311 - a seeded imitation of chance

    def fates(self, attempt: Attempt, latency: float) -> Sequence[Fate]:
        return [Fate(next(self._sizes) / SPEED * self._dice.uniform(0.8, 1.2))]

    def submit(self, attempt: Attempt) -> None:
        self.clock.sleep(self._item)
        super().submit(attempt)

    def poll(self, timeout: float) -> Sequence[Completion]:
        completions = super().poll(timeout)
        for _ in completions:
            self.clock.sleep(self._merge)
        return completions


def drive(orchestrator: Orchestrator, items: int) -> list[float]:
    """Run so many empty items, and return when each ended."""
    ends: list[float] = []
    engine = Engine(
        orchestrator,
        Flat(items),
        Retrying(ExponentialPolicy(ExponentialOptions()), seed=0, case=""),
        clock=getattr(orchestrator, "clock", SystemClock()),
        emit=lambda event: ends.append(time.perf_counter()),
        run_id="scaling",
        limits=Limits(),
    )
    engine.run(WorkerSetup(build=empty_stages, argument=None, faults=FaultPlan()).to_bytes())
    if engine.stop is not None or engine.tally.failures:
        raise SystemExit(f"The items were not run: {engine.stop or engine.tally.failures_by_error}.")
    return ends


def measure(name: str) -> None:
    """Print what an empty item costs on an orchestrator with two workers, and what merging a real result costs."""
    paths = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)  # workers import empty_stages, too
    begin = time.perf_counter()
    ends = drive(Registry.load().orchestrator(name, {"workers": 2}).build(), ITEMS)
    whole = time.perf_counter() - begin
    counting = ends[-1] - ends[0]
    print(f"{name}: start and end {whole - counting:.1f} s, one item {counting / (ITEMS - 1) * 1000:.2f} ms")


def measure_merging(path: Path) -> None:
    """Print what decoding and adding the result of a chunk of a text costs."""
    plan = make_plan(Registry.load(), AnagramOptions(kernel="python"))
    result = build_stages(plan.job.stages)[COUNT_CHUNK](path.read_bytes()[: 4 << 20])
    totals = Totals()
    begin = time.perf_counter()
    for _ in range(100):
        for counts in decode_counted(result).chunks:
            totals.add(counts)
    print(f"merging a result of {len(result):,} bytes: {(time.perf_counter() - begin) * 10:.2f} ms")


@frozen
class Prediction:
    """Seconds that a run takes, and the share of them in which workers count."""

    seconds: float
    busy: float


def range_sizes(size: float) -> list[float]:
    """Return the bytes of the ranges that one file of so many bytes is cut into."""
    left = total = round(size / CHUNK_BYTES)
    next_size, sizes = RangeSizes(total=total), []
    while left > 0:
        blocks = min(left, next_size(left))
        sizes.append(float(blocks * CHUNK_BYTES))
        left -= blocks
    return sizes


def predict(name: str, workers: int, sizes: Sequence[float]) -> Prediction:
    """Predict a run in virtual time."""
    orchestrator = Priced(workers, sizes, item=ITEM_COST[name], merge=MERGE_COST)
    drive(orchestrator, len(sizes))
    seconds = orchestrator.clock.now()
    return Prediction(seconds, sum(sizes) / SPEED / workers / seconds)


def duration(seconds: float) -> str:
    """Return seconds as people say them."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


def print_predictions() -> None:
    """Print the table."""
    print("time of a run, and the share of it in which workers count\n")
    print(f"| orchestrator | size | ranges | {' | '.join(f'{10**n:,} workers' for n in range(1, 5))} |")
    print("|---|---|---|" + "---|" * 4)
    for label, size in (("1 TB", TB), ("1 PB", PB)):
        sizes = range_sizes(size)
        for name in ("ray", "dask", "spark"):
            cells = [predict(name, 10**n, sizes) for n in range(1, 5)]
            row = " | ".join(f"{duration(cell.seconds)} ({cell.busy:.0%})" for cell in cells)
            print(f"| {name} | {label} | {len(sizes):,} of up to {max(sizes) / (1 << 20):,.0f} MiB | {row} |")


def main(arguments: Sequence[str]) -> None:
    if arguments[:1] == ["measure"]:
        measure(arguments[1])
        if len(arguments) > 2:
            measure_merging(Path(arguments[2]))
    else:
        print_predictions()


if __name__ == "__main__":
    import scaling  # by the name under which workers can import empty_stages

    scaling.main(sys.argv[1:])
