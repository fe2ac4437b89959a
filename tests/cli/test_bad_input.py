"""Bad input gets a message that says what to do, exit code 2, and no traceback; odd input just works."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from command import anagram, refused_here, run_json
from pipeline_optimization import count_anagrams


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["run", "missing.txt"], ["missing.txt", "No such file"]),
        (["run", "nothing"], ["directory", "no text file"]),
        (["run", "*.nothing"], ["*.nothing", "matches no file"]),
        (["run", "cut.gz"], ["cut.gz", "truncated"]),
        (["run", "bad.bz2"], ["bad.bz2", "bzip2"]),
        (["run", "--orchestrator", "sequentail"], ["Unknown orchestrator 'sequentail'", "sequential", "threaded"]),
        (["run", "--orchestrator", "x"], ["Unknown orchestrator 'x'", "Installed:"]),
        (["run", "--tokenizer", "x"], ["Unknown tokenizer 'x'", "Installed: exercise, "]),
        (["run", "--signature", "x"], ["Unknown signature 'x'", "counts, letters, primes"]),
        (["run", "--retry", "x"], ["Unknown retry policy 'x'", "exponential, fixed, none"]),
        (["run", "--lexicon", "x"], ["Unknown lexicon 'x'", "Installed: file, gcide, "]),
        (["run", "--lexicon", "file:missing"], ["file:missing", "No such file"]),
        (["run", "--lexicon", "file:empty.txt"], ["no usable word", "one word a line"]),
        (["run", "--lexicon", "file"], ["file:PATH"]),
        (["run", "--lexicon", "gcide:x"], ["takes no value"]),
        (["run", "--faults", "x"], ["exercise", "heavy", "none"]),
        (["run", "--test-case", "x"], ["small", "medium", "large", "all"]),
        (["run", "--orchestrator", "threaded", "-o", "workers=0"], ["workers", "at least 1"]),
        (["run", "--orchestrator", "threaded", "-o", "workers=two"], ["workers", "integer", "two"]),
        (["run", "--orchestrator", "threaded", "-o", "wrokers=2"], ["Did you mean 'workers'"]),
        (["run", "-o", "workers=2"], ["has no options"]),
        (["run", "-o", "workers"], ["KEY=VALUE"]),
        (["run", "-o", "color.x=2"], ["no 'color'"]),
        (["run", "--orchestrator", "multiprocess", "-o", "start=x"], ["auto|forkserver|spawn|fork"]),
        (["run", "-o", "retry.attempts=0"], ["attempts", "at least 1"]),
        (["run", "--orchestrator", "threaded", "-o", "workers=30000"], ["workers", "at most 1,024, not 30000"]),
        (
            ["run", "--orchestrator", "multiprocess", "-o", "workers=99999999999999"],
            ["workers", "at most 1,024, not 99999999999999"],
        ),
        (
            ["run", "--orchestrator", "hedged", "-o", "inner=threaded", "-o", "inner_options=workers=30000"],
            ["workers", "at most 1,024, not"],
        ),
        (["run", "--orchestrator", "asyncio", "-o", "concurrency=1000001"], ["concurrency", "at most 1,000,000"]),
        (["run", "-o", "retry.base=nan"], ["base", "number"]),
        (["run", "-o", "attempts=3"], ["'attempts' is an option of the retry policy: -o retry.attempts=VALUE."]),
        (["run", "--latency-scale", "-1"], ["latency scale", "at least 0"]),
        (["run", "--latency-scale", "nan"], ["latency scale"]),
        (["run", "--chunk-size", "0"], ["chunk-size", "less than 1 byte"]),
        (["run", "--seed", "x"], ["--seed"]),
        (["run", "--top", "-1"], ["--top"]),
        (["run", "--text", "a", "empty.txt"], ["--text and an input file exclude each other"]),
        (["run", "--text", "a", "--output", "."], ["Cannot write"]),
        (["run", "--text", "a", "--output", "no/such/file"], ["Cannot write", "no/such/file"]),
        (["run", "-", "-"], ["named twice"]),
        (["run", "ftp+x://host/file"], ["ftp+x"]),
        (["nonsense"], ["nonsense"]),
    ],
)
def test_refused(tmp_path: Path, arguments: list[str], parts: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The message names what is wrong and what would be right."""
    (tmp_path / "cut.gz").write_bytes(gzip.compress(os.urandom(500))[:300])
    (tmp_path / "bad.bz2").write_bytes(b"no bzip2 at all")
    (tmp_path / "empty.txt").write_text("12\n\nb2b\n")
    (tmp_path / "nothing").mkdir()
    message = refused_here(arguments, tmp_path, capsys)
    for part in parts:
        assert part in message


def test_known_plugin_is_named() -> None:
    """An orchestrator that is not installed, but known, is answered with what to install."""
    from pipeline_optimization.errors import UnknownComponentError
    from pipeline_optimization.registry import Registry

    with pytest.raises(UnknownComponentError, match=r"It comes with anagram-plugin-threaded: .*\. Installed: "):
        Registry().orchestrator("threaded")


ODD = {
    "empty": (b"", 0, {}),
    "only white space": (" \n\u2028\u3000".encode(), 0, {}),
    "NUL bytes": (b"c\x00at", 1, {"cat": 1}),
    "all white space of Unicode": (
        "".join(f"cat{chr(c)}" for c in range(0x10000) if chr(c).isspace()).encode(),
        sum(chr(c).isspace() for c in range(0x10000)),
        {"cat": sum(chr(c).isspace() for c in range(0x10000))},
    ),
    "CRLF": (b"cat\r\ndog\r\n", 2, {"cat": 1, "dog": 1}),
    "BOM": (b"\xef\xbb\xbfcat", 1, {"cat": 1}),
    "invalid UTF-8": (b"ca\xfft cat", 2, {"cat": 2}),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("tokenizer", ["exercise", "whitespace"])
def test_odd_input(tmp_path: Path, name: str, tokenizer: str) -> None:
    """Odd input is counted by the stated rules."""
    data, words, counts = ODD[name]
    (tmp_path / "odd.txt").write_bytes(data)
    report = count_anagrams(tmp_path / "odd.txt", tokenizer=tokenizer)
    assert report.words == words
    if tokenizer == "exercise" or name not in {"NUL bytes", "invalid UTF-8"}:
        assert {word: report.anagram_counts.get(word) for word in counts} == counts


def test_invalid_bytes_are_reported(tmp_path: Path) -> None:
    """The number of invalid sequences is in the report, and in the table."""
    (tmp_path / "bad.txt").write_bytes(b"cat \xff\xfe dog \xe2\x82")
    assert run_json("bad.txt", cwd=tmp_path)["invalid_bytes"] == 3
    assert "3 invalid UTF-8 sequences" in anagram("run", "bad.txt", cwd=tmp_path).stdout.decode()


def test_giant_token(tmp_path: Path) -> None:
    """One token of 20 MB is one word, in bounded memory."""
    with (tmp_path / "giant.txt").open("wb") as file:
        for _ in range(20):
            file.write(b"x" * 1_000_000)
        file.write(b" cat c" + b"." * 1_000_000 + b"at")
    report = run_json("giant.txt", "--kernel", "python", cwd=tmp_path)
    assert (report["words"], report["anagram_counts"]) == (3, {"act": 2, "cat": 2, "tac": 2})


def test_many_distinct_words(tmp_path: Path) -> None:
    """A million different words are counted, and their number is estimated within 5 %."""
    (tmp_path / "many.txt").write_text(" ".join(f"q{n:x}z" for n in range(1_000_000)) + " cat")
    report = run_json("many.txt", "--kernel", "python", cwd=tmp_path)
    assert report["words"] == 1_000_001
    assert report["anagram_counts"]["cat"] == 1
    assert abs(report["distinct_words"] - 1_000_001) < 50_000
