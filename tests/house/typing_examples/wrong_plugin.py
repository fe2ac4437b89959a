"""A plugin that is wrong in a way of its own at each line marked ``# wrong``; type checkers must find exactly these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.testing import check_orchestrator
from pipeline_optimization.types import (
    Capabilities,
    Completion,
    Component,
    ComponentOf,
    NoOptions,
    Orchestrator,
    Signature,
    Tokenizer,
    option,
)


@frozen(kw_only=True)
class Options:
    workers: int = option("two", help="how many")  # wrong: a text is no number of workers


class NoPoll:
    slots = 1

    def open(self, context: object) -> None: ...

    def submit(self, attempt: object) -> None: ...

    def cancel(self, attempt_id: int) -> bool:
        return False

    def close(self, *, force: bool) -> None: ...


class Words:
    is_characterwise = True

    def __init__(self, options: NoOptions) -> None: ...

    def filter(self, text: bytes) -> bytes:
        return text

    def words(self, filtered: str) -> Iterable[str]:
        return filtered.split()


def make_listing(options: NoOptions) -> list[str]:
    return []


def make_tokenizer(options: Options) -> Tokenizer:
    raise NotImplementedError


def make_no_poll() -> NoPoll:
    return NoPoll()


orchestrator: Orchestrator = NoPoll()  # wrong: it has no poll
tokenizer: Tokenizer = Words(NoOptions())  # wrong: it filters bytes
signature: Signature = make_listing  # wrong: it takes options instead of a word
completion = Completion(id=1, status="gone")  # wrong: there is no such status
nameless = Completion(id="1", status="done")  # wrong: ids are numbers
claims = Capabilities(isolation="thread")  # wrong: there is no such isolation
typo = Capabilities(can_kil=True)  # wrong: there is no such capability
silent = Component(name="x", factory=make_tokenizer, options=Options)  # wrong: it has no summary
words: ComponentOf[Tokenizer] = Component(name="x", summary="s", factory=Words, options=NoOptions)  # wrong: as above


def anagram_register_tokenizers() -> Sequence[ComponentOf[Tokenizer]]:
    return [Component(name="x", summary="s", factory=make_listing, options=NoOptions)]  # wrong: a list is no tokenizer


check_orchestrator(make_no_poll)  # wrong: as above
count_anagrams("cat", orchestrator=3)  # wrong: neither a name nor an orchestrator
Registry.load().orchestrator("threaded", ["workers"])  # wrong: options have values
