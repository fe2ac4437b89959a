"""The report of a run that counts anagrams."""

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

    Attributes:
        runtime: The time of the whole run.
        anagram_counts: How often each word of the lexicon occurs as an anagram of the text's words, sorted by word. If the run is not complete, it
            covers only what was finished.
        orchestrator: The orchestrator's name.
        tokenizer: The tokenizer.
        signature: The signature.
        relation: What counted words have in common with the text's words: "anagram", or what the signature declares.
        lexicon: The lexicon.
        retry: The retry policy.
        kernel: The counting kernel.
        faults: The fault profile.
        latency_scale: The factor of simulated times.
        seed: The seed of simulated waits and failures.
        case: The name that keeps draws of this input apart.
        chunk_size: Bytes of input in one chunk.
        words: The number of words, repeated ones each time.
        distinct_words: The number of different words. It is exact for an input of one chunk, and estimated for more.
        distinct_words_is_exact: Whether ``distinct_words`` is exact.
        matched_words: The number of words that have anagrams in the lexicon, repeated ones each time.
        bytes_read: Bytes of input.
        invalid_bytes: How many sequences of bytes became U+FFFD.
        floor: The shortest time that the drawn latencies and retry delays allow, with any number of workers. It is 0 if nothing waits.
        startup: The part of ``runtime`` that passed before the orchestrator was open and a cluster's workers were ready.
        tasks: What became of the items of each task.
        failures: How many items failed for good, by task and error.
        failed_items: The first 100 items that failed for good, in earlier runs of the checkpoint too.
        ledger_entries: The number of attempts that answered.
        ledger_digest: A digest of all attempts. It is equal for two runs exactly if the same attempts of the same items had the same outcomes.
        stale_completions: Completions that came too late or twice, and were ignored.
        abandoned_attempts: Attempts that took too long and could not be ended.
        stop: What stopped the run early, if anything did.
        resumed_items: Items that an earlier run had finished, taken from the ``checkpoint``. Attempts, retries and the ledger are of this run alone.
        checkpoint: The path of the checkpoint, or empty.
        warnings: Warnings for people.
        encoding: The encoding that was asked for.
        looks_like: What a text with ``invalid_bytes`` or NUL characters looks like.
        account: Where the time of the slots went, if the run was asked to keep an account.
        choice: What the orchestrator ``auto`` has chosen, and why.
        is_complete: False if an item failed for good, or something stopped the run (``stop``).
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
