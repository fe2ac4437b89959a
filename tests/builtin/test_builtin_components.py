"""The built-in components one by one."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from pipeline_optimization.builtin import lexicons
from pipeline_optimization.builtin.lexicons import (
    FileLexicon,
    FileLexiconOptions,
    GcideLexicon,
    SystemLexicon,
    Web2Lexicon,
)
from pipeline_optimization.builtin.retry_policies import (
    ExponentialOptions,
    ExponentialPolicy,
    FixedOptions,
    FixedPolicy,
    NoRetry,
)
from pipeline_optimization.builtin.signatures import counts_signature, letters_signature, primes_signature
from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer, WhitespaceTokenizer
from pipeline_optimization.counting.index import usable_words
from pipeline_optimization.counting.index_cache import open_index
from pipeline_optimization.errors import LexiconError
from pipeline_optimization.types import ErrorRecord, NoOptions

LUCK, MISTAKE = ErrorRecord(type="OSError", message=""), ErrorRecord(type="TypeError", message="")


def test_full_jitter() -> None:
    """Delays are uniform below a bound that doubles from 0.1 s up to 5 s, one fewer than there are attempts."""
    policy = ExponentialPolicy(ExponentialOptions())
    samples = [list(policy.delays(Random(seed))) for seed in range(500)]
    bounds = [min(0.1 * 2**n, 5.0) for n in range(9)]
    assert {len(delays) for delays in samples} == {9}
    for n, bound in enumerate(bounds):
        nth = [delays[n] for delays in samples]
        assert 0 <= min(nth) < 0.05 * bound
        assert 0.95 * bound < max(nth) <= bound
        # Five standard errors of the mean of 500 uniform numbers.
        assert abs(sum(nth) / 500 - bound / 2) < 5 * bound / (12 * 500) ** 0.5


def test_delays_come_from_the_given_generator() -> None:
    """The same generator gives the same delays."""
    policy = ExponentialPolicy(ExponentialOptions())
    assert list(policy.delays(Random(1))) == list(policy.delays(Random(1)))
    assert list(policy.delays(Random(1))) != list(policy.delays(Random(2)))


def test_delays_never_overflow() -> None:
    """Thousands of attempts with a large factor stay at the cap."""
    options = ExponentialOptions(attempts=5000, factor=1e9, cap=7.0)
    assert max(islice(ExponentialPolicy(options).delays(Random(0)), 5000)) <= 7.0


def test_fixed_and_none() -> None:
    """``fixed`` waits the same each time, ``none`` never retries."""
    assert list(FixedPolicy(FixedOptions(attempts=3, delay=0.5)).delays(Random(0))) == [0.5, 0.5]
    assert list(NoRetry().delays(Random(0))) == []
    assert not NoRetry().retries(LUCK)
    for policy in (FixedPolicy(FixedOptions()), ExponentialPolicy(ExponentialOptions())):
        assert policy.retries(LUCK)
        assert not policy.retries(MISTAKE)


@given(a=st.text("abcé", max_size=6), b=st.text("abcé", max_size=6))
def test_signatures_agree(a: str, b: str) -> None:
    """Each signature is equal for two words exactly if the words have the same letters."""
    same = sorted(a) == sorted(b)
    for signature in (letters_signature, counts_signature, primes_signature):
        assert (signature(a) == signature(b)) == same


@given(text=st.text(), cut=st.integers(0, 50))
def test_characterwise_tokenizers_keep_their_claim(text: str, cut: int) -> None:
    """Filtering piece by piece equals filtering at once, filtering twice changes nothing, and words are split()'s."""
    for tokenizer in (ExerciseTokenizer(), WhitespaceTokenizer()):
        assert tokenizer.is_characterwise
        filtered = tokenizer.filter(text)
        assert tokenizer.filter(text[:cut]) + tokenizer.filter(text[cut:]) == filtered
        assert tokenizer.filter(filtered) == filtered
        assert list(tokenizer.words(filtered)) == filtered.split()


@given(text=st.text())
def test_exercise_tokenizer(text: str) -> None:
    """The reference tokenizer finds the oracle's tokens."""
    tokenizer = ExerciseTokenizer()
    assert [word.lower() for word in tokenizer.words(tokenizer.filter(text))] == oracle.tokens(text)


def test_gcide() -> None:
    """The lexicon gcide has 113,903 words in 105,639 groups, the oracle's words."""
    index = open_index(GcideLexicon(), letters_signature, lexicon_name="gcide", signature_name="letters")
    words = [word for group in range(len(index)) for word in index.words_of(group)]
    assert (len(words), len(index)) == (113_903, 105_639)
    assert set(words) == oracle.gcide()


def test_web2() -> None:
    """The lexicon web2 is larger, and has another identity."""
    assert len(usable_words(Web2Lexicon().words())) > 200_000
    assert Web2Lexicon().identity != GcideLexicon().identity


def test_system_lexicon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``system`` reads the machine's list, and says what to install where there is none."""
    path = tmp_path / "words"
    monkeypatch.setattr(lexicons, "SYSTEM_PATHS", (path,))
    with pytest.raises(LexiconError, match="apt install wamerican"):
        SystemLexicon(NoOptions())
    path.write_text("Cat\nact's\n")
    assert list(usable_words(SystemLexicon(NoOptions()).words())) == ["cat"]


def test_a_lexicon_is_a_file_that_can_be_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe and a device are refused, and so is a file that is too large to be a list of words."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, "/dev/zero"):
        with pytest.raises(
            LexiconError, match=r"it is no regular file, and every worker has to read it\. Name a text file"
        ):
            FileLexicon(FileLexiconOptions(path=str(path))).words()
    monkeypatch.setattr(lexicons, "MAX_BYTES", 1 << 20)
    words = tmp_path / "words"
    words.write_bytes(bytes(1 << 20))
    assert FileLexicon(FileLexiconOptions(path=str(words))).identity
    words.write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(LexiconError, match=r"has more than 1 MiB\. Name a text file"):
        FileLexicon(FileLexiconOptions(path=str(words))).words()
