"""Indexes on disk: a digest of all that follows, a header line in JSON, then the groups and their signatures as plain text.

There is no pickle, so a damaged or foreign file only causes the index to be built anew. If signatures are strings, they are stored as sorted lines,
so that a few can be found without cutting the text. The groups' numbers follow in four bytes each, in this machine's byte order. Otherwise signatures
are stored as JSON, if they are equal when they are read back, as numbers and tuples of them are. If not, they are not stored, but computed from each
group's first word when the index is loaded.
"""

from __future__ import annotations

import json
import sys
import threading
from array import array
from collections.abc import Callable, Hashable
from pathlib import Path

from pipeline_optimization.counting.index import AnagramIndex, GroupNumbers, IndexedLines, build_index, marks_of
from pipeline_optimization.counting.spelling import LONE_WORDS, Spelling, plain_spelling, spelling_of
from pipeline_optimization.disk_cache import cache_file, read_sealed, store_sealed
from pipeline_optimization.errors import LexiconError
from pipeline_optimization.installed import origin_of
from pipeline_optimization.types import Lexicon, Signature, Tokenizer
from pipeline_optimization.types.components import ANAGRAM

__all__ = ["open_index"]

FORMAT = 6
MAX_OPEN = 4

_OPEN: dict[str, AnagramIndex] = {}
"""The indexes that this process opened last. The parent and workers in its process share them. The key names the content."""

_LOCK = threading.Lock()


def open_index(
    lexicon: Lexicon,
    signature: Signature,
    *,
    lexicon_name: str,
    signature_name: str,
    tokenizer: Tokenizer | None = None,
    tokenizer_name: str = "",
    relation: str = ANAGRAM,
) -> AnagramIndex:
    """Return the index of a lexicon. If the cache has it, it is loaded; otherwise it is built and cached.

    Words are looked up as ``tokenizer`` spells them. None stands for a tokenizer that yields words of letters unchanged. Raises LexiconError if the
    lexicon cannot be read or has no usable word, and PluginError if the tokenizer's ``spell`` fails.
    """

    # A loaded index mostly needs no spelling, so it is found only if it is asked for.
    def spelling() -> Spelling:
        return plain_spelling if tokenizer is None else spelling_of(tokenizer, tokenizer_name)

    tokens = None if tokenizer is None else [tokenizer_name, origin_of(tokenizer)]
    # All that the file's content depends on. ``origin_of`` tells changed code, and the numbers are in this machine's byte order.
    key = json.dumps([FORMAT, sys.byteorder, lexicon.identity, signature_name, origin_of(signature), relation, tokens])
    # Held while the index is built, so that threads that ask for the same one do not build it twice.
    with _LOCK:
        index = _OPEN.get(key)
        if index is None:
            path = cache_file("index", key, ".txt")
            index = _load(path, key, signature, spelling)
            if index is None:
                spell = spelling()
                _check_lone_words(tokenizer, tokenizer_name, lexicon_name, spell)
                index, signatures = build_index(lexicon, signature, lexicon_name, spell, relation=relation)
                _store(path, key, index, signatures)
            if len(_OPEN) >= MAX_OPEN:
                # A dictionary keeps the order of insertion, so this is the index that was opened first.
                _OPEN.pop(next(iter(_OPEN)))
            _OPEN[key] = index
    return index


def _check_lone_words(tokenizer: Tokenizer | None, name: str, lexicon: str, spell: Spelling) -> None:
    """Raise LexiconError if a tokenizer finds none of the words of many scripts, because it looks for words in a context."""
    if tokenizer is None or any(spell(word) is not None for word in LONE_WORDS):
        return
    raise LexiconError(
        f"The tokenizer {name!r} finds no word of the lexicon {lexicon!r} where it stands alone. If it finds words by the "
        "characters around them, give it a method spell(word), which returns how it spells a lexicon's word.",
        lexicon=lexicon,
    )


def _load(path: Path, key: str, signature: Signature, spelling: Callable[[], Spelling]) -> AnagramIndex | None:
    """Return the cached index, or None if there is no whole file that fits."""
    content = read_sealed(path)
    if content is None:
        return None
    try:
        head, _, body = content.partition(b"\n")
        header = json.loads(head)
        # The name of the file is made of the key. This makes certain that the file is for the same key.
        if header["key"] != key:
            return None
        # The numbers behind the text are raw bytes, in which a line feed means nothing. So lengths tell where the parts end.
        text = body[: header["text_bytes"]].decode("utf-8", "surrogatepass")
        lines = IndexedLines(text[: header["split"]], header["marks"], header["groups"])
        encoded = text[header["split"] + 1 :]
        numbers: dict[Hashable, int] | GroupNumbers
        if header["form"] == "lines":
            signatures = IndexedLines(encoded, header["signature_marks"], header["groups"])
            # Nothing is cut or put into a dictionary here, as a small run looks up a few words only.
            numbers = GroupNumbers(signatures, array("I", body[header["text_bytes"] :]))
        else:
            found = _from_json(encoded) if encoded else _signed(lines, signature, spelling())
            numbers = dict(zip(found, range(len(lines)), strict=True))
        return AnagramIndex(lines, numbers, signature, int(header["longest"]), digest=str(header["digest"]))
    except (ValueError, KeyError, TypeError):
        return None


def _signed(lines: IndexedLines, signature: Signature, spell: Spelling) -> list[Hashable]:
    """Return the signature of each group's first word."""
    return [signature(spell(line.partition(" ")[0]) or "") for line in lines]


def _store(path: Path, key: str, index: AnagramIndex, signatures: list[Hashable]) -> None:
    """Write the index. If the cache cannot be written, nothing happens."""
    # A signature with a line feed would be two lines.
    texts = {s: number for number, s in enumerate(signatures) if isinstance(s, str) and "\n" not in s}
    are_lines = len(texts) == len(signatures)
    # The groups are in the order of their first words, and bisection needs sorted signatures. So ``numbers`` below says which group each has.
    ordered = sorted(texts) if are_lines else []
    groups = "\n".join(index.lines)
    encoded = "\n".join(ordered) if are_lines else _as_json(signatures)
    # A signature may be any text, also one with a lone surrogate, which UTF-8 has no form for.
    body = f"{groups}\n{encoded}".encode("utf-8", "surrogatepass")
    header = {
        "key": key,
        "form": "lines" if are_lines else "json",
        "groups": len(index),
        "longest": index.longest,
        "digest": index.digest(),
        "text_bytes": len(body),
        # In characters, unlike ``text_bytes``, as it is used after decoding. So are the marks.
        "split": len(groups),
        "marks": marks_of(index.lines),
        "signature_marks": marks_of(ordered),
    }
    numbers = array("I", map(texts.__getitem__, ordered))
    store_sealed(path, json.dumps(header).encode() + b"\n" + body + numbers.tobytes())


def _as_json(signatures: list[Hashable]) -> str:
    """Return the signatures as JSON, or an empty text if they would not be equal when they are read back."""
    try:
        encoded = json.dumps(signatures, separators=(",", ":"))
        return encoded if _from_json(encoded) == signatures else ""
    except (ValueError, TypeError):
        return ""  # for example, JSON has no bytes, and no numbers of thousands of digits


def _from_json(encoded: str) -> list[Hashable]:
    return [tuple(s) if isinstance(s, list) else s for s in json.loads(encoded)]
