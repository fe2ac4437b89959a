"""The options that ``benchmark`` and ``compare`` share, and what they make of them."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve, fields, frozen

from pipeline_optimization.anagrams.cases import CASE_NAMES
from pipeline_optimization.cli.component_options import KindOptions
from pipeline_optimization.cli.pipeline_option import pipeline_option
from pipeline_optimization.cli.sizes import SIZE
from pipeline_optimization.engine.faults import PROFILES, new_seed
from pipeline_optimization.errors import UsageError
from pipeline_optimization.processors import processors
from pipeline_optimization.registry import Registry
from pipeline_optimization.shell_quoting import quoted_command
from pipeline_optimization.tasks.retry_settings import RetrySettings

if TYPE_CHECKING:
    from pipeline_optimization.benchmarks.inputs import BenchmarkCase
    from pipeline_optimization.benchmarks.settings import ComparisonSettings

__all__ = ["CommonOptions", "collect", "common_options", "duration", "require_packages", "scan", "share"]

PROFILE_NAMES = ("mixed", "latency", "cpu")
PIPELINE_PROFILES = ("mixed", "latency", "as-is")
"""The profiles of a pipeline: nobody knows whether one that is run as it is waits or computes."""

DEFAULT_SAMPLE = 1000
DEFAULT_TIMEOUT = 10.0
LATENCY_SCALE = 0.02
"""The shortest wait of a task is then 5 ms: below, timers would be what is compared (``statistics.warnings``)."""


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
    """Return what ``words=100..100000`` or ``workers=1..4`` goes through. Raises click.BadParameter.

    Sizes grow by a constant factor, six of them; of workers there is every number up to eight of them.
    """
    match = re.fullmatch(r"(words|workers)=(\d+)\.\.(\d+)", str(text).strip())
    low, high = (int(match[2]), int(match[3])) if match else (0, 0)
    if match is None or not 1 <= low < high:
        raise click.BadParameter(f"{text!r} is no scan; write words=100..100000 or workers=1..4.")
    if match[1] == "workers":
        count = min(high - low, 7)
        return "workers", tuple(sorted({low + (high - low) * i // count for i in range(count + 1)}))
    return "words", tuple(sorted({round(low * (high / low) ** (i / 5)) for i in range(6)}))


@frozen(kw_only=True)
class CommonOptions:
    """What was given on the command line, checked, with defaults filled in.

    ``chosen`` has the names of those whose default depends on what is compared, if the user set them.
    """

    chosen: frozenset[str]
    pipeline: str | None
    sample_size: int
    test_case: str | None
    profiles: Sequence[str]
    iterations: int | None
    detailed: bool
    seed: int
    faults: str
    latency_scale: float
    timeout: float
    memory_limit: int
    time_budget: float | None
    workers: int
    retry: str
    pairs: Sequence[str]
    exports: Sequence[str]
    save_baseline: str | None
    baseline: str | None
    fail_if_slower: float | None
    allow_different_machine: bool
    noise_threshold: float
    scan: tuple[str, tuple[int, ...]] | None
    partial: str | None
    resume: str | None

    def retry_settings(self, registry: Registry) -> RetrySettings:
        """Return the retry policy of all contenders. Raises UsageError for one that nobody has, and for wrong options."""
        given = KindOptions.parse(self.pairs)
        if given != KindOptions(retry=given.retry, pipeline=given.pipeline):
            raise click.UsageError("Here, -o takes options of the retry policy only: -o retry.KEY=VALUE.")
        if given.pipeline and self.pipeline is None:
            raise click.UsageError(
                f"-o pipeline.{next(iter(given.pipeline))} is for a pipeline: name it with --pipeline."
            )
        registry.retry_policy(self.retry, given.retry).build()
        return RetrySettings(name=self.retry, options=given.retry)

    def cases(self, *, adds_computing: bool) -> Sequence[BenchmarkCase]:
        """Return what is measured: all test cases under the profile ``mixed`` where nothing is named.

        With ``adds_computing`` the orchestrators are measured at computing, too, where nothing is named.
        """
        from pipeline_optimization.benchmarks.anagrams.cases import (  # noqa: PLC0415 - --help is quick without it
            benchmark_case,
            scan_cases,
        )

        is_default = self.test_case is None and not self.profiles
        names = CASE_NAMES if self.test_case in {None, "all"} else (self.test_case or "",)
        if self.scan is not None and self.test_case is None:
            names = CASE_NAMES[:1]
        cases = [
            benchmark_case(name, profile, faults=self.faults, latency_scale=self.latency_scale)
            for name in names
            for profile in self.profiles or ("mixed",)
        ]
        if self.scan is not None:
            return [one for case in cases for one in scan_cases(case, *self.scan)]
        if is_default and adds_computing:
            cases.append(benchmark_case(CASE_NAMES[0], "cpu", latency_scale=0.0))
        if self.test_case is not None:
            return cases
        # Files look up word by word in Python, whatever they do besides: it takes long, and says little of them. They
        # compute where somebody asks for it, in the case that lets them end in time.
        return [
            evolve(case, kind="plugin")
            if case.profile == "cpu" and (is_default or case.name != CASE_NAMES[0])
            else case
            for case in cases
        ]

    def settings(
        self,
        ctx: click.Context,
        registry: Registry,
        *,
        reference: str,
        rounds: int | None,
        budget: float | None,
        least_rounds: int,
        most_rounds: int,
        cases: Sequence[BenchmarkCase],
    ) -> ComparisonSettings:
        """Return the settings of a comparison of these cases; the other arguments are the command's defaults.

        Where neither the user nor the command sets the rounds, they are as many as fit into the budget in seconds.
        """
        from pipeline_optimization.benchmarks.settings import ComparisonSettings  # noqa: PLC0415 - as above

        has_budget = self.time_budget is not None
        budget = self.time_budget if has_budget else budget
        return ComparisonSettings(
            cases=cases,
            reference=reference,
            seed=self.seed,
            rounds=self.iterations if self.iterations is not None or has_budget else rounds,
            least_rounds=6 if has_budget else least_rounds,
            most_rounds=30 if has_budget else most_rounds,
            time_budget=budget if self.iterations is None else None,
            workers=self.workers,
            timeout=self.timeout,
            memory_limit=self.memory_limit,
            command=quoted_command(["anagram", str(ctx.command.name), *self.arguments(ctx)]),
            noise_threshold=self.noise_threshold,
            retry=self.retry_settings(registry),
        )

    def arguments(self, ctx: click.Context) -> list[str]:
        """Return the arguments that the user gave, with the seed: they repeat the comparison."""
        given = [str(argument) for argument in ctx.obj or ()]
        return given if "--seed" in given else [*given, "--seed", str(self.seed)]


def common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared options; it gets them as one ``CommonOptions``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def collect(values: dict[str, object]) -> CommonOptions:
    """Make ``CommonOptions`` of click's parameters, and take them out of the dictionary. Raises UsageError."""
    raw: dict[str, Any] = {
        attribute.name: values.pop(attribute.name) for attribute in fields(CommonOptions) if attribute.name != "chosen"
    }
    raw["chosen"] = frozenset(name for name in _DEFAULTS if raw[name] is not None)
    for name in _DEFAULTS.keys() - raw["chosen"]:
        raw[name] = _DEFAULTS[name]
    named_by_user = tuple(dict.fromkeys(raw["profiles"]))
    known = PROFILE_NAMES if raw["pipeline"] is None else PIPELINE_PROFILES
    raw["profiles"] = known if "all" in named_by_user else named_by_user
    _check_for_work(raw, known)
    if raw["scan"] is not None:
        if raw["test_case"] == "all" or len(raw["profiles"]) > 1:
            raise click.UsageError("--scan takes one test case and one profile, since it makes many cases of them.")
        if raw["scan"][0] == "words" and not named_by_user:
            raw["profiles"] = ("cpu",)
    if raw["seed"] is None:
        raw["seed"] = new_seed()
    if raw["iterations"] is not None and raw["time_budget"] is not None:
        raise click.UsageError("--iterations and --time-budget exclude each other: one of them sets the rounds.")
    if raw["fail_if_slower"] is not None and raw["baseline"] is None:
        raise click.UsageError("--fail-if-slower compares with a baseline: name it with --baseline.")
    return CommonOptions(**raw)


_DEFAULTS: Mapping[str, float | str] = {
    "timeout": DEFAULT_TIMEOUT,
    "latency_scale": LATENCY_SCALE,
    "faults": "exercise",
    "sample_size": DEFAULT_SAMPLE,
}
"""Defaults that are others for a pipeline, or tell nothing there."""


def _check_for_work(raw: Mapping[str, Any], profiles: Sequence[str]) -> None:
    """Raise UsageError for options that say nothing of what is compared: texts, or a pipeline."""
    unknown = next((name for name in raw["profiles"] if name not in profiles), None)
    is_pipeline = raw["pipeline"] is not None
    if unknown is not None:
        of = "a pipeline" if is_pipeline else "texts"
        raise click.UsageError(f"--profile {unknown} says nothing of {of}: there it is {', '.join(profiles)}, or all.")
    if not is_pipeline and "sample_size" in raw["chosen"]:
        raise click.UsageError("--sample-size is for a pipeline: name it with --pipeline.")
    if is_pipeline and raw["test_case"] is not None:
        raise click.UsageError("--test-case is for counting anagrams; leave it out with --pipeline, and name an input.")
    if is_pipeline and raw["scan"] is not None and raw["scan"][0] == "words":
        raise click.UsageError("--scan words=… is for counting anagrams; with --pipeline there is --scan workers=1..4.")


def require_packages() -> None:
    """Raise UsageError where the extra ``benchmark`` is not installed."""
    missing = [name for name in ("cattrs", "jinja2", "psutil", "scipy") if find_spec(name) is None]
    if missing:
        raise UsageError(f"The harness needs {', '.join(missing)}. Run: pip install 'pipeline-optimization[benchmark]'")
    if sys.platform == "win32":
        raise UsageError("The harness runs on Linux and macOS; on Windows, use WSL.")


_OPTIONS = (
    pipeline_option("Run this pipeline over the input instead of counting anagrams; NAMEs are its input then."),
    click.option(
        "--sample-size",
        type=click.IntRange(min=1),
        metavar="N",
        help=f"How large an input is that the pipeline's sample() makes, where none is named.  [default: {DEFAULT_SAMPLE}]",
    ),
    click.option(
        "--test-case",
        type=click.Choice([*CASE_NAMES, "all"]),
        help="What texts are like.  [default: all; with --scan small]",
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
    click.option("--iterations", type=click.IntRange(min=1), metavar="N", help="Timed rounds."),
    click.option("--detailed", is_flag=True, help="Phases, quantiles, failures, methods, and every warning."),
    click.option("--seed", type=int, help="Repeats texts, faults and order.  [default: drawn and printed]"),
    click.option("--faults", type=click.Choice(sorted(PROFILES)), help="Of the profile mixed.  [default: exercise]"),
    click.option(
        "--latency-scale",
        type=click.FloatRange(min=0),
        help=f"Multiplies simulated times, delays of retries among them.  [default: {LATENCY_SCALE}; of a pipeline, such that the "
        "shortest wait takes 5 ms at least]",
    ),
    click.option(
        "--retry",
        default=RetrySettings().name,
        show_default=True,
        metavar="NAME",
        help="When failed calls are made again, in plugins and in files that use retry_task.",
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
        help="For one execution.  [default: 10s; of a pipeline, ten times what a sequential run takes if that is longer]",
        metavar="TIME",
    ),
    click.option(
        "--memory-limit",
        type=SIZE,
        default="2GiB",
        show_default=True,
        metavar="SIZE",
        help="For a contender with all its processes, such as 512MiB; it is killed beyond.",
    ),
    click.option("--time-budget", type=duration, metavar="TIME", help="As many rounds as fit, 6 to 30."),
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        default=processors,
        metavar="N",
        help="For everyone.  [default: cores]",
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
        "--fail-if-slower", type=share, metavar="10%", help="Exit with 1 if surely slower than the baseline by more."
    ),
    click.option("--allow-different-machine", is_flag=True, help="Compare with another machine's baseline anyway."),
    click.option(
        "--noise-threshold",
        type=share,
        default="2%",
        metavar="2%",
        help="Smaller differences count as none.  [default: 2%]",
    ),
    click.option("--scan", type=scan, metavar="WHAT", help="words=100..100000 or workers=1..4: how times grow."),
    click.option("--partial", metavar="FILE", help="Where samples go as they are taken.  [default: in the cache]"),
    click.option("--resume", metavar="FILE", help="Go on with an interrupted run's samples."),
)
