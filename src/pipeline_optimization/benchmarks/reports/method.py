"""Texts on how the numbers were obtained, and how they can mislead. They are printed with every report."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline_optimization.benchmarks.results import Results

__all__ = ["KNOWN_BIASES", "METHOD", "method_of"]

METHOD = (
    (
        "Sample",
        (
            "One fresh process that runs one contender in one case and profile: import, set-up, one cold execution (in large "
            "of a text as short as medium's), a few warm ones, tear-down. Each phase has its own number. A sample's time is the median of its correct warm "
            "executions; executions of different processes are never pooled."
        ),
    ),
    (
        "Round",
        (
            "Every contender once, in random order, drawn anew for each round. The same program measured in blocks, one "
            "after the other, looked up to five times slower under its second name; shuffled, it did not. The first round "
            "of each profile fills caches and is discarded."
        ),
    ),
    (
        "Clock",
        (
            "Times are the harness's: from sending a text, which the sample process does not hold before, to having "
            "received the whole answer. What a process says of its own time is only compared with it."
        ),
    ),
    (
        "Faults",
        (
            "Failures and latency are simulated. Each is a pure function of the seed, the task, its argument and the "
            "attempt, so all contenders of a round meet the same ones. The harness's own process draws them, lets each call "
            "wait, and records it; that shows which of them an execution met, and so whether it was to be expected to "
            "succeed."
        ),
    ),
    (
        "Answers",
        (
            "Every answer is compared with that of an independent oracle, for a text of the same size that is new for "
            "each execution. The times of wrong answers are in no mean and no interval; words per second take them as time "
            "in which no word was counted."
        ),
    ),
    (
        "Average and interval",
        (
            "The average is the mean of the rounds' times. The interval is the exact 95 % order-statistic interval of "
            "their median, which assumes no distribution; it needs at least six rounds."
        ),
    ),
    (
        "Ratio",
        (
            "The median over rounds of a contender's time divided by the reference's time in the same round. Pairing "
            "removes drift and what the round's faults have in common."
        ),
    ),
    (
        "Best and tied",
        (
            "A Friedman test over rounds; unless it finds a difference, all are tied. Then each contender is tested against the one "
            "with the best median, with Holm's correction. A contender that is not told apart from it is tied. Differences below the noise "
            "threshold count as none."
        ),
    ),
    (
        "Memory",
        (
            "The peak over time of the proportional set size (PSS) summed over the process tree, sampled from outside in "
            "rounds of its own, whose times are used nowhere. Growth is the tree's memory after the last warm execution "
            "less that before the first warm one."
        ),
    ),
    ("CPU", "CPU seconds of the process tree over the wall time of the warm executions: 100 % is one core busy."),
)
"""The measured quantities with their methods, as (term, text)."""

KNOWN_BIASES = (
    (
        "Sampled memory is a lower bound: a spike between two readings is missed. The upper bound in the details is the sum "
        "of each process's own high-water mark, which need not have been reached at the same moment."
    ),
    (
        "Reading PSS slows a process that allocates, by 1 to 10 % where this was tried. Therefore it is read only in memory "
        "rounds; the times of other rounds do not contain it."
    ),
    "CPU time of helpers that end between two readings, or that a contender hides from its parent, can be missed.",
    (
        "Simulated latency is sleep. It competes for no network, no disk and no cache, and timers wake late by a fraction "
        "of a millisecond; latency of less than 5 ms favours contenders that batch their timers."
    ),
    (
        "The machine is what it was: a virtual machine's neighbours, frequency changes and heat are seen only through the "
        "control loop that runs before each sample."
    ),
    "Samples are short and begin with a fresh process. Nothing here tells how a contender behaves after hours.",
    "Words are few and texts are small. Results for one case do not carry over to texts a thousand times as large.",
    "The harness shares the machine with what it measures; its own cost is recorded with each sample.",
    (
        "A contender runs in the process that takes its time. One that tampers on purpose with that process can forge "
        "numbers that a check from outside does not catch; the checks are against mistakes, not against malice."
    ),
)
"""The facts that a reader should know before believing the results, in a sentence or two each."""

_OF_PIPELINES = {
    "Sample": (
        "One fresh process that runs the pipeline with one contender under one profile: import, set-up, one cold execution, a few "
        "warm ones, tear-down. Each phase has its own number. A sample's time is the median of its correct warm executions; executions of "
        "different processes are never pooled."
    ),
    "Clock": (
        "Times are the harness's: from naming or sending the input to having received the whole result as plain data. What a process says "
        "of its own time is only compared with it."
    ),
    "Answers": (
        "Every result is compared with that of a sequential run without faults in a process of its own, or with what the pipeline's "
        "expected() says; the same elements must fail for good. The times of wrong results are in no mean and no interval; elements per "
        "second take them as time in which nothing was done."
    ),
}
"""The terms whose text differs if a user's own pipeline was run."""


def method_of(results: Results) -> Sequence[tuple[str, str]]:
    """Return what is measured and how, as (term, text)."""
    if results.run.pipeline is None:
        return METHOD
    return [(term, _OF_PIPELINES.get(term, text)) for term, text in METHOD]
