"""The first lines of every report: what to use, then what else must be known of that."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from pipeline_optimization.benchmarks.results import Results

__all__ = ["Answer", "answer_of"]


@frozen(kw_only=True)
class Answer:
    """The sentence to act on, empty if there was nothing to compare, and the sentences that belong to it."""

    sentence: str
    more: Sequence[str]


def answer_of(results: Results) -> Answer:
    """Return the recommendation as sentences: on all work, each kind of it, files, the rounds that are missing, and what cannot be known."""
    found = results.recommendation
    measured = {case.work for case in results.cases}
    limits = [] if results.run.pipeline is None else results.run.pipeline.limits
    more = [
        f"For {advice.work} work, {advice.why[:1].lower()}{advice.why[1:]}" if advice.work in measured else advice.why
        for advice in (found.by_work if results.run.pipeline is None else ())
        if advice.work not in measured or len(measured) > 1
    ]
    return Answer(
        sentence=found.why, more=[sentence for sentence in (*more, found.files, found.caveat, *limits) if sentence]
    )
