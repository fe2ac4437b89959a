"""Turns an answer into plain data at once: what ``process_text`` returned is checked and encoded while the clock runs.

So a mapping that does its work only when it is read does it within its time. The stored items of a dictionary are taken, whatever a subclass makes of
its methods.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import cast

from pipeline_optimization.benchmarks.subject.contending import LONGEST, BadResultError, shown

__all__ = ["encode_answer"]

EXPECTED = "{'runtime': milliseconds, 'anagram_counts': {word: number}}"


MOST_KEYS = 5
"""The most keys of an answer that a message shows."""

MOST_MS = 1e15
"""Milliseconds that no run takes: 30,000 years."""


def encode_answer(outcome: object) -> tuple[float, bytes]:
    """Return the reported time, and the counts as bytes: the length of the words, one word in each line, then eight bytes for each number.

    Raises BadResultError.
    """
    stored = _stored(outcome)
    if stored is None:
        raise BadResultError(f"process_text() returned {shown(outcome)}, where a dict {EXPECTED} is expected.")
    if "anagram_counts" not in stored:
        raise _lacks(stored, "anagram_counts")
    counts = _stored(stored["anagram_counts"])
    if counts is None:
        what = shown(stored["anagram_counts"])
        raise BadResultError(f"'anagram_counts' is {what}, where a dict {{word: number}} is expected.")
    words, numbers = _encode_counts(counts)
    return _milliseconds(stored), len(words).to_bytes(8, "big") + words + numbers


def _lacks(stored: Mapping[object, object], name: str) -> BadResultError:
    there = ", ".join(
        repr(str.__str__(key)[:LONGEST]) for key in list(stored)[:MOST_KEYS] if issubclass(type(key), str)
    )
    return BadResultError(
        f"The returned dict has no key {name!r}, but {there or 'no text as a key'}; {EXPECTED} is expected."
    )


def _stored(value: object) -> Mapping[object, object] | None:
    """Return a copy of what a dictionary stores, or None if the value is none, whatever class it claims to have."""
    kind = type(value)
    if not issubclass(kind, dict):
        return None
    found = cast("dict[object, object]", value)
    # dict.copy() would call methods of a subclass.
    return found.copy() if kind is dict else dict(dict.items(found))


def _encode_counts(counts: Mapping[object, object]) -> tuple[bytes, bytes]:
    # Types are told apart by their addresses, because a metaclass decides which types are equal.
    if set(map(id, map(type, counts))) - {id(str)}:
        counts = _with_plain_words(counts)
    if set(map(id, map(type, counts.values()))) - {id(int)}:
        _check_numbers(counts)
    text = "\n".join(cast("Mapping[str, int]", counts))
    if text.count("\n") != max(0, len(counts) - 1):
        word = next(word for word in counts if "\n" in cast("str", word))
        raise BadResultError(f"'anagram_counts' has the key {word!r:.{LONGEST}}, which is no word.")
    try:
        numbers = array("q", cast("Mapping[str, int]", counts).values())
    except OverflowError:
        raise BadResultError("'anagram_counts' has a number that does not fit into 64 bits.") from None
    return text.encode("utf-8", "surrogatepass"), numbers.tobytes()


def _with_plain_words(counts: Mapping[object, object]) -> Mapping[object, object]:
    """Return counts whose words are of type str itself. A subclass may say that two equal words differ, and that a word lacks what it has."""
    plain: dict[object, object] = {}
    for word, number in counts.items():
        if not issubclass(type(word), str):
            raise BadResultError(f"'anagram_counts' has the key {shown(word)}, where a str is expected.")
        letters = str.__str__(cast("str", word))
        if letters in plain:
            raise BadResultError(
                f"'anagram_counts' has the key {letters!r:.{LONGEST}} twice, with {shown(plain[letters])} and {shown(number)}."
            )
        plain[letters] = number
    return plain


def _check_numbers(counts: Mapping[object, object]) -> None:
    for word, number in counts.items():
        if not issubclass(type(number), int) or type(number) is bool:
            raise BadResultError(
                f"'anagram_counts' has {shown(number)} for {word!r:.{LONGEST}}, where an int is expected."
            )


def _milliseconds(stored: Mapping[object, object]) -> float:
    if "runtime" not in stored:
        raise _lacks(stored, "runtime")
    value = stored["runtime"]
    if not issubclass(type(value), int | float) or isinstance(value, bool):
        raise BadResultError(f"'runtime' is {shown(value)}, where an int or a float is expected, in milliseconds.")
    try:
        number = float(cast("float", value))
    except OverflowError:
        number = float("inf")
    if not abs(number) < MOST_MS:
        raise BadResultError(f"'runtime' is {shown(value)}, which no time in milliseconds can be.")
    return number
