"""The values of the options that ``benchmark`` and ``compare`` share, and the settings and cases that follow from them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import evolve, fields, frozen

from pipeline_optimization.anagrams.cases import CASE_NAMES
from pipeline_optimization.cli.compare.option_definitions import (
    DEFAULT_SAMPLE,
    DEFAULT_TIMEOUT,
    LATENCY_SCALE,
    OPTIONS,
    PIPELINE_PROFILES,
    PROFILE_NAMES,
)
from pipeline_optimization.cli.component_options import KindOptions
from pipeline_optimization.cli.options import option_group
from pipeline_optimization.errors import UsageError
from pipeline_optimization.registry import Registry
from pipeline_optimization.registry.installing import how_to_add
from pipeline_optimization.shell_quoting import quoted_command
from pipeline_optimization.tasks.retry_settings import RetrySettings

if TYPE_CHECKING:
    from pipeline_optimization.benchmarks.inputs import BenchmarkCase
    from pipeline_optimization.benchmarks.settings import ComparisonSettings

__all__ = ["CommonOptions", "collect", "common_options", "require_packages", "resumed_parameters"]


@frozen(kw_only=True)
class CommonOptions:
    """The values of the shared options, checked, with defaults filled in.

    The defaults of some depend on what is compared; ``chosen`` has the names of those among them that the user has set.
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
        """Return the retry policy of all contenders. Raises UsageError for an unknown policy, and for wrong options."""
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
        """Return the cases to measure: if the user names none, all test cases under the profile ``mixed``.

        With ``adds_computing``, these are followed by a case that measures how orchestrators compute.
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
        # Contenders that are files look up word by word in Python, whatever else they do. This takes long, and says
        # little of them. So they get the profile cpu only if the user asks for it, and then only with the smallest text.
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

        If neither the user nor the command sets the number of rounds, as many are made as fit into the budget in seconds.
        """
        from pipeline_optimization.benchmarks.secret_seeds import unguessable  # noqa: PLC0415 - as above
        from pipeline_optimization.benchmarks.settings import ComparisonSettings  # noqa: PLC0415 - as above

        has_budget = self.time_budget is not None
        budget = self.time_budget if has_budget else budget
        return ComparisonSettings(
            cases=cases,
            reference=reference,
            seed=self.seed,
            secret_seed=unguessable(self.seed),
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
        """Return the arguments that repeat the comparison: those that the user gave, and the seed."""
        given = [str(argument) for argument in ctx.obj or ()]
        return given if "--seed" in given else [*given, "--seed", str(self.seed)]


common_options = option_group(OPTIONS)
"""Gives a command the shared options. ``collect`` makes one ``CommonOptions`` of their values."""


def collect(values: dict[str, object]) -> CommonOptions:
    """Take the shared options out of a command's parameters, check them, and fill in defaults. Raises UsageError."""
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
        from pipeline_optimization.benchmarks.secret_seeds import new_wide_seed  # noqa: PLC0415 - --help is quick without it

        raw["seed"] = new_wide_seed()
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
"""Defaults of options that have another default for a pipeline, or no meaning there."""


def _check_for_work(raw: Mapping[str, Any], profiles: Sequence[str]) -> None:
    """Raise UsageError for options that have no meaning for what is compared, texts or a pipeline."""
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


def resumed_parameters(ctx: click.Context, path: str) -> dict[str, object]:
    """Return the parameters of an interrupted comparison, with the seed that it had, to go on with its partial file.

    Raises UsageError if another command wrote the file.
    """
    from pipeline_optimization.benchmarks.partial import read_header  # noqa: PLC0415 - --help is quick without it

    header = read_header(Path(path))
    if header.command != ctx.command.name:
        raise UsageError(f"{path} belongs to 'anagram {header.command}'; go on with that command.")
    arguments = [*header.arguments, "--seed", str(header.seed)]
    again = ctx.command.make_context(ctx.info_name, arguments, parent=ctx.parent)
    return {**again.params, "resume": path}


def require_packages() -> None:
    """Raise UsageError if the packages of the extra ``benchmark`` are not installed, or on Windows."""
    missing = [name for name in ("cattrs", "jinja2", "psutil", "scipy") if find_spec(name) is None]
    if missing:
        raise UsageError(f"The harness needs {', '.join(missing)}. Run: {how_to_add('benchmark')}")
    if sys.platform == "win32":
        raise UsageError("The harness runs on Linux and macOS; on Windows, use WSL.")
