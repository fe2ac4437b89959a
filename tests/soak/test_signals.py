"""One, two and three signals at random moments: no hang, no process left, and a report or a clear end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from random import Random
from uuid import uuid4

import psutil
import pytest
from attrs import frozen

import oracle
import run_sessions
from command import environment
from soak_rounds import Bar, Rounds

pytestmark = pytest.mark.soak

RUNS = 96
AT_ONCE = 4
PATIENCE = 60.0
MARK = "ANAGRAM_SOAK_RUN"
"""A variable of the environment by which the processes of a run are known, whoever their parent is by now."""

WAYS = {
    "sequential": (),
    "threaded": ("-o", "workers=4"),
    "asyncio": (),
    "multiprocess": ("-o", "workers=4"),
    "hedged sequential": ("-o", "inner=sequential"),
    "hedged threaded": ("-o", "inner=threaded", "-o", "inner_options=workers=4"),
    "hedged asyncio": ("-o", "inner=asyncio"),
    "hedged multiprocess": ("-o", "inner=multiprocess", "-o", "inner_options=workers=4"),
}
FIXED = ("book.txt", "--chunk-size", "500", "--format", "json", "--output", "out.json")
SIGNALS = (signal.SIGINT, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TEXT = "The cat's act: stop, spot, post! Tea-pot 3 dogs god. Listen, silent enlist; " * 20


@frozen
class Strike:
    """A signal, the seconds after which it is sent, and whether all processes of the run get it."""

    after: float
    number: signal.Signals
    is_for_all: bool


@frozen
class Run:
    """What is run, and what strikes it."""

    seed: int
    way: str
    arguments: Sequence[str]
    strikes: Sequence[Strike]


def draw(random: Random) -> Run:
    way = random.choice(list(WAYS))
    waits = ("--faults", "latency", "--latency-scale", str(random.choice((0.02, 0.2, 2.0))))
    kept = random.choice(((), ("--checkpoint", "kept")))
    grace = ("--grace", str(random.choice((0.0, 0.2, 1.0))))
    strikes = [Strike(random.uniform(0.0, 2.0), random.choice(SIGNALS), random.random() < 0.5)]
    for _ in range(random.randrange(3)):
        after = random.choice((random.expovariate(100.0), random.uniform(0.02, 0.1), random.uniform(0.1, 0.6)))
        strikes.append(Strike(after, random.choice(SIGNALS), random.random() < 0.5))
    arguments = ("--orchestrator", way.split()[0], *WAYS[way], *waits, *kept, *grace)
    return Run(random.randrange(1000), way, arguments, strikes)


def test_signals_at_random_moments(tmp_path: Path, rounds: Rounds, bar: Bar) -> None:
    """However many signals strike a run, and whenever: it ends, and tells the truth of how it ended."""
    expected = oracle.count(TEXT)

    def run(random: Random) -> int:
        directory = tmp_path / uuid4().hex
        directory.mkdir()
        return check(draw(random), directory, expected)

    ends: dict[int, int] = {}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        left = rounds(bar(RUNS))
        while some := list(islice(left, 4 * AT_ONCE)):
            for code in threads.map(run, some):
                ends[code] = ends.get(code, 0) + 1
    print(f"exit codes: {ends}")
    assert len(ends) > 1


def check(run: Run, directory: Path, expected: dict[str, int]) -> int:
    """Let a run be struck, and see how it ends. Return its exit code."""
    (directory / "book.txt").write_text(TEXT)
    mark = uuid4().hex
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline_optimization", "run", *FIXED, "--seed", str(run.seed), *run.arguments],
        cwd=directory,
        stderr=subprocess.PIPE,
        env=environment({MARK: mark}),
        start_new_session=True,
    )
    run_sessions.wait_until_it_is_ours(process)
    sent = [strike.number for strike in run.strikes if send(strike, process)]
    try:
        _, stderr = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        left = [" ".join(one.cmdline()) for one in marked(mark)]
        os.killpg(process.pid, signal.SIGKILL)
        raise AssertionError(f"{run} hangs: {left}") from None
    check_end(run, directory, process.returncode, stderr.decode(), sent, expected)
    until = time.monotonic() + PATIENCE
    while left_behind := marked(mark):
        assert time.monotonic() < until, f"{run} left behind: {left_behind}"
        time.sleep(0.01)  # other processes end in real time
    return process.returncode


def send(strike: Strike, process: subprocess.Popen[bytes]) -> bool:
    """Strike a run at its moment, unless it has ended; return whether it was struck."""
    time.sleep(strike.after)  # any moment of a real process will do
    if process.poll() is not None:
        return False
    (os.killpg if strike.is_for_all else os.kill)(process.pid, strike.number)
    return True


def check_end(run: Run, directory: Path, code: int, stderr: str, sent: Sequence[int], expected: dict[str, int]) -> None:
    what = f"{run} ended with {code}: {stderr}"
    # When Python has let go of its handlers, the signal itself ends the process.
    assert code in {0, *(128 + number for number in sent), *(-number for number in sent)}, what
    assert "Traceback" not in stderr, what
    assert "Exception ignored" not in stderr, what
    assert not list(directory.glob(".out.json*")), what
    output = directory / "out.json"
    if not output.exists():
        assert code != 0, what
        return
    report = json.loads(output.read_text("utf-8"))
    if report["complete"]:
        assert report["anagram_counts"] == expected, what
    else:
        assert report["interrupted"], what
        assert all(number <= expected[word] for word, number in report["anagram_counts"].items()), what
        assert code != 0, what


def marked(mark: str) -> list[psutil.Process]:
    """Return the living processes of a run, zombies left out."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found
