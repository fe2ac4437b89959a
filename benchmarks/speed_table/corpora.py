"""The texts that are counted, made when they are first needed and kept in a directory."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

__all__ = ["Corpora"]

SMALL_FILES = 200_000
SMALL_FILE_BYTES = 1000
FILES_A_FOLDER = 1000

ZIPF_BYTES = 100_000_000
ZIPF_WORDS = 5_000_000
ZIPF_EXPONENT = 1.1
ZIPF_LETTERS = 6
"""As many letters may stand at each place of a word. Words are then as long as English ones of the same rank (3 letters for
the hundredth, 6 for the ten thousandth), and a token with its space takes 6.2 bytes: 5.4 in kjv10.txt, 7.4 in gcide.txt. With
all 26 it would take 3.8, and bytes a second would tell of short words and not of different ones."""

LARGE = 100
HUGE = 1000
"""How often the King James Bible is repeated: 440 MB and 4.4 GB."""


@frozen
class Corpora:
    """Each method returns where a corpus is. The real texts come from Debian packages, by ``apt-get``."""

    directory: Path

    def gcide(self) -> Path:
        """Return the GCIDE dictionary's text: 40 MB, some of it outside ASCII."""

        def make(target: Path) -> None:
            with tempfile.TemporaryDirectory() as there:
                subprocess.run(["apt-get", "download", "-qq", "dict-gcide"], cwd=there, check=True)
                (package,) = Path(there).glob("dict-gcide_*.deb")
                subprocess.run(["dpkg", "-x", package, there], check=True)
                with gzip.open(Path(there, "usr/share/dictd/gcide.dict.dz")) as source, target.open("wb") as out:
                    shutil.copyfileobj(source, out)

        return self._made("gcide.txt", make)

    def kjv10(self) -> Path:
        """Return the King James Bible ten times over: 44 MB."""

        def make(target: Path) -> None:
            if shutil.which("bible") is None:
                subprocess.run(["apt-get", "install", "-y", "-qq", "bible-kjv"], stdout=subprocess.DEVNULL, check=True)
            done = subprocess.run(["bible", "-f"], input=b"ge1:1-re22:21\n", capture_output=True, check=True)
            lines = done.stdout.splitlines(keepends=True)
            target.write_bytes(b"".join(line for line in lines if not line.startswith((b"bible:", b"Hit"))) * 10)

        return self._made("kjv10.txt", make)

    def repeated_kjv(self, times: int) -> Path:
        """Return it so many times over, a multiple of ten."""

        def make(target: Path) -> None:
            text = self.kjv10().read_bytes()
            with target.open("wb") as out:
                for _ in range(times // 10):
                    out.write(text)

        return self.kjv10() if times == 10 else self._made(f"kjv{times}.txt", make)

    def beginning_of_kjv(self, size: int) -> Path:
        """Return the first lines of it, of at most ``size`` bytes together."""

        def make(target: Path) -> None:
            text = self.kjv10().read_bytes()
            target.write_bytes(text[: text.rfind(b"\n", 0, size) + 1])

        return self._made(f"kjv-{size}.txt", make)

    def numbers(self, lines: int) -> Path:
        """Return a file of random numbers of nine digits, one a line. The seed is fixed."""

        def make(target: Path) -> None:
            draw = np.random.default_rng(5)
            with target.open("w", encoding="ascii") as out:
                for start in range(0, lines, 1_000_000):
                    numbers = draw.integers(10**8, 10**9, min(1_000_000, lines - start))
                    out.write("\n".join(map(str, numbers)) + "\n")

        return self._made(f"numbers-{lines}.txt", make)

    def zipf(self, words: int = ZIPF_WORDS) -> Path:
        """Return a text of 100 MB with so many different words, whose frequencies follow Zipf's law."""

        def make(target: Path) -> None:
            target.write_bytes(_zipf_text(words))

        return self._made(f"zipf-{words}.txt", make)

    def small_files(self) -> Path:
        """Return a directory that has 200,000 files of 1 KB, a thousand to a folder."""

        def make(target: Path) -> None:
            text = self.gcide().read_bytes()
            target.mkdir()
            for number in range(SMALL_FILES):
                folder = target / f"{number // FILES_A_FOLDER:03}"
                if number % FILES_A_FOLDER == 0:
                    folder.mkdir()
                start = number * SMALL_FILE_BYTES % (len(text) - SMALL_FILE_BYTES)
                Path(folder, f"{number % FILES_A_FOLDER:03}.txt").write_bytes(text[start : start + SMALL_FILE_BYTES])

        return self._made("small-files", make)

    def drop(self, times: int) -> None:
        """Delete a repeated text: the largest takes 4.4 GB."""
        self.directory.joinpath(f"kjv{times}.txt").unlink(missing_ok=True)

    def _made(self, name: str, make: Callable[[Path], None]) -> Path:
        target = self.directory / name
        if not target.exists():
            print(f"making {name}", flush=True)
            self.directory.mkdir(parents=True, exist_ok=True)
            unfinished = self.directory / f"{name}.part"
            shutil.rmtree(unfinished, ignore_errors=True)
            make(unfinished)
            unfinished.rename(target)
        return target


def _zipf_text(words: int) -> bytes:
    """Return each word once, and drawn ones to fill up, in random order. The seed is fixed."""
    draw = np.random.default_rng(4)
    each = np.arange(words)
    # The inverse of the distribution's integral: rank x has a frequency of about x ** -ZIPF_EXPONENT.
    power = 1 - ZIPF_EXPONENT
    room = ZIPF_BYTES - int(_lengths(each).sum())
    share = draw.random(room // 2)
    drawn = np.minimum(((share * (float(words) ** power - 1) + 1) ** (1 / power)).astype(np.int64) - 1, words - 1)
    drawn = drawn[: np.searchsorted(np.cumsum(_lengths(drawn)), room)]
    ranks = np.concatenate([each, drawn])
    draw.shuffle(ranks)
    pieces = chain.from_iterable(
        _spelled(ranks[start : start + 1_000_000]) for start in range(0, len(ranks), 1_000_000)
    )
    return b"".join(pieces)


def _lengths(ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how long each word is, with the space behind it."""
    # The first rank of two letters, of three, ...
    firsts = np.cumsum([ZIPF_LETTERS**letters for letters in range(1, 12)])
    return np.searchsorted(firsts, ranks, side="right") + 2


def _spelled(ranks: NDArray[np.int64]) -> list[bytes]:
    """Return words of letters, the shorter the more frequent, each followed by a space."""
    columns: list[NDArray[np.uint8]] = []
    rest = ranks + 1
    while rest.any():
        rest, digit = np.divmod(rest - 1, ZIPF_LETTERS)
        # Other letters at each place, so that all occur; a factor of 4 keeps those of one place apart.
        letter = (4 * digit + 7 * len(columns)) % 26 + ord("a")
        columns.append(np.where(rest < 0, 0, letter).astype(np.uint8))
        rest = np.maximum(rest, 0)
    table = np.column_stack([*columns, np.full(len(ranks), ord(" "), np.uint8)])
    return [table[table > 0].tobytes()]
