"""Click's definitions of the options that ``benchmark`` and ``compare`` share, and how their texts are parsed."""

from __future__ import annotations

import re

import click

from pipeline_optimization.anagrams.cases import CASE_NAMES
from pipeline_optimization.cli.options import SIZE
from pipeline_optimization.cli.pipeline_option import pipeline_option
from pipeline_optimization.engine.faults import BUILT_IN_PROFILES
from pipeline_optimization.processors import processors
from pipeline_optimization.tasks.retry_settings import RetrySettings

__all__ = [
    "DEFAULT_BUDGET",
    "DEFAULT_SAMPLE",
    "DEFAULT_TIMEOUT",
    "LATENCY_SCALE",
    "MOST_ROUNDS",
    "OPTIONS",
    "PIPELINE_PROFILES",
    "PROFILE_NAMES",
    "duration",
    "scan",
    "share",
]

PROFILE_NAMES = ("mixed", "latency", "cpu")
PIPELINE_PROFILES = ("mixed", "latency", "as-is")
"""The profiles of a pipeline. If nothing is simulated (``as-is``), nobody knows whether it waits or computes."""

DEFAULT_SAMPLE = 1000
MOST_ROUNDS = 12
DEFAULT_BUDGET = 270.0
"""Seconds that a comparison takes by default. It takes longer if that is too short for the least number of rounds."""

DEFAULT_TIMEOUT = 10.0
LATENCY_SCALE = 0.02
"""With this factor the shortest wait of a task is 5 ms. Shorter ones would compare timers (``statistics.warnings``)."""


def duration(text: object) -> float:
    """Return the seconds of ``90``, ``90s``, ``5m`` or ``1h``. Raises click.BadParameter."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", str(text).strip())
    seconds = float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]] if match else 0.0
    if seconds <= 0:
        raise click.BadParameter(f"{text!r} is no duration; write 90s, 5m or 1h.")
    return seconds


def share(text: object) -> float:
    """Return the share that ``10%`` is: 0.1. Raises click.BadParameter."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", str(text).strip())
    if not match:
        raise click.BadParameter(f"{text!r} is no share; write it with its sign, as in 10%.")
    return float(match[1]) / 100.0


def scan(text: object) -> tuple[str, tuple[int, ...]]:
    """Return the dimension and the values of ``words=100..100000`` or ``workers=1..4``. Raises click.BadParameter.

    There are six numbers of words, which grow by a constant factor. There are all numbers of workers, or eight of them if they are more.
    """
    match = re.fullmatch(r"(words|workers)=(\d+)\.\.(\d+)", str(text).strip())
    low, high = (int(match[2]), int(match[3])) if match else (0, 0)
    if match is None or not 1 <= low < high:
        raise click.BadParameter(f"{text!r} is no scan; write words=100..100000 or workers=1..4.")
    if match[1] == "workers":
        count = min(high - low, 7)
        return "workers", tuple(sorted({low + (high - low) * i // count for i in range(count + 1)}))
    return "words", tuple(sorted({round(low * (high / low) ** (i / 5)) for i in range(6)}))


OPTIONS = (
    pipeline_option("Run this pipeline instead of counting anagrams; each NAME is then an input of it."),
    click.option(
        "--sample-size",
        type=click.IntRange(min=1),
        metavar="N",
        help=f"The size of the input that the pipeline's sample() makes if you name no input.  [default: {DEFAULT_SAMPLE}]",
    ),
    click.option(
        "--test-case",
        type=click.Choice([*CASE_NAMES, "all"]),
        help="The kind of texts.  [default: all; with --scan small]",
    ),
    click.option(
        "--profile",
        "profiles",
        type=click.Choice([*dict.fromkeys((*PROFILE_NAMES, *PIPELINE_PROFILES)), "all"]),
        multiple=True,
        help="mixed: faults and waiting; latency: waiting only; cpu: computing only; as-is: a pipeline without anything simulated.  "
        "[default: mixed; a comparison also measures the orchestrators at computing. A pipeline whose tasks declare nothing to "
        "simulate: as-is]",
    ),
    click.option("--iterations", type=click.IntRange(min=1), metavar="N", help="The number of timed rounds."),
    click.option("--detailed", is_flag=True, help="Show phases, quantiles, failures, methods, and every warning."),
    click.option(
        "--seed",
        type=int,
        help="Repeats texts, faults and order. One below 2^48, which contenders might guess, does so for this user on this machine only.  "
        "[default: a random one, which is printed]",
    ),
    click.option(
        "--faults", type=click.Choice(BUILT_IN_PROFILES), help="The faults of the profile mixed.  [default: exercise]"
    ),
    click.option(
        "--latency-scale",
        type=click.FloatRange(min=0),
        help=f"Multiplies all simulated times and the delays of retries.  [default: {LATENCY_SCALE}; of a pipeline, such that the "
        "shortest wait takes 5 ms at least]",
    ),
    click.option(
        "--retry",
        default=RetrySettings().name,
        show_default=True,
        metavar="NAME",
        help="When failed calls are tried again, in plugins and in files that use retry_task.",
    ),
    click.option(
        "-o",
        "pairs",
        multiple=True,
        metavar="KIND.KEY=VALUE",
        help="An option of the retry policy, retry.KEY, or of the pipeline, pipeline.KEY.",
    ),
    click.option(
        "--timeout",
        type=duration,
        help="The time limit of one execution.  [default: 10s; of a pipeline, ten times what a sequential run takes if that is longer]",
        metavar="TIME",
    ),
    click.option(
        "--memory-limit",
        type=SIZE,
        default="2GiB",
        show_default=True,
        metavar="SIZE",
        help="The limit of a contender with all its processes, such as 512MiB. A contender that exceeds it is killed.",
    ),
    click.option(
        "--time-budget", type=duration, metavar="TIME", help="Run as many rounds as fit into this time, 6 to 30."
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        default=processors,
        metavar="N",
        help="The number of workers of each contender.  [default: cores]",
    ),
    click.option(
        "--export",
        "exports",
        multiple=True,
        metavar="FILE",
        help="Write the results: .json, .csv, .md or .html (repeatable).",
    ),
    click.option("--save-baseline", metavar="NAME", help="Keep the results as a baseline."),
    click.option("--baseline", metavar="NAME", help="Compare with a baseline, or with a file of --export."),
    click.option(
        "--fail-if-slower",
        type=share,
        metavar="10%",
        help="Exit with 1 if a contender is certainly slower than the baseline by more than this.",
    ),
    click.option("--allow-different-machine", is_flag=True, help="Compare with another machine's baseline anyway."),
    click.option(
        "--noise-threshold",
        type=share,
        default="2%",
        metavar="2%",
        help="Ignore smaller differences.  [default: 2%]",
    ),
    click.option(
        "--scan", type=scan, metavar="WHAT", help="Measure how times grow: words=100..100000 or workers=1..4."
    ),
    click.option("--partial", metavar="FILE", help="Write samples there as they are taken.  [default: in the cache]"),
    click.option("--resume", metavar="FILE", help="Continue the interrupted comparison whose samples are in FILE."),
)
