"""The kernel ``numba`` equals the pure Python kernel on every input."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import oracle
from anagram_plugin_numba import kernel, merge
from anagram_plugin_numba.kernel import NumbaKernel
from anagram_plugin_numba.word_memory import WORDS
from memory_lexicon import Words
from number_of_examples import examples
from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.builtin.signatures import letters_signature
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.counting.index import AnagramIndex, build_index
from pipeline_optimization.counting.kernel import ExerciseKernel
from pipeline_optimization.counting.totals import Totals
from pipeline_optimization.types import ChunkCounts, CountingKernel

LONG = "antidisestablishmentarianism"
LEXICON = ["cat", "act", "tac", "dog", "god", "a" * 15, "a" * 16, "b" + "a" * 15, "a" * 16 + "c", "b" * 17]
LEXICON += ["b", LONG, "".join(sorted(LONG)), "abcdefghijklmno", "abcdefghijklmnop", "z" * 40, "ärger", "i"]
PIECES = [*LEXICON, "Cat", "TAC", "x9", "7", "don't", "ca.t", "é", "İ", "\u017f", "\ufffd", "\0", "-", "'", "a" * 31]
SPACES = [" ", "\n", "\r\n", "\t", "\x1c", "\x1f", "\x85", "\xa0", "\u1680", "\u2000", "\u200a", "\u2028", "\u2029"]
SPACES += ["\u202f", "\u205f", "\u3000", "\u200b", "\ufeff", "  ", "-"]
PARTS = [b"\xc2", b"\xe1", b"\xe2", b"\xe3", b"\x80", b"\x81", b"\x85", b"\x8a", b"\x8b", b"\x9a", b"\x9f", b"\xa0"]
PARTS += [
    b"\xa8",
    b"\xa9",
    b"\xaa",
    b"\xaf",
    b"\xff",
    b"\xf0\x9f\x98\x80",
    b"\xed\xa0\x80",
    b"\x7f",
    b"\x00",
    b"a",
    b" ",
]

texts = st.one_of(st.text(max_size=80), st.lists(st.sampled_from([*PIECES, *SPACES]), max_size=150).map("".join))
binaries = st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(PARTS), max_size=200).map(b"".join))


@pytest.fixture(scope="module")
def index() -> AnagramIndex:
    return build_index(Words(LEXICON), letters_signature, "test")[0]


@pytest.fixture(scope="module")
def pure(index: AnagramIndex) -> ExerciseKernel:
    return ExerciseKernel(index, ExerciseTokenizer())


@pytest.fixture(scope="module")
def compiled(index: AnagramIndex) -> NumbaKernel:
    return NumbaKernel(index)


def by_word(counts: ChunkCounts, index: AnagramIndex) -> dict[str, int]:
    """Return the counts as the oracle has them."""
    pairs = zip(counts.groups, counts.occurrences, strict=True)
    return dict(sorted((word, number) for group, number in pairs for word in index.words_of(group)))


@examples(300)
@given(data=st.one_of(binaries, texts.map(lambda text: text.encode(errors="replace"))))
@example(data=b"")
@example(data=b"\xe2\x80A cat")
@example(data=b"c" + b"." * 62 + b"a" + b"." * 128 + b"t " + b" " * 61 + b"ca" + b"t" + b"'" * 63 + b" act")
@example(data=("a" * 16 + " " + "b" + " " + "b" * 17 + " " + "a" * 16 + "c").encode())
@example(data=b"c" * 70_000 + b"at cat")
@example(data=b"cat" * 20_000 + b" " + b"." * 40_000 + b"act\xe2\x80")
def test_equals_oracle_and_pure_kernel(
    index: AnagramIndex, pure: ExerciseKernel, compiled: NumbaKernel, data: bytes
) -> None:
    """Groups, words, different words and sample are the pure kernel's; groups and words are the oracle's."""
    counts = compiled.count(data)
    text = data.decode("utf-8", "replace")
    tokens = oracle.tokens(text)
    assert counts == pure.count(data)
    assert by_word(counts, index) == oracle.count(text, LEXICON)
    assert (counts.words, counts.distinct_words) == (len(tokens), len(set(tokens)))


def random_words(draw: random.Random, number: int) -> bytes:
    """Return a text of words of all lengths, most of them new, some frequent."""
    few = [draw.randbytes(3).hex() for _ in range(20)]
    words = [draw.choice(few) if draw.random() < 0.3 else draw.randbytes(draw.choice((1, 2, 4, 8, 9, 12, 40))).hex()
             for _ in range(number)]  # fmt: skip
    return " ".join(words).encode()


@pytest.mark.parametrize("number", [10, 5_000, 60_000])
def test_many_different_words(pure: ExerciseKernel, index: AnagramIndex, number: int) -> None:
    """The memory grows with a chunk's words, keeps none of a former chunk's counts, and forgets when it is full."""
    compiled = NumbaKernel(index)
    draw = random.Random(number)
    for _ in range(3):
        data = random_words(draw, number)
        assert compiled.count(data) == pure.count(data)
        assert compiled.count(b"cat dog") == pure.count(b"cat dog")


@pytest.mark.parametrize("capacity", [1 << 19, 1 << 10], ids=["emptied", "dropped"])
def test_a_full_memory_forgets(
    index: AnagramIndex, pure: ExerciseKernel, monkeypatch: pytest.MonkeyPatch, capacity: int
) -> None:
    """A memory above its limit keeps no word, so that different words of many chunks do not add up."""
    monkeypatch.setattr(kernel, "MAX_WORDS", 1000)
    monkeypatch.setattr(kernel, "MAX_CAPACITY", capacity)
    compiled = NumbaKernel(index)
    for seed in range(3):
        text = random_words(random.Random(seed), 5_000) + b" cat"
        assert compiled.count(text) == pure.count(text)
        assert [state.memory.sizes[WORDS] for state in compiled._idle] == ([1] if capacity == 1 << 19 else [])
    assert compiled.count(b"cat") == pure.count(b"cat")


def test_chunks_are_added_up(index: AnagramIndex, pure: ExerciseKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks are counted together until the memory is full; in all they are what the pure kernel counts."""
    monkeypatch.setattr(kernel, "MAX_WORDS", 3000)
    texts_ = [random_words(random.Random(seed), 1_000) + b" cat dog" for seed in range(9)]
    sums = []
    for found in (list(NumbaKernel(index).count_all(texts_)), [pure.count(text) for text in texts_]):
        totals = Totals()
        for counts in found:
            totals.add(counts)
        sums.append((totals.words, totals.distinct_words, totals.anagram_counts(index), sum(c.chunks for c in found)))
        assert 1 < len(found) <= 9
        merged = Totals()
        merged.add(merge(found))
        assert (merged.words, merged.distinct_words, merged.anagram_counts(index)) == sums[-1][:3]
        assert merge(found).chunks == 9
    assert sums[0] == sums[1]
    assert len(list(NumbaKernel(index).count_all(texts_[:2]))) == 1


def sums_of(kernel_: CountingKernel, chunks: list[bytes], index: AnagramIndex) -> tuple[object, ...]:
    """Return what chunks are in all: words, counts, the different words' estimate, and the sample that it is made from."""
    totals, sample = Totals(), set()
    found = list(kernel_.count_all(chunks))
    for counts in found:
        totals.add(counts)
        sample.update(counts.sample)
        assert list(counts.sample) == sorted(set(counts.sample))
    assert sum(counts.chunks for counts in found) == len(chunks)
    return totals.words, totals.anagram_counts(index), totals.distinct_words, sample


@examples(200)
@given(
    data=st.lists(st.one_of(binaries, texts.map(lambda text: text.encode(errors="replace"))), min_size=2, max_size=6),
    remembered=st.integers(0, 30),
)
def test_words_that_are_not_remembered(
    index: AnagramIndex, pure: ExerciseKernel, compiled: NumbaKernel, data: list[bytes], remembered: int
) -> None:
    """With hardly any words remembered, several chunks are still what they are for the pure kernel, and then single ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "REMEMBERED", remembered)
        assert sums_of(compiled, data, index) == sums_of(pure, data, index)
        assert compiled.count(data[0]) == pure.count(data[0])


def test_letters_that_may_be_in_the_lexicon(
    index: AnagramIndex, pure: ExerciseKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table that keeps most words from being looked up only does that: where it lets all pass, the counts are the same.

    The sums of letter counts of sixteen letters a are those of one b.
    """
    monkeypatch.setattr(kernel, "REMEMBERED", 0)
    compiled = NumbaKernel(index)
    compiled._table.maybe[:] = b"\xff" * len(compiled._table.maybe)
    chunks = [f"{'a' * 16} cat x9 {'a' * 15} {'a' * 32} b act dgo 77 {'b' * 17}".encode()] * 3
    assert sums_of(compiled, chunks, index) == sums_of(pure, chunks, index)


@pytest.mark.slow
def test_many_sampled_words(index: AnagramIndex, pure: ExerciseKernel) -> None:
    """The sample of words that are not remembered grows beyond the room that it has at first."""
    words = [f"{number:x}".encode() for number in range(1_200_000)]
    chunks = [b" ".join(words[start : start + 100_000]) for start in range(0, len(words), 100_000)]
    chunks += [b"cat tac " * 10, *chunks[:2]]
    compiled = NumbaKernel(index)
    found = sums_of(compiled, chunks, index)
    assert found == sums_of(pure, chunks, index)
    (state,) = compiled._idle
    assert len(state.memory.sampled) > 1 << 16
    assert found[1] == {"act": 20, "b": 2, "cat": 20, "tac": 20}


def test_frequent_words_change(index: AnagramIndex, pure: ExerciseKernel) -> None:
    """Counts stay exact while the table of frequent words gives its places to others."""
    compiled = NumbaKernel(index)
    draw = random.Random(3)
    for _ in range(2):
        words = [draw.randbytes(2).hex() for _ in range(30_000)]
        data = " ".join(draw.choices(words, k=400_000)).encode()
        assert compiled.count(data) == pure.count(data)


@pytest.mark.slow
def test_gcide(registry: Registry) -> None:
    """Every word of the reference lexicon counts as the pure kernel counts it, whatever the signature."""
    text = " ".join(sorted(oracle.gcide()))
    expected = count_anagrams(text, kernel="python", registry=registry)
    for signature in ("letters", "primes"):
        report = count_anagrams(text, kernel="numba", signature=signature, registry=registry)
        assert report.kernel == "numba"
        assert report.anagram_counts == expected.anagram_counts == oracle.count(text)
        assert (report.words, report.distinct_words) == (expected.words, expected.distinct_words)


@pytest.mark.parametrize(
    ("orchestrator", "options"),
    [("sequential", {}), ("threaded", {}), ("asyncio", {}), ("multiprocess", {"start": "spawn", "workers": 2})],
)
def test_every_orchestrator(registry: Registry, orchestrator: str, options: dict[str, object]) -> None:
    """All orchestrators count many chunks alike with both kernels, the estimate of different words included."""
    text = random_words(random.Random(8), 3_000).decode() + " cat Act stop pots" * 50
    reports = [
        count_anagrams(
            text,
            orchestrator=orchestrator,
            orchestrator_options=options,
            kernel=name,
            chunk_size=2_000,
            registry=registry,
        )
        for name in ("python", "numba")
    ]
    facts = [(r.anagram_counts, r.words, r.distinct_words, r.ledger_digest) for r in reports]
    assert facts[0] == facts[1]


def test_threads_share_a_kernel(index: AnagramIndex, pure: ExerciseKernel) -> None:
    """Threads that count at the same time do not disturb each other."""
    compiled = NumbaKernel(index)
    texts_ = [random_words(random.Random(n), 4_000) + b" cat" * n for n in range(40)]
    barrier = threading.Barrier(4)
    with ThreadPoolExecutor(4, initializer=barrier.wait) as pool:
        assert list(pool.map(compiled.count, texts_)) == [pure.count(text) for text in texts_]
    assert 1 <= len(compiled._idle) <= 4


FUZZ_INPUTS = 200_000


@pytest.mark.fuzz
def test_fuzz(
    index: AnagramIndex, pure: ExerciseKernel, compiled: NumbaKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernels agree on 200,000 random small inputs; a failure names its seed."""
    monkeypatch.setattr(kernel, "REMEMBERED", 5)
    few = NumbaKernel(index)
    pieces = [piece.encode() for piece in (*PIECES, *SPACES)] + PARTS
    for seed in range(FUZZ_INPUTS):
        draw = random.Random(seed)
        if seed % 4 == 0:
            data = draw.randbytes(draw.randrange(200))
        elif seed % 4 == 1:
            # Letters, dropped bytes and separators in runs of all lengths, across the groups of 64 bytes.
            data = b"".join(
                draw.choice((b"a", b"'", b" ", b"t")) * draw.choice((1, 1, 1, 2, 62, 64)) for _ in range(30)
            )
        else:
            data = b"".join(draw.choices(pieces, k=draw.randrange(70)))
        counts = compiled.count(data)
        assert counts == pure.count(data), seed
        if seed % 10 == 5:
            middle = len(data) // 2
            halves = [data[:middle], data[middle:]]
            assert sums_of(few, halves, index) == sums_of(pure, halves, index), seed
        if seed % 10 == 0:
            assert by_word(counts, index) == oracle.count(data.decode("utf-8", "replace"), LEXICON), seed
