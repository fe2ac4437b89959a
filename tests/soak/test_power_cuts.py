"""A checkpoint after a power cut: its log is cut or torn at random, and it resumes exactly or refuses clearly."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from random import Random

import pytest

import run_sessions
from pipeline_optimization import Registry, RunReport, count_anagrams
from pipeline_optimization.checkpoint.store import PAGE_BYTES
from pipeline_optimization.errors import CheckpointError
from soak_rounds import Bar, Rounds

pytestmark = pytest.mark.soak

CUTS = 200
HEADER, FRAME_HEADER, PAGE = 32, 24, PAGE_BYTES
"""Bytes of an SQLite log's header, of each frame's header, and of a page (https://www.sqlite.org/fileformat2.html)."""

TEXT = " ".join(f"cat{'s' * (n % 2)} act stop spot listen word{n % 997} god" for n in range(60_000))
CHUNK = 3000


def test_cut_logs(tmp_path: Path, rounds: Rounds, bar: Bar, registry: Registry) -> None:
    """Whatever is left of the log, no count is wrong."""
    book = tmp_path / "book.txt"
    book.write_text(TEXT, "utf-8")
    whole = count_anagrams(book, chunk_size=CHUNK)
    cuts = bar(CUTS)
    outcomes = {"resumed": 0, "refused": 0, "resumed in part": 0}
    original = tmp_path / "original"
    copy = tmp_path / "copy"
    for number, random in enumerate(rounds(cuts)):
        if number % 20 == 0:
            finished = leave_a_checkpoint(original, book, random)
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{original}{suffix}", f"{copy}{suffix}")
        Path(f"{copy}-shm").unlink(missing_ok=True)
        damage(copy, random)
        try:
            report = count_anagrams(book, chunk_size=CHUNK, checkpoint=copy, resume=True, registry=registry)
        except CheckpointError:
            outcomes["refused"] += 1
            continue
        check(report, whole)
        outcomes["resumed" if report.resumed_items >= finished else "resumed in part"] += 1
    print(outcomes)
    assert outcomes["resumed in part"] > cuts // 4, "the cuts cost nothing, so they were none"


def leave_a_checkpoint(path: Path, book: Path, random: Random) -> int:
    """Kill a run that has a checkpoint, and return how many items were finished in it."""
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    log = Path(f"{path}-wal")
    arguments = [str(book), "--chunk-size", str(CHUNK), "--checkpoint", str(path)]
    process = run_sessions.start(*arguments, output=path.with_name("out.json"), program=run_sessions.EAGER)
    size = random.randint(20, 200) * (FRAME_HEADER + PAGE)
    while process.poll() is None and not (log.exists() and log.stat().st_size > size):
        time.sleep(0.005)  # another process writes it
    process.kill()
    process.communicate()
    scratch = path.with_name("scratch")
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{path}{suffix}", f"{scratch}{suffix}")
    report = count_anagrams(book, chunk_size=CHUNK, checkpoint=scratch, resume=True)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{scratch}{suffix}").unlink(missing_ok=True)
    return report.resumed_items


def damage(path: Path, random: Random) -> None:
    """Do what a power cut may do: end the log early, leave pages of it unwritten, or tear its merging into the file."""
    log = Path(f"{path}-wal")
    data = bytearray(log.read_bytes())
    if random.random() < 0.2:
        tear_merge(path, data, random)
        return
    frames = (len(data) - HEADER) // (FRAME_HEADER + PAGE)
    border = HEADER + random.randint(0, frames) * (FRAME_HEADER + PAGE)
    match random.choice(["cut", "cut in a page", "zeros", "noise", "no log"]):
        case "cut":
            del data[border:]
        case "cut in a page":
            del data[max(0, border - random.randint(1, PAGE)) :]
        case "zeros":
            data[border : border + PAGE] = bytes(len(data[border : border + PAGE]))
        case "noise":
            data[border : border + 512] = random.randbytes(len(data[border : border + 512]))
        case _:
            data.clear()
    log.write_bytes(data)


def tear_merge(path: Path, data: bytearray, random: Random) -> None:
    """Leave noise where pages of the log were about to be written; the log is synced before, so it is whole."""
    frames = range(HEADER, len(data) - PAGE, FRAME_HEADER + PAGE)
    pages = {int.from_bytes(data[start : start + 4], "big") for start in frames} - {1}
    with path.open("r+b") as file:
        for page in random.sample(sorted(pages), min(5, len(pages))):
            file.seek((page - 1) * PAGE)
            file.write(random.randbytes(PAGE))


def check(report: RunReport, whole: RunReport) -> None:
    assert report.anagram_counts == whole.anagram_counts
    assert (report.words, report.bytes_read, report.is_complete) == (whole.words, whole.bytes_read, True)
