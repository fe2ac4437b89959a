"""Tokenizers, signatures, retry policies, lexicons and observers that are wrong in one way each."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import count, repeat
from random import Random

from pipeline_optimization.builtin.tokenizers import ExerciseTokenizer
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.types import ErrorRecord, FaultProfile, ItemFinished, RunFinished, RunStarted, TaskProfile

__all__ = [
    "BROKEN_FAULT_PROFILES",
    "BROKEN_LEXICONS",
    "BROKEN_OBSERVERS",
    "BROKEN_RELATIONS",
    "BROKEN_RETRY_POLICIES",
    "BROKEN_SIGNATURES",
    "BROKEN_TOKENIZERS",
]


class Strict(ExerciseTokenizer):
    """Cannot take lone surrogates."""

    def filter(self, text: str) -> str:
        return super().filter(text.encode().decode())


class Unsettled(ExerciseTokenizer):
    """Filters a little more each time."""

    is_characterwise = False

    def filter(self, text: str) -> str:
        return text.replace("--", "-")

    def words(self, filtered: str) -> Iterable[str]:
        return filtered.replace("-", " ").split()


class Forgetful(ExerciseTokenizer):
    """Returns a word that it has seen before no more."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[str] = set()

    def words(self, filtered: str) -> Iterable[str]:
        new = [word for word in filtered.split() if word not in self._seen]
        self._seen.update(new)
        return new


class Unique(ExerciseTokenizer):
    """Returns each word once."""

    is_characterwise = False

    def words(self, filtered: str) -> Iterable[str]:
        return dict.fromkeys(filtered.split())


class Lines(ExerciseTokenizer):
    """Words are lines."""

    is_characterwise = False

    def filter(self, text: str) -> str:
        return text

    def words(self, filtered: str) -> Iterable[str]:
        return [line for line in filtered.splitlines() if line]


class Pairs(ExerciseTokenizer):
    """Claims to be character-wise, and looks at neighbours."""

    def filter(self, text: str) -> str:
        return text.replace("ca", "")


class Bracketed(ExerciseTokenizer):
    """Finds words by what stands around them, and does not say how it spells any."""

    is_characterwise = False

    def filter(self, text: str) -> str:
        return text

    def words(self, filtered: str) -> Iterable[str]:
        return [
            word[1:-1] for word in filtered.split() if word.startswith("<") and word.endswith(">") and len(word) > 2
        ]


class Misspelling(ExerciseTokenizer):
    """Spells words otherwise than it finds them."""

    def spell(self, word: str) -> str | None:
        return word[::-1]


class Lengths:
    """Takes words of one length for anagrams."""

    def __call__(self, word: str, /) -> Hashable:
        return len(word)


class Spelling:
    """Takes the word itself."""

    def __call__(self, word: str, /) -> Hashable:
        return word


class Letters:
    """Is the anagram relation."""

    def __call__(self, word: str, /) -> Hashable:
        return "".join(sorted(word))


class Constant:
    """Takes all words for one."""

    def __call__(self, word: str, /) -> Hashable:
        return 1


class Restive:
    """Answers differently each time."""

    def __init__(self) -> None:
        self._calls = count()

    def __call__(self, word: str, /) -> Hashable:
        return next(self._calls)


class Listing:
    """Returns what has no hash."""

    def __call__(self, word: str, /) -> Hashable:
        return sorted(word)  # type: ignore[return-value]  # it is the mistake


class Policy:
    """A sound policy: three retries without delay."""

    budget: int | None = None
    deadline: float | None = None

    def delays(self, rng: Random) -> Iterator[float]:
        return (rng.random() for _ in range(3))

    def retries(self, error: ErrorRecord) -> bool:
        return True


class Negative(Policy):
    def delays(self, rng: Random) -> Iterator[float]:
        return iter([0.1, -0.1])


class Sleeping(Policy):
    def delays(self, rng: Random) -> Iterator[float]:
        for _ in range(3):
            time.sleep(0.1)
            yield 0.0


class Global(Policy):
    def delays(self, rng: Random) -> Iterator[float]:
        return (random.random() for _ in range(3))


class Shared(Policy):
    def delays(self, rng: Random) -> Iterator[float]:
        self.left = 4

        def draw() -> Iterator[float]:
            while self.left:
                self.left -= 1
                yield 0.0

        return draw()


class Endless(Policy):
    def delays(self, rng: Random) -> Iterator[float]:
        return repeat(0.0)


class InDebt(Policy):
    budget = -1


class Wavering(Policy):
    def __init__(self) -> None:
        self.asked = count()

    def retries(self, error: ErrorRecord) -> bool:
        return next(self.asked) % 2 == 0


class Words:
    """A sound lexicon."""

    identity = "words 1"

    def words(self) -> Iterable[str]:
        return ["cat", "act"]


class Numbers(Words):
    def words(self) -> Iterable[str]:
        return [1, 2]  # type: ignore[list-item]  # it is the mistake


class Empty(Words):
    def words(self) -> Iterable[str]:
        return []


class ReadOnce(Words):
    def __init__(self) -> None:
        self._words = iter(["cat", "act"])

    def words(self) -> Iterable[str]:
        return self._words


class Nameless(Words):
    identity = ""


class Restless(Words):
    @property
    def identity(self) -> str:  # type: ignore[override]  # it is the mistake
        return f"words {time.monotonic_ns()}"


class Changing(Words):
    made = count()

    def __init__(self) -> None:
        self._word = f"word{chr(97 + next(self.made) % 26)}"

    def words(self) -> Iterable[str]:
        return [self._word]


class Blind:
    """Forgot the marker."""

    def anagram_item_finished(self, event: ItemFinished) -> None: ...


class Misspelled:
    @hookimpl
    def anagram_item_finnished(self, event: ItemFinished) -> None: ...


class Raising:
    @hookimpl
    def anagram_run_finished(self, event: RunFinished) -> None:
        if not event.is_complete:
            raise ValueError("not complete")


class Interrupting:
    @hookimpl
    def anagram_run_started(self, event: RunStarted) -> None: ...

    @hookimpl
    def anagram_item_finished(self, event: ItemFinished) -> None:
        if event.task == "describe":
            raise KeyboardInterrupt


class OneRunOnly:
    def __init__(self) -> None:
        self.is_used = False

    @hookimpl
    def anagram_run_started(self, event: RunStarted) -> None:
        assert not self.is_used, "a second run"
        self.is_used = True


class Likeness:
    failures, times, stragglers, slowness, tasks = 1.0, 1.0, 0.0, 1.0, {}  # type: ignore[var-annotated]


CHANGES = count(1)


def make_another() -> FaultProfile:
    return FaultProfile(times=float(next(CHANGES)))


class Local(FaultProfile):
    """Is no longer itself once it was pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return FaultProfile, ()


class Infinite:
    least = most = mean = float("inf")

    def at(self, share: float) -> float:
        return float("inf")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Infinite)

    def __hash__(self) -> int:
        return 0


def make_endless() -> FaultProfile:
    return FaultProfile(tasks={"fetch": TaskProfile(latency=Infinite())})


BROKEN_FAULT_PROFILES: dict[Callable[[], object], str] = {
    Likeness: "is_a_profile",
    make_another: "is_the_same_each_time",
    Local: "can_be_sent",
    make_endless: "draws_are_valid",
}
BROKEN_TOKENIZERS: dict[Callable[[], object], str] = {
    Strict: "takes_any_text",
    Forgetful: "is_repeatable",
    Unsettled: "filters_once",
    Lines: "white_space_ends_words",
    Unique: "repeats_words",
    Pairs: "is_characterwise_honestly",
    Bracketed: "finds_words_of_lexicons",
    Misspelling: "spells_as_it_finds",
}
BROKEN_SIGNATURES: dict[Callable[[], object], str] = {
    Lengths: "differs_for_others",
    Spelling: "is_equal_for_anagrams",
    Listing: "is_hashable",
}
BROKEN_RELATIONS: dict[Callable[[], object], str] = {
    Letters: "differs_from_anagrams",
    Restive: "is_repeatable",
    Constant: "tells_words_apart",
    Listing: "is_hashable",
}
"""What declares a relation of its own."""
BROKEN_RETRY_POLICIES: dict[Callable[[], object], str] = {
    Negative: "delays_are_valid",
    Sleeping: "delays_are_valid",
    Global: "delays_can_be_repeated",
    Shared: "items_do_not_share",
    Endless: "ends_some_day",
    InDebt: "bounds_are_valid",
    Wavering: "judges_every_error",
}
BROKEN_LEXICONS: dict[Callable[[], object], str] = {
    Numbers: "words_are_strings",
    Empty: "words_are_strings",
    ReadOnce: "words_can_be_read_again",
    Nameless: "identity_is_stable",
    Restless: "identity_is_stable",
    Changing: "identity_names_the_words",
}
BROKEN_OBSERVERS: dict[Callable[[], object], str] = {
    Blind: "observes_something",
    Misspelled: "observes_something",
    Raising: "never_raises",
    Interrupting: "never_raises",
    OneRunOnly: "serves_many_runs",
}
