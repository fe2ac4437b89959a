"""What users would write instead of a pipeline, and the best schedules that can be written by hand. Each prints its result.

All use two processes. Texts are cut into lists of lines by hand where that is faster.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["BEST_SCHEDULE", "COUNTING_LOOP", "FLOOR", "FUTURES", "JOBLIB", "LOOP", "MPIRE", "THREADS", "WORD_COUNTS"]

LOOP = """
import sys
total = 0
with open(sys.argv[1], encoding="utf-8") as lines:
    for line in lines:
        total += int(line)
print(total)
"""

FUTURES = """
import sys
from concurrent.futures import ProcessPoolExecutor
if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as lines, ProcessPoolExecutor(2) as pool:
        print(sum(pool.map(int, lines, chunksize=int(sys.argv[2]))))
"""

_PIECES = """
import sys
from itertools import islice
def pieces(path, lines=20_000):
    with open(path, encoding="utf-8") as file:
        while piece := list(islice(file, lines)):
            yield piece
"""

_ADDING = (
    _PIECES
    + """
def add(lines):
    return sum(map(int, lines))
"""
)

JOBLIB = (
    _ADDING
    + """
from joblib import Parallel, delayed
if __name__ == "__main__":
    print(sum(Parallel(n_jobs=2)(delayed(add)(piece) for piece in pieces(sys.argv[1]))))
"""
)

MPIRE = (
    _ADDING
    + """
from mpire import WorkerPool
if __name__ == "__main__":
    with WorkerPool(2) as pool:
        print(sum(pool.imap_unordered(add, ((piece,) for piece in pieces(sys.argv[1])), chunk_size=1)))
"""
)
"""Line by line, joblib takes some 90 seconds for a million lines and mpire 50."""

THREADS = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
def nap(number):
    time.sleep(float(sys.argv[2]))
    return number
with ThreadPoolExecutor(32) as pool:
    print(sum(pool.map(nap, range(int(sys.argv[1])))))
"""

FLOOR = """
import asyncio, sys
from speed_table.element_work import wait
async def main(number, at_once):
    gate = asyncio.Semaphore(at_once)
    async def one(value):
        async with gate:
            return await wait(value)
    return sum(await asyncio.gather(*map(one, range(number))))
print(asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]))))
"""
"""So many waits at once as ``asyncio`` has by default, and nothing else."""

BEST_SCHEDULE = """
import sys
from multiprocessing import get_context
from speed_table.element_work import compute, mixed
name, number, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def half(first, results):
    # Neighbours of a hundred in turn, so that both have as many slow ones.
    mine = (value for start in range(100 * first, number, 200) for value in range(start, start + 100))
    results.put(sum(map(mixed, mine)) if name == "mixed" else sum(compute(times) for _ in mine))
if __name__ == "__main__":
    context = get_context("fork")
    results = context.SimpleQueue()
    halves = [context.Process(target=half, args=(first, results)) for first in range(2)]
    for one in halves:
        one.start()
    print(results.get() + results.get())
    for one in halves:
        one.join()
"""
"""Who knows beforehand how long each element takes can cut the work into two equal halves, and needs nobody to hand anything out."""

_COUNTING = (
    _PIECES
    + """
from collections import Counter
def count(lines):
    found = Counter()
    for line in lines:
        found.update(line.lower().split())
    return found
def total(counts):
    found = Counter()
    for one in counts:
        found.update(one)
    print(sum(found.values()))
"""
)

COUNTING_LOOP = (
    _COUNTING
    + """
with open(sys.argv[1], encoding="utf-8") as lines:
    total([count(lines)])
"""
)

WORD_COUNTS: Mapping[str, str] = {
    "dask.bag": """
import sys
import dask.bag
if __name__ == "__main__":
    words = dask.bag.read_text(sys.argv[1], blocksize="8MiB").str.lower().str.split().flatten()
    print(sum(dict(words.frequencies().compute(scheduler="processes", num_workers=2)).values()))
""",
    "joblib": _COUNTING
    + """
from joblib import Parallel, delayed
if __name__ == "__main__":
    total(Parallel(n_jobs=2, return_as="generator")(delayed(count)(piece) for piece in pieces(sys.argv[1])))
""",
    "mpire": _COUNTING
    + """
from mpire import WorkerPool
if __name__ == "__main__":
    with WorkerPool(2) as pool:
        total(pool.imap_unordered(count, ((piece,) for piece in pieces(sys.argv[1])), chunk_size=1, max_tasks_active=4))
""",
    "streamable": _COUNTING
    + """
from concurrent.futures import ProcessPoolExecutor
from streamable import stream
if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        total(stream(pieces(sys.argv[1])).map(count, concurrency=pool))
""",
    "Prefect": _COUNTING
    + """
from prefect import flow, task
from prefect.task_runners import ProcessPoolTaskRunner
counting = task(count)
@flow(task_runner=ProcessPoolTaskRunner(max_workers=2))
def counted(path):
    found = Counter()
    for future in [counting.submit(piece) for piece in pieces(path)]:
        found.update(future.result())
    return found
if __name__ == "__main__":
    print(sum(counted(sys.argv[1]).values()))
""",
}
"""The same word count, as each of these offers it."""
