"""What a run that counts anagrams says of itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import field, frozen

from pipeline_optimization.engine.stopping import Stop
from pipeline_optimization.engine.tally import FailedItem, TaskStats
from pipeline_optimization.pipeline.summary import Conclusions, counts_to_dict, failed_to_list
from pipeline_optimization.sources import UTF_8

if TYPE_CHECKING:
    from pipeline_optimization.types import TimeAccount

__all__ = ["RunReport"]


@frozen(kw_only=True)
class RunReport(Conclusions):
    """The counts of a run and how they came about. Times are in milliseconds.

    ``anagram_counts`` is sorted by word. It has the words that stand in ``relation`` to the text's: "anagram", or what the
    signature declares. ``is_complete`` is False if an item failed for good, or something stopped the
    run (``stop``); then the counts cover only what was finished. ``floor`` is the time that the drawn latencies and
    retry delays allow at best, with any number of workers; 0 where nothing waits. ``startup`` is the part of ``runtime``
    until the orchestrator was open, a cluster's workers ready. ``distinct_words`` is exact for an
    input of one chunk and estimated for more (``distinct_words_is_exact``). ``ledger_digest`` is equal for two runs
    exactly if the same attempts of the same items had the same outcomes. ``resumed_items`` were finished by an earlier
    run and taken from the ``checkpoint``; attempts, retries and the ledger are of this run alone.
    ``encoding`` is the one that was asked for, and ``looks_like`` what a text with ``invalid_bytes`` or NUL characters
    looks like. ``account`` tells where the time of the slots went, if the run was asked to. ``failed_items`` also have what an earlier run gave up. ``abandoned_attempts`` took too long and could not be ended.
    ``choice`` says what the orchestrator ``auto`` has chosen, and why.
    """

    runtime: float
    anagram_counts: Mapping[str, int] = field(repr=False)
    orchestrator: str
    tokenizer: str
    signature: str
    relation: str
    lexicon: str
    retry: str
    kernel: str
    faults: str
    latency_scale: float
    seed: int
    case: str
    chunk_size: int
    words: int
    distinct_words: int
    distinct_words_is_exact: bool
    matched_words: int
    bytes_read: int
    invalid_bytes: int
    floor: float
    startup: float
    tasks: Mapping[str, TaskStats]
    failures: Mapping[tuple[str, str], int]
    failed_items: Sequence[FailedItem] = field(repr=False)
    ledger_entries: int
    ledger_digest: str
    stale_completions: int
    abandoned_attempts: int = 0
    stop: Stop | None = None
    resumed_items: int = 0
    checkpoint: str = ""
    warnings: Sequence[str] = ()
    encoding: str = UTF_8
    looks_like: str = ""
    account: TimeAccount | None = None
    choice: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain data for JSON, its keys in reading order."""
        facts = {name: getattr(self, name) for name in _PLAIN}
        return {
            "runtime": round(self.runtime, 3),
            "anagram_counts": dict(self.anagram_counts),
            "complete": self.is_complete,
            "interrupted": self.is_interrupted,
            "stopped": None if self.stop is None else self.stop.to_dict(),
            **facts,
            "floor": round(self.floor, 3),
            "startup": round(self.startup, 3),
            "account": None if self.account is None else self.account.to_dict(),
            "attempts": self.attempts,
            "retries": self.retries,
            "lost": self.lost,
            **counts_to_dict(self),
            "failed_items": failed_to_list(self.failed_items),
            "ledger": {"entries": self.ledger_entries, "digest": self.ledger_digest},
            "warnings": list(self.warnings),
        }


_PLAIN = (
    "orchestrator",
    "choice",
    "tokenizer",
    "signature",
    "relation",
    "lexicon",
    "retry",
    "kernel",
    "faults",
    "latency_scale",
    "seed",
    "case",
    "chunk_size",
    "words",
    "distinct_words",
    "distinct_words_is_exact",
    "matched_words",
    "bytes_read",
    "invalid_bytes",
    "encoding",
    "looks_like",
    "resumed_items",
    "checkpoint",
    "stale_completions",
    "abandoned_attempts",
)
