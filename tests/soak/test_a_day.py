"""A day in ten minutes: thousands of runs in one process, which must not grow."""

from __future__ import annotations

import gc
import os
import threading

import psutil
import pytest
from attrs import frozen

from pipeline_optimization import Registry, count_anagrams
from soak_rounds import Bar

pytestmark = pytest.mark.soak

RUNS = 10_000
SHARES = [("multiprocess", 200), ("threaded", 20), ("asyncio", 5), ("sequential", 1)]
"""Every 200th run is multiprocess, of the others every 20th threaded, and so on."""

TEXTS = ["cat", "The cat's act: stop, spot, post! Tea-pot 3 dogs", "", "listen " * 50]
MIB = 1 << 20


@frozen
class Size:
    """What a process holds."""

    memory: int
    threads: int
    descriptors: int
    children: int

    @classmethod
    def now(cls) -> Size:
        gc.collect()
        process = psutil.Process()
        return cls(
            process.memory_info().rss,
            threading.active_count(),
            len(os.listdir("/proc/self/fd")),
            len(process.children()),
        )


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_ten_thousand_runs(bar: Bar) -> None:
    """After the first tenth nothing grows: neither memory nor threads, descriptors or child processes."""
    registry, runs = Registry.load(), bar(RUNS)
    before: Size | None = None
    for number in range(runs):
        name = next(name for name, every in SHARES if number % every == 0)
        options = {"workers": 2} if name in {"threaded", "multiprocess"} else {}
        faults = {"faults": "exercise", "latency_scale": 0.0, "seed": number} if number % 3 == 0 else {}
        report = count_anagrams(
            TEXTS[number % len(TEXTS)],
            orchestrator=name,
            orchestrator_options=options,
            retry_options={"base": 0.0, "attempts": 40},
            chunk_size=16,
            registry=registry,
            **faults,  # type: ignore[arg-type]
        )
        assert report.is_complete
        if number == runs // 10:
            before = Size.now()
    after = Size.now()
    assert before is not None
    print(f"after {runs // 10} runs: {before}; after {runs}: {after}")
    assert (after.threads, after.descriptors, after.children) == (before.threads, before.descriptors, before.children)
    assert after.memory - before.memory < 8 * MIB
