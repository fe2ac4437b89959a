"""Section ``observing``: what recording a run's events costs, by processor time, since waiting is what other programs do to it."""

from __future__ import annotations

import tempfile
import time
import timeit
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.anagrams.report import RunReport
from pipeline_optimization.engine.tally import NullAnnouncer
from pipeline_optimization.engine.work import Item, ItemState
from pipeline_optimization.types import Completion
from speed_table.alternation import Bar, Program, Section, Timing, alternate, ratio_of
from speed_table.bench import Bench
from speed_table.corpora import LARGE

__all__ = ["measure"]

NAME = "observing"
PLAIN, RECORDED = "nothing recorded", "with --events"

WORDS = 18_800
"""Different words, which make some 20,000 attempts under faults."""

STAGED, FUSED, SILENT = 1.03, 1.01, 1.005
"""The most that a run may take, relative to one of which nothing is recorded."""


def _staged(registry: Registry, words: Sequence[str], events: Path | None) -> RunReport:
    text = " ".join(words)
    return count_anagrams(text, faults="exercise", latency_scale=0.0, seed=3, events=events, registry=registry)


def _pair(directory: Path, count: Callable[[Path | None], RunReport], attempts: list[int]) -> dict[str, Program]:
    """Return programs that count with and without events, timed by the processor time of this process."""

    def program(events: Path | None) -> Program:
        def run() -> tuple[float | None, object]:
            start = time.process_time()
            report = count(events)
            taken = time.process_time() - start
            attempts[:] = [report.attempts]
            return taken, report.ledger_digest

        return run

    return {PLAIN: program(None), RECORDED: program(directory / "events.jsonl")}


def _bar(what: str, plain: Timing, recorded: Timing, most: float) -> Bar:
    ratio = ratio_of(recorded, plain)
    found = f"{ratio.median:.3f} ({ratio.lowest:.3f} to {ratio.highest:.3f})"
    return Bar(
        section=NAME, claim=f"{what} takes at most {most:g} of one without", found=found, holds=ratio.median <= most
    )


def _silence() -> float:
    """Return the seconds that an attempt costs of which nobody is told: what the loop says to a ``NullAnnouncer``."""
    silence, state = (
        NullAnnouncer(lambda log, worker: None),
        ItemState(item=Item(id="cat", task="find_anagrams"), earliest=0.0),
    )
    completion = Completion(id=1, status="done")

    def attempt() -> None:
        silence.handed_out(1, state)
        silence.came_back(state, completion, None)
        silence.finished(state, "done")

    number = 100_000
    return min(timeit.repeat(attempt, number=number, repeat=5, timer=time.process_time)) / number


def measure(bench: Bench) -> Section:
    """Time runs with and without events in turn: many attempts that do not wait, and a few that compute."""
    from english_words import get_english_words_set  # noqa: PLC0415 - 100 ms, for this section only

    registry, rounds = Registry.load(), max(9, bench.rounds)
    words = sorted(get_english_words_set(["web2"], lower=True, alpha=True))[:WORDS]
    source = bench.corpora.repeated_kjv(LARGE)
    attempts: list[int] = []
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        programs = _pair(directory, lambda events: _staged(registry, words, events), attempts)
        staged = alternate(NAME, "words", sum(map(len, words)), programs, rounds)
        number = attempts[0]
        programs = _pair(directory, lambda events: count_anagrams(source, events=events, registry=registry), attempts)
        fused = alternate(NAME, source.name, source.stat().st_size, programs, rounds)
    each = staged[PLAIN].median / number
    silence = 1 + _silence() / each
    return Section(
        timings=[*staged.values(), *fused.values()],
        facts=[
            (
                f"staged: {number} attempts, {each * 1e6:.1f} µs each without events, "
                f"{(staged[RECORDED].median - staged[PLAIN].median) / number * 1e6:.1f} µs more with them"
            ),
            *(f"fused: {program}: {timing.median:.2f} s" for program, timing in fused.items()),
        ],
        bars=[
            _bar(f"a staged run of {number} attempts with events", staged[PLAIN], staged[RECORDED], STAGED),
            _bar(f"a fused run on {source.name} with events", fused[PLAIN], fused[RECORDED], FUSED),
            Bar(
                section=NAME,
                claim=f"an attempt of which nothing is recorded takes less than {SILENT:g} of one that nobody could observe",
                found=f"{silence:.4f}",
                holds=silence < SILENT,
            ),
        ],
    )
