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


def encode_answer(outcome: object) -> tuple[float, bytes]:
    """Return the reported time, and the counts as bytes: the length of the words, one word in each line, then eight bytes for each number.

    Raises BadResultError.
    """
    if not isinstance(outcome, dict):
        raise BadResultError(f"process_text() returned {shown(outcome)}, where a dict {EXPECTED} is expected.")
    stored = dict.copy(outcome)
    if "anagram_counts" not in stored:
        raise BadResultError(f"The returned dict has no key 'anagram_counts'; {EXPECTED} is expected.")
    counts = stored["anagram_counts"]
    if not isinstance(counts, dict):
        raise BadResultError(f"'anagram_counts' is {shown(counts)}, where a dict {{word: number}} is expected.")
    words, numbers = _encode_counts(dict.copy(counts))
    return _milliseconds(stored), len(words).to_bytes(8, "big") + words + numbers


def _encode_counts(counts: Mapping[object, object]) -> tuple[bytes, bytes]:
    for kind in set(map(type, counts)):
        if not issubclass(kind, str):
            word = next(word for word in counts if type(word) is kind)
            raise BadResultError(f"'anagram_counts' has the key {shown(word)}, where a str is expected.")
    for kind in set(map(type, counts.values())):
        if not issubclass(kind, int) or kind is bool:
            word, number = next((word, number) for word, number in counts.items() if type(number) is kind)
            raise BadResultError(
                f"'anagram_counts' has {shown(number)} for {word!r:.{LONGEST}}, where an int is expected."
            )
    text = "\n".join(cast("Mapping[str, int]", counts))
    if text.count("\n") != max(0, len(counts) - 1):
        word = next(word for word in counts if "\n" in cast("str", word))
        raise BadResultError(f"'anagram_counts' has the key {word!r:.{LONGEST}}, which is no word.")
    try:
        numbers = array("q", cast("Mapping[str, int]", counts).values())
    except OverflowError:
        raise BadResultError("'anagram_counts' has a number that does not fit into 64 bits.") from None
    return text.encode("utf-8", "surrogatepass"), numbers.tobytes()


def _milliseconds(stored: Mapping[object, object]) -> float:
    if "runtime" not in stored:
        raise BadResultError(f"The returned dict has no key 'runtime'; {EXPECTED} is expected.")
    value = stored["runtime"]
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadResultError(f"'runtime' is {shown(value)}, where an int or a float is expected, in milliseconds.")
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if not abs(number) < float("inf"):
        raise BadResultError("'runtime' is no finite number of milliseconds.")
    return number
