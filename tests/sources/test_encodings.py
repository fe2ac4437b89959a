"""Text that is not UTF-8: decoded where something tells the encoding, and said where nothing does."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from command import anagram, refused_here
from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.anagrams.report import RunReport
from pipeline_optimization.errors import InputError, OptionError
from pipeline_optimization.pipeline.run import Progress
from pipeline_optimization.sources import StreamSource, UrlSource, read_chunks

CASE_1 = "捡t 捡t\n"
PLAIN = "the cat act listen\n"
QUOTES = "“the cat” – ‘act’ listen… naïve 😀 tac\n"
MARKED = ["utf-16", "utf-32", "utf-16-be", "utf-32-be"]


def marked(text: str, encoding: str) -> bytes:
    """Return a text in an encoding, with a byte order mark."""
    mark = {"utf-16-be": codecs.BOM_UTF16_BE, "utf-32-be": codecs.BOM_UTF32_BE}.get(encoding, b"")
    return mark + text.encode(encoding)


def facts(report: RunReport) -> tuple[object, int, int]:
    return report.anagram_counts, report.words, report.invalid_bytes


@pytest.mark.parametrize("text", [CASE_1, PLAIN + QUOTES * 50])
@pytest.mark.parametrize("encoding", MARKED)
@pytest.mark.parametrize("chunk_size", [30, 4 << 20])
@pytest.mark.parametrize("way", ["file", "files", "gzip", "stream", "url", "staged"])
def test_a_byte_order_mark_tells_the_encoding(
    way: str, chunk_size: int, encoding: str, text: str, tmp_path: Path, registry: Registry
) -> None:
    """However the text is read and cut, its counts are those of the same text in UTF-8."""
    data = marked(text, encoding)
    path = tmp_path / "u.txt"
    path.write_bytes(gzip.compress(data) if way == "gzip" else data)
    source: Any = {"url": [UrlSource(path.as_uri())], "files": [path, path], "stream": io.BytesIO(data)}.get(way, path)
    number = 2 if way == "files" else 1
    expected = count_anagrams(text * number, registry=registry, chunk_size=chunk_size)
    report = count_anagrams(
        source,
        registry=registry,
        chunk_size=chunk_size,
        faults="tail" if way == "staged" else "none",
        latency_scale=0.0,
    )
    assert facts(report) == (expected.anagram_counts, expected.words, 0)
    assert report.warnings == ()


@settings(deadline=None)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff")),
    encoding=st.sampled_from(MARKED),
    chunk_size=st.integers(1, 100),
)
@example(text="a b", encoding="utf-16", chunk_size=1)
def test_chunks_are_those_of_the_text_in_utf_8(text: str, encoding: str, chunk_size: int) -> None:
    """For any text and any chunk size; a NUL behind the mark of UTF-16 makes it that of UTF-32."""
    assume(not text.startswith("\0"))

    def chunks_of(data: bytes) -> list[bytes]:
        source = StreamSource(io.BytesIO(data), "it")
        return b"".join(chunk.data for chunk in read_chunks(source, chunk_size)).split()

    assert (
        chunks_of(marked(text, encoding))
        == b"".join(
            chunk.data for chunk in read_chunks(StreamSource(io.BytesIO(text.encode()), "it"), chunk_size)
        ).split()
    )


@pytest.mark.parametrize("kernel", ["python", "numba"])
def test_files_of_all_kinds_may_stand_together(kernel: str, tmp_path: Path, registry: Registry) -> None:
    """Small files are read many at once, by compiled code too; each is what it begins as."""
    kinds = [
        b"cat",
        b"\xef\xbb\xbfcat",
        marked("cat", "utf-16"),
        marked("cat", "utf-32-be"),
        gzip.compress(b"cat"),
        b"BZh cat",
        b"(cat)",
    ]
    for number in range(70):
        (tmp_path / f"{number:02}").write_bytes(kinds[number % len(kinds)])
    report = count_anagrams(sorted(tmp_path.iterdir()), kernel=kernel, registry=registry)
    assert report.anagram_counts == {"act": 70, "cat": 70, "tac": 70}
    assert report.warnings == ()


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("café naïve cat", "latin-1"),
        ("“café” cat", "cp1252"),
        ("cat слово", "cp1251"),
        ("cat 言葉", "shift_jis"),
        ("the cat act", "utf-16-le"),
        ("the cat act", "utf-16-be"),
        ("the cat act", "utf-32-le"),
    ],
)
def test_an_encoding_that_is_named_is_read(text: str, encoding: str, tmp_path: Path, registry: Registry) -> None:
    """Nothing in the bytes tells it, so the user does."""
    path = tmp_path / "l.txt"
    path.write_bytes(text.encode(encoding))
    report = count_anagrams(path, encoding=encoding, registry=registry, tokenizer="unicode")
    expected = count_anagrams(text, registry=registry, tokenizer="unicode")
    assert facts(report) == facts(expected)
    assert report.encoding == encoding


@pytest.mark.parametrize(
    ("data", "looks", "advice"),
    [
        ("café naïve cat\n".encode("latin-1"), "latin-1", "--encoding latin-1 reads that"),
        ("“café” naïve cat\n".encode("cp1252"), "cp1252", "--encoding cp1252 reads that"),
        ("слово и дело\n".encode("cp1251"), "an older encoding", "such as cp1251"),
        ("the cat act listen\n".encode("utf-16-le"), "utf-16-le", "--encoding utf-16-le reads that"),
        ("the cat act listen\n".encode("utf-16-be"), "utf-16-be", "--encoding utf-16-be reads that"),
        ("the cat act listen\n".encode("utf-32-le"), "utf-32-le", "--encoding utf-32-le reads that"),
        ("the cat act listen\n".encode("utf-32-be"), "utf-32-be", "--encoding utf-32-be reads that"),
        ("naïve café cat crème\n".encode() + b"\xff", "UTF-8 with damaged bytes", "first in"),
        (random.Random(1).randbytes(1000), "binary data", "first in"),
    ],
)
@pytest.mark.parametrize("form", ["table", "json", "csv", "ndjson"])
def test_what_is_no_utf_8_is_said(form: str, data: bytes, looks: str, advice: str, tmp_path: Path) -> None:
    """In the table or on standard error: words of it may be wrong, how many sequences are, and what it looks like."""
    if form in {"table", "ndjson"} and looks != "latin-1":
        pytest.skip("one text is enough to see that each format says it")
    (tmp_path / "l.txt").write_bytes(data)
    done = anagram("run", "l.txt", "--format", form, cwd=tmp_path)
    assert done.returncode == 0
    message = " ".join((done.stdout if form == "table" else done.stderr).decode().split())
    assert form == "table" or message.startswith("Warning: "), message
    assert f"It looks like {looks}" in message, message
    assert advice in message
    assert "words may be wrong (first in l.txt, bytes 0 to" in message
    if form == "json":
        report = json.loads(done.stdout)
        assert report["looks_like"].startswith(looks)
        assert [f"Warning: {warning}" for warning in report["warnings"]] == [message]


def test_an_unknown_encoding_is_refused(tmp_path: Path, registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is read; a codec that is no text encoding, too."""
    message = refused_here(["run", "missing.txt", "--text", "cat", "--encoding", "latn-1"], tmp_path, capsys)
    assert "exclude each other" in message
    message = refused_here(["run", "--text", "cat", "--encoding", "latn-1"], tmp_path, capsys)
    assert "Unknown encoding 'latn-1'. Did you mean 'latin-1'?" in message
    for wrong in ("rot13", "zip", "", "a\0"):
        with pytest.raises(OptionError, match="Unknown encoding"):
            count_anagrams("cat", encoding=wrong, registry=registry)


def test_what_an_encoding_cannot_decode_is_counted(tmp_path: Path, registry: Registry) -> None:
    """As with UTF-8, it is replaced, and said."""
    path = tmp_path / "l.txt"
    path.write_bytes(b"cat \xff act \xff\xff")
    report = count_anagrams(path, encoding="ascii", registry=registry)
    assert (report.anagram_counts["cat"], report.invalid_bytes) == (2, 3)
    assert report.warnings == ("3 invalid ascii sequences became U+FFFD, so that words may be wrong.",)
    with pytest.raises(InputError, match=r"cannot be decoded as utf-16: .* Name another --encoding, such as utf-16-le"):
        count_anagrams(path, encoding="utf-16", registry=registry)


def test_a_text_in_memory_has_no_encoding(registry: Registry) -> None:
    """It was decoded by whoever made it."""
    report = count_anagrams("café cat", encoding="latin-1", tokenizer="unicode", registry=registry)
    assert (report.words, report.anagram_counts["cat"]) == (2, 1)


def test_a_run_goes_on_in_its_encoding(tmp_path: Path) -> None:
    """A checkpoint keeps it: ``retry`` reads as the run did, and another encoding is another run."""
    (tmp_path / "l.txt").write_bytes("\ufeffcat act".encode("utf-16-le")[2:])
    run = ["run", "l.txt", "--checkpoint", "c.ck", "--format", "json"]
    first = anagram(*run, "--encoding", "utf-16-le", cwd=tmp_path)
    assert json.loads(first.stdout)["anagram_counts"]["cat"] == 2
    again = anagram("retry", "c.ck", "--format", "json", cwd=tmp_path)
    assert json.loads(again.stdout)["encoding"] == "utf-16-le"
    other = anagram(*run, "--resume", cwd=tmp_path)
    assert other.returncode == 2
    assert b"the encoding was utf-16-le, and is not given" in other.stderr


@pytest.mark.parametrize(
    "odd", ["café naïve cat\n".encode("latin-1"), "the cat act listen\n".encode("utf-16-le"), b"cat \xff"]
)
@pytest.mark.parametrize("finished", [1, 5, 100])
def test_a_resumed_run_says_what_the_whole_one_says(
    odd: bytes, finished: int, tmp_path: Path, registry: Registry
) -> None:
    """What was counted before was no other text: neither its invalid bytes nor what it looks like are forgotten."""
    path, checkpoint = tmp_path / "l.txt", tmp_path / "c.ck"
    path.write_bytes(odd + b"cat act listen\n" * 100)
    expected = count_anagrams(path, chunk_size=64, registry=registry)
    assert len(expected.warnings) == 1

    class StopError(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.items == finished:
            raise StopError

    options: dict[str, Any] = {"chunk_size": 64, "registry": registry, "checkpoint": checkpoint}
    with suppress(StopError):
        count_anagrams(path, **options, on_progress=stop)
    report = count_anagrams(path, **options, resume=True)
    assert report.resumed_items > 0
    told = (report.invalid_bytes, report.looks_like, report.warnings)
    assert told == (expected.invalid_bytes, expected.looks_like, expected.warnings)


def test_a_lexicon_may_have_a_byte_order_mark(tmp_path: Path, registry: Registry) -> None:
    """Word lists are text files too."""
    path = tmp_path / "lexicon"
    path.write_bytes("cat\nact\n".encode("utf-16"))
    assert count_anagrams("cat", lexicon=f"file:{path}", registry=registry).anagram_counts == {"act": 1, "cat": 1}
