"""The faults that a contender may have. Each has a name, a sentence, and a consequence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from attrs import frozen

__all__ = ["PROBLEMS", "Consequence", "Disqualification", "ProblemKind", "consequence_of", "meaning_of"]

Disqualification = Literal["wrong", "failed", "unranked"]
"""``wrong``: its answers cannot be trusted. ``failed``: it did not finish its work. ``unranked``: its times cannot be compared."""

Consequence = Disqualification | Literal["noted"]
"""``noted``: the reader is told, and nothing else changes (``Sample.notes``)."""


@frozen
class ProblemKind:
    """A fault's code, its effect on the verdict, and its meaning in one sentence."""

    code: str
    consequence: Consequence
    meaning: str


_KINDS = (
    ProblemKind("wrong_counts", "wrong", "It returned counts that differ from the oracle's."),
    ProblemKind("counted_distinct_words", "wrong", "It counted each different word once instead of each occurrence."),
    ProblemKind("dropped_words", "wrong", "Words whose task had failed are missing from its counts."),
    ProblemKind("invented_words", "wrong", "It returned words that do not belong to any word of the text."),
    ProblemKind("wrong_result", "wrong", "It returned a result that differs from the right one."),
    ProblemKind("lost_elements", "wrong", "It left out elements of the input."),
    ProblemKind("memorised_answer", "wrong", "It answered from memory: with another text's counts, or without work."),
    ProblemKind(
        "bad_result",
        "wrong",
        "process_text() did not return {'runtime': milliseconds, 'anagram_counts': {word: number}}.",
    ),
    ProblemKind("skipped_stages", "wrong", "It returned an answer without a successful call of every stage."),
    ProblemKind("stages_out_of_order", "wrong", "It called a stage before what the stage works on was there."),
    ProblemKind("skipped_latency", "wrong", "It was faster than the simulated latency that it had to pass."),
    ProblemKind("import_error", "failed", "The file could not be imported."),
    ProblemKind("no_orchestrator", "failed", "The file has no usable TaskOrchestrator class."),
    ProblemKind("exception", "failed", "process_text() raised something other than an injected fault."),
    ProblemKind("failed_elements", "failed", "With it, elements failed for good that succeed in a sequential run."),
    ProblemKind("timeout", "failed", "It did not end in time and was killed."),
    ProblemKind("out_of_memory", "failed", "It took more memory than --memory-limit allows and was killed."),
    ProblemKind("crashed", "failed", "Its process was ended by a signal."),
    ProblemKind("exited", "failed", "Its process ended before its work was done."),
    ProblemKind("forked", "failed", "The child of a fork went on as if it were its parent."),
    ProblemKind("garbled_reports", "failed", "The pipe for the harness's own reports contained something else."),
    ProblemKind("not_measured", "failed", "The harness met an error of the system while it measured it."),
    ProblemKind("leaked_process", "failed", "Processes that it started outlived it and were killed."),
    ProblemKind("leaked_thread", "failed", "Threads that it started pile up, or kept its process from ending."),
    ProblemKind("exhausted_retries", "unranked", "Injected faults got through its retries, or it has none."),
    ProblemKind("declined", "unranked", "It declined the text (NotImplementedError): such texts are beyond it."),
    ProblemKind(
        "raised_priority", "unranked", "It gave itself a higher priority, or more processors, than the others have."
    ),
    ProblemKind(
        "skipped_delays",
        "unranked",
        "It tried again before the delay of its retry policy was over.",
    ),
    ProblemKind("own_clock", "unranked", "The run time that it reports is not the one that was measured."),
    ProblemKind("left_files", "noted", "While it ran, files appeared or changed where others can find them."),
    ProblemKind("wrote_to_stdout", "noted", "It wrote to standard output."),
)

OF_PIPELINES: Mapping[str, str] = {
    "bad_result": "Its result cannot be compared.",
    "exception": "The run raised something other than an injected fault, or was stopped.",
    "memorised_answer": "It answered from memory: with another input's result, or without work.",
    "skipped_stages": "It returned an answer without a successful call of every simulated step for every element.",
    "stages_out_of_order": "It called a step for an element before the step before it.",
}
"""The meanings that differ if the work is a user's own pipeline."""

PROBLEMS: Mapping[str, ProblemKind] = {kind.code: kind for kind in _KINDS}
"""Every fault by its code, the gravest kinds first."""


def meaning_of(code: str, *, is_pipeline: bool = False) -> str:
    """Return the meaning of a fault in one sentence. ``is_pipeline``: the work was a user's own pipeline."""
    if is_pipeline and code in OF_PIPELINES:
        return OF_PIPELINES[code]
    return PROBLEMS[code].meaning if code in PROBLEMS else f"{code}."


def consequence_of(codes: Iterable[str]) -> Disqualification | None:
    """Return the gravest consequence of some faults for the verdict. It is None if there are no faults, or only notes."""
    found = {PROBLEMS[code].consequence for code in codes}
    gravest_first: tuple[Disqualification, ...] = ("wrong", "failed", "unranked")
    return next((consequence for consequence in gravest_first if consequence in found), None)
