"""Sources and options under hundreds of thousands of random inputs: no traceback, no wrong count."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import byte_paths
from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.cli import main as command_line
from pipeline_optimization.errors import AnagramError
from pipeline_optimization.sources import FileSource, read_chunks
from soak_rounds import Bar, Rounds

pytestmark = pytest.mark.soak

BLOCKS = 12
BYTES_A_BLOCK = 12_500
OPTIONS_A_BLOCK = 2_500
"""Ten blocks of bytes and two of options take 150,000 inputs; damaged files are the rest of 200,000."""

DAMAGED = 20_000
CHECKPOINTS = 5_000
FUZZING = {
    "deadline": None,
    "database": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}

PIECES = st.sampled_from(
    [b"cat", b"dog", b"stop", b"Tea", b"i'll", b"a", b"x" * 40, b" ", b"\n", b"\r\n", b"\t", b"-", b"9", b"\0", b"\x1c"]
    + [char.encode() for char in "\x85\xa0\u1680\u2003\u2028\u3000\ufeff\ufffdé😀ſK"]
    + [b"\x80", b"\xc3", b"\xe2\x80", b"\xf0\x9f", b"\xff", b"\xed\xa0\x80", b"\xc0\xaf"]
)
DATA = st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=80).map(b"".join))


def fuzz(check: Callable[[], None], rounds: Rounds, block: int = 0) -> None:
    """Let a property try its inputs, the same in each run; with --minutes or --first-seed it gets others, too."""
    for random in rounds(1):
        seed(random.getrandbits(64) + block)(check)()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_bytes(block: int, rounds: Rounds, bar: Bar) -> None:
    """Whatever the bytes and the cuts, streams and ranges give the oracle's counts."""

    @settings(max_examples=bar(BYTES_A_BLOCK), **FUZZING)  # type: ignore[arg-type]
    @given(DATA, st.integers(1, 400))
    def check(data: bytes, chunk_size: int) -> None:
        byte_paths.check_bytes(data, chunk_size)

    fuzz(check, rounds, block)


COMPRESSED: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}
DECOMPRESSED: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
}


def is_text(data: bytes, suffix: str, text: bytes) -> bool:
    """Tell whether Python's own decompressor finds the text: bits that pad the last byte of .bz2 may be any."""
    try:
        return DECOMPRESSED[suffix](data) == text
    except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error):
        return False


@pytest.mark.parametrize("suffix", COMPRESSED)
def test_damaged_files(suffix: str, tmp_path: Path, rounds: Rounds, bar: Bar) -> None:
    """A compressed file that was cut or changed gives its true text or an InputError, and nothing else."""
    text = b"cat dog stop listen " * 20
    member = COMPRESSED[suffix](text)
    whole = member + member
    path = tmp_path / f"file{suffix}"

    @settings(max_examples=bar(DAMAGED // len(COMPRESSED)), **FUZZING)  # type: ignore[arg-type]
    @given(st.integers(0, len(whole)), st.binary(max_size=4), st.booleans())
    def check(place: int, noise: bytes, is_cut: bool) -> None:
        data = whole[:place] + noise + (b"" if is_cut else whole[place + len(noise) :])
        path.write_bytes(data)
        try:
            found = b"".join(chunk.data for chunk in read_chunks(FileSource(str(path)), 64))
        except AnagramError:
            return
        # One that was cut between its two members is a whole file of one, zeros behind it or not.
        is_one = is_text(data[: len(member)], suffix, text) and not data[len(member) :].strip(b"\0")
        # A header may say something else of the file's name or time.
        assert found.split() in ([text.split()] if is_one else [(text + text).split(), []])
        assert found or not data.strip(b"\0")

    fuzz(check, rounds)


OPTION_NAMES = st.sampled_from(
    [
        "--orchestrator",
        "--tokenizer",
        "--signature",
        "--retry",
        "--lexicon",
        "--kernel",
        "--faults",
        "--latency-scale",
        "--seed",
        "--chunk-size",
        "--format",
        "--top",
        "--item-timeout",
        "--deadline",
        "--grace",
        "--on-failure",
        "--poison-after",
        "--circuit-breaker",
        "--retry-share",
        "-o",
        "--text",
        "--test-case",
        "--no-such-option",
    ]
)
VALUES = st.one_of(
    st.sampled_from(["0", "1", "-1", "3", "1e9", "nan", "inf", "", "none", "fixed", "python", "json", "csv", "heavy"])
    | st.sampled_from(
        ["sequential", "asyncio", "whitespace", "primes", "web2", "file:/dev/null", "stop", "small", "all"]
    )
    | st.sampled_from(["retry.attempts=2", "retry.base=0", "retry.delay=0", "concurrency=0", "x=y", "=", "retry.="]),
    st.text(max_size=6),
)


@pytest.mark.parametrize("block", range(2))
def test_options(block: int, rounds: Rounds, bar: Bar) -> None:
    """Whatever the options, the command ends with one of its exit codes and a message, never with a traceback."""

    @settings(max_examples=bar(OPTIONS_A_BLOCK), **FUZZING)  # type: ignore[arg-type]
    @given(st.lists(st.tuples(OPTION_NAMES, VALUES), max_size=5))
    def check(pairs: list[tuple[str, str]]) -> None:
        arguments = ["run", *(part for pair in pairs for part in pair)]
        # Whatever was chosen before, nothing waits: latency would be real time here.
        arguments += ["--latency-scale", "0", "--deadline", "20", "-o", "retry.base=0"]
        streams = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(streams[0]),
            contextlib.redirect_stderr(streams[1]),
            pytest.raises(SystemExit) as ended,
        ):
            command_line(arguments)
        code, message = ended.value.code, streams[1].getvalue()
        assert code in {0, 1, 2, 75}, (arguments, code)
        assert "Traceback" not in message
        assert code == 0 or message, arguments

    fuzz(check, rounds, block)


def test_damaged_checkpoints(tmp_path: Path, rounds: Rounds, bar: Bar, registry: Registry) -> None:
    """A checkpoint with any bytes changed resumes exactly or is refused."""
    book = tmp_path / "book.txt"
    book.write_text("cat dog stop " * 50)
    good = tmp_path / "good"
    whole = count_anagrams(book, chunk_size=60, checkpoint=good)
    data = good.read_bytes()
    bad = tmp_path / "bad"

    @settings(max_examples=bar(CHECKPOINTS), **FUZZING)  # type: ignore[arg-type]
    @given(
        st.lists(st.tuples(st.integers(0, len(data) - 1), st.binary(min_size=1, max_size=8)), min_size=1, max_size=4)
    )
    def check(changes: list[tuple[int, bytes]]) -> None:
        damaged = bytearray(data)
        for place, noise in changes:
            damaged[place : place + len(noise)] = noise
        for suffix in ("-wal", "-shm"):
            Path(f"{bad}{suffix}").unlink(missing_ok=True)
        bad.write_bytes(damaged[: len(data)])
        try:
            report = count_anagrams(book, chunk_size=60, checkpoint=bad, resume=True, registry=registry)
        except AnagramError:
            return
        assert report.anagram_counts == whole.anagram_counts

    fuzz(check, rounds)


def test_damaged_checkpoints_of_runs_with_faults(tmp_path: Path, rounds: Rounds, bar: Bar, registry: Registry) -> None:
    """The same where results are words and groups; a retry of it too."""
    good = tmp_path / "good"
    text = "cat dog stop listen " * 3
    options = {"faults": "exercise", "latency_scale": 0.0, "seed": 3, "retry_options": {"base": 0.0, "attempts": 30}}
    whole = count_anagrams(text, checkpoint=good, **options)  # type: ignore[arg-type]
    data = good.read_bytes()
    bad = tmp_path / "bad"

    @settings(max_examples=bar(CHECKPOINTS), **FUZZING)  # type: ignore[arg-type]
    @given(st.integers(0, len(data) - 1), st.binary(min_size=1, max_size=8))
    def check(place: int, noise: bytes) -> None:
        damaged = bytearray(data)
        damaged[place : place + len(noise)] = noise
        bad.write_bytes(damaged[: len(data)])
        try:
            report = count_anagrams(text, checkpoint=bad, resume=True, registry=registry, **options)  # type: ignore[arg-type]
        except AnagramError:
            return
        assert report.anagram_counts == whole.anagram_counts, json.dumps([place, noise.hex()])

    fuzz(check, rounds)
