"""The laws: identical counts whatever the orchestrator, tokenizer path, signature, chunk size or fault seed."""

from __future__ import annotations

import io
import itertools
import random
from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import oracle
from number_of_examples import examples
from pipeline_optimization import Registry, RunReport, count_anagrams
from pipeline_optimization.anagrams.cases import load_cases
from pipeline_optimization.engine.faults import FaultPlan, TaskFaults
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.engine.wire import Call, another_copy, decode_call, encode_call
from pipeline_optimization.sources import StreamSource
from pipeline_optimization.sources.ranges import FIRST_BYTES

ORCHESTRATORS = ["sequential", "threaded", "multiprocess", "asyncio"]
WORDS = ["cat", "Act", "TAC", "don't", "well-read", "b2b", "xyzzy", "é", "naïve", "İ", "ß", "cat,", "'", "-", "a" * 50]
SPACES = [" ", "\n", "\r\n", "\t", "\x1c", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u3000", "\x00", "\ufeff"]
texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from([*WORDS, *SPACES]), max_size=40).map("".join))
chunk_sizes = st.sampled_from([1, 2, 3, 7, 64, 4 << 20])


def stream(data: bytes) -> StreamSource:
    return StreamSource(io.BytesIO(data), name="bytes")


def without_bom(text: str) -> str:
    return text.removeprefix("\ufeff")


def whitespace_oracle(text: str) -> dict[str, int]:
    """Count for the tokenizer ``whitespace``: nothing is removed."""
    groups = oracle.by_letters(oracle.gcide())
    tokens = Counter(token.lower() for token in text.split())
    counts: Counter[str] = Counter()
    for token, number in tokens.items():
        for word in groups.get("".join(sorted(token)), []):
            counts[word] += number
    return dict(sorted(counts.items()))


@examples(100)
@given(text=texts, chunk_size=chunk_sizes)
@example(text="ca\u2028t", chunk_size=1)
@example(text="cat " + "x" * 40_000, chunk_size=4 << 20)
@example(text="c" + "." * 70_000 + "at", chunk_size=1)
def test_counts_equal_the_oracle(registry: Registry, text: str, chunk_size: int) -> None:
    """The fused path counts what the oracle counts, on any text in any chunks; the soak tries 150,000 of them."""
    report = count_anagrams(text, chunk_size=chunk_size, registry=registry)
    assert report.anagram_counts == oracle.count(text.encode(errors="replace").decode())
    assert report.words == len(oracle.tokens(text))


@examples(100)
@given(data=st.binary(max_size=60), chunk_size=chunk_sizes)
@example(data=b"ca\xe2\x80t do\xffg \xc2", chunk_size=1)
def test_any_bytes(registry: Registry, data: bytes, chunk_size: int) -> None:
    """Invalid UTF-8 is replaced and counted, and changes no other word."""
    assume(not data or data[0] not in FIRST_BYTES)  # what may be compressed, or in another encoding
    text = data.decode("utf-8", "replace")
    report = count_anagrams(stream(data), chunk_size=chunk_size, registry=registry)
    assert report.anagram_counts == oracle.count(text)
    assert report.invalid_bytes == text.count("\ufffd") - data.decode("utf-8", "ignore").count("\ufffd")


@examples(100)
@given(text=texts, chunk_size=chunk_sizes, signature=st.sampled_from(["letters", "counts", "primes"]))
def test_whitespace_tokenizer(registry: Registry, text: str, chunk_size: int, signature: str) -> None:
    """The generic kernel counts what a second oracle counts, with every signature."""
    report = count_anagrams(text, tokenizer="whitespace", signature=signature, chunk_size=chunk_size, registry=registry)
    assert report.anagram_counts == whitespace_oracle(without_bom(text.encode(errors="replace").decode()))


@examples(40)
@given(
    text=texts,
    seed=st.integers(0, 2**31),
    chunk_size=chunk_sizes,
    slots=st.sampled_from([1, 3, None]),
    tokenizer=st.sampled_from(["exercise", "whitespace"]),
    signature=st.sampled_from(["letters", "counts", "primes"]),
)
def test_faults_change_nothing(
    registry: Registry, text: str, seed: int, chunk_size: int, slots: int | None, tokenizer: str, signature: str
) -> None:
    """A run with simulated failures and waits gives the counts of a calm one, whatever the seed."""
    calm = count_anagrams(text, tokenizer=tokenizer, registry=registry)
    report = count_anagrams(
        text,
        orchestrator=VirtualOrchestrator(slots),
        tokenizer=tokenizer,
        signature=signature,
        chunk_size=chunk_size,
        faults="exercise",
        retry_options={"attempts": 60},
        seed=seed,
        registry=registry,
    )
    assert report.is_complete
    assert report.anagram_counts == calm.anagram_counts
    assert report.words == calm.words
    assert report.floor <= report.runtime + 1e-6


@examples(50)
@given(seed=st.integers(0, 2**31), attempts=st.integers(1, 3))
def test_incomplete_runs_say_so(registry: Registry, seed: int, attempts: int) -> None:
    """With few attempts under heavy faults, the report lists exactly the words that the counts lack."""
    text = load_cases()["medium"].text
    report = count_anagrams(
        text,
        orchestrator=VirtualOrchestrator(4),
        faults="heavy",
        retry_options={"attempts": attempts},
        seed=seed,
        registry=registry,
    )
    plan_failed = {failed.item.rpartition(":")[2] for failed in report.failed_items if failed.task == "find_anagrams"}
    stage_failed = any(failed.task != "find_anagrams" for failed in report.failed_items)
    assert report.is_complete == (not report.failures)
    kept = "" if stage_failed else " ".join(t for t in oracle.tokens(text) if t not in plan_failed)
    assert report.anagram_counts == oracle.count(kept)


@pytest.mark.parametrize("orchestrator", ORCHESTRATORS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_same_ledger_everywhere(registry: Registry, orchestrator: str, seed: int) -> None:
    """Under the same seed every orchestrator makes the same attempts of the same items, with the same outcomes."""
    reports = [
        count_anagrams(
            load_cases()["large"].text,
            orchestrator=name,
            faults="exercise",
            latency_scale=0.0,
            retry="fixed",
            retry_options={"delay": 0.0, "attempts": 20},
            seed=seed,
            registry=registry,
        )
        for name in (VirtualOrchestrator(7), orchestrator)
    ]
    assert len({(report.ledger_entries, report.ledger_digest) for report in reports}) == 1
    assert all(report.anagram_counts == load_cases()["large"].expected for report in reports)
    assert reports[0].retries > 0


@pytest.mark.parametrize("orchestrator", ORCHESTRATORS)
@pytest.mark.parametrize("chunk_size", [100, 4 << 20])
def test_same_counts_everywhere(registry: Registry, orchestrator: str, chunk_size: int) -> None:
    """Every orchestrator counts many chunks like the oracle."""
    words = [*load_cases()["large"].expected, "qqq", "Zebra's", "x9"]
    text = " ".join(random.Random(5).choices(words, k=2000))
    report = count_anagrams(text, orchestrator=orchestrator, chunk_size=chunk_size, registry=registry)
    assert report.anagram_counts == oracle.count(text)
    assert report.words == 2000


def test_draws_do_not_depend_on_order() -> None:
    """A draw is the same whenever it is asked, and the share of failures is the rate."""
    plan = FaultPlan(tasks={"t": TaskFaults(0.25, 2.0)}, seed=9, case="c", latency_scale=0.5)
    asked = [(f"w{n}", attempt) for n in range(2000) for attempt in (1, 2)]

    def draws(order: Iterable[tuple[str, int]]) -> dict[tuple[str, int], bool]:
        return {(item, attempt): plan.draw("t", item, attempt).fails for item, attempt in order}

    assert draws(asked) == draws(random.Random(0).sample(asked, len(asked)))
    # Four standard deviations of a binomial with 4000 trials are 0.027.
    assert abs(sum(draws(asked).values()) / 4000 - 0.25) < 0.027
    assert plan.draw("t", "w0", 1).latency == 1.0
    others = [FaultPlan(tasks=plan.tasks, seed=8, case="c"), FaultPlan(tasks=plan.tasks, seed=9, case="d")]
    for other in others:
        assert draws(asked) != {key: other.draw("t", *key).fails for key in asked}


def test_copies_straggle_apart_and_fail_alike() -> None:
    """Only the latency of a call depends on its copy, and only where there are stragglers."""
    plan = FaultPlan(tasks={"t": TaskFaults(0.5, 1.0, 0.3, 20.0), "u": TaskFaults(0.5, 1.0)}, seed=3)
    draws = [(plan.draw("t", str(n), 1), plan.draw("t", str(n), 1, 1)) for n in range(500)]
    assert all(first.fails == second.fails for first, second in draws)
    assert {first.latency for first, _ in draws} == {1.0, 20.0}
    assert 100 < sum(first.latency != second.latency for first, second in draws) < 320
    assert all(plan.draw("u", str(n), 1) == plan.draw("u", str(n), 1, 1) for n in range(50))
    assert decode_call(another_copy(another_copy(encode_call(Call("t", "k", 2, b"d"))))) == Call("t", "k", 2, b"d", 2)


def test_golden_draws() -> None:
    """Draws stay the same from version to version, so that a seed in an old report still means the same faults."""
    plan = FaultPlan(tasks={"find_anagrams": TaskFaults(0.5, 0.0)}, seed=1)
    assert "".join("x" if plan.draw("find_anagrams", "cat", n).fails else "." for n in range(1, 17)) == GOLDEN


GOLDEN = ".x....xx..x.xx.."


def test_distinct_words(registry: Registry) -> None:
    """Different words are counted exactly in one chunk, and within 5 % over many."""
    text = " ".join(f"word{n}" for n in range(40_000))
    exact = count_anagrams(text, registry=registry)
    estimated = count_anagrams(text, registry=registry, chunk_size=10_000)
    assert (exact.distinct_words, exact.distinct_words_is_exact) == (40_000, True)
    assert not estimated.distinct_words_is_exact
    assert abs(estimated.distinct_words - 40_000) < 2_000
    few = count_anagrams("cat dog " * 1_000, registry=registry, chunk_size=100)
    assert few.distinct_words == 2, "a sample of so few words is empty"


def report_of(registry: Registry, **options: str) -> RunReport:
    return count_anagrams("Stop the post, spot the pots!", registry=registry, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lexicon", "retry", "tokenizer"),
    [
        *itertools.product(["gcide"], ["none", "fixed", "exponential"], ["exercise", "whitespace"]),
        pytest.param("web2", "fixed", "exercise", marks=pytest.mark.slow),  # three indexes, which take seconds each
    ],
)
def test_any_combination_runs(registry: Registry, lexicon: str, retry: str, tokenizer: str) -> None:
    """Lexicons, retry policies and tokenizers combine freely, and the three signatures agree."""
    counts = [
        report_of(registry, lexicon=lexicon, retry=retry, tokenizer=tokenizer, signature=signature).anagram_counts
        for signature in ("letters", "counts", "primes")
    ]
    assert counts[0] == counts[1] == counts[2]
    assert counts[0]["stop"] == {"exercise": 4, "whitespace": 2}[tokenizer]
