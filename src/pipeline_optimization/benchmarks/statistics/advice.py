"""The recommendation in words: one sentence to act on, and what must be known with it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import evolve

from pipeline_optimization.benchmarks.advice import Advice
from pipeline_optimization.benchmarks.axes import SETTING
from pipeline_optimization.benchmarks.reports.quantities import pace
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.benchmarks.statistics.series import CaseSeries
from pipeline_optimization.benchmarks.statistics.wording import between, listed
from pipeline_optimization.benchmarks.summary_row import Interval, SummaryRow

__all__ = ["arguments_of", "why_of", "words_on_files"]


def arguments_of(name: str) -> str:
    """Return the options that select a contender. For ``asyncio retry=fixed`` they are ``--orchestrator asyncio --retry fixed``."""
    orchestrator, *variants = re.split(SETTING, name)
    options = ["--orchestrator", orchestrator]
    for kind, _, value in (variant.partition("=") for variant in variants):
        # Options of the orchestrator are written without their kind.
        pair = f"{kind.removeprefix('orchestrator.')}={value}"
        options += ["-o", pair] if "." in kind else [f"--{kind.replace('_', '-')}", value]
    return shlex.join(options)


_WHICH: Mapping[str, str] = {"all": "below", "waiting": "that wait", "computing": "that compute"}


def why_of(
    advice: Advice,
    *,
    cases: int,
    installed: Sequence[str],
    is_tested: bool,
    is_simplest: bool = False,
    reference: str = "",
    is_cut: bool = False,
) -> Advice:
    """Return the advice with its sentences.

    Args:
        advice: What was decided.
        cases: How many cases it is about.
        installed: All installed orchestrators that were compared.
        is_tested: Whether there were enough rounds to be certain of anything.
        is_simplest: Whether it is the simplest of those that it is tied with.
        reference: The contender that gains refer to, or empty if it did not finish its work.
        is_cut: Whether an interruption came before all of them were measured.
    """
    where = "here" if cases == 1 else f"over the {cases} cases {_WHICH[advice.work]}"
    if cases and installed and is_cut and not advice.against:
        sentences: Iterable[str] = [_cut_short(advice)]
    elif not advice.use:
        sentences = [_nothing(advice, cases, installed)]
    elif not advice.against:
        others = "got through without a fault" if len(installed) > 1 else "was compared"
        sentences = [f"Use {arguments_of(advice.use)}: nothing else that is installed {others}."]
    elif not is_tested:
        gain = (
            f"{_gain(advice, has_interval=False)} {where}"
            if advice.use != reference
            else f"it had the best times {where}"
        )
        sentences = [f"Probably use {arguments_of(advice.use)}: {gain}, but there were too few rounds to be certain."]
    elif advice.use == reference:
        sentences = _on_reference(advice, where)
    else:
        sentences = _on_gain(advice, where, is_simplest=is_simplest)
    return evolve(advice, why=" ".join(sentences))


def _cut_short(advice: Advice) -> str:
    if advice.use:
        return f"Only {advice.use} was measured before the interruption, which is no comparison."
    return "No installed orchestrator was measured in full before the interruption."


def _nothing(advice: Advice, cases: int, installed: Sequence[str]) -> str:
    if not cases:
        profile = "cpu" if advice.work == "computing" else "mixed"
        return f"{advice.work.capitalize()} work was not measured; --profile {profile} measures it."
    if not installed:
        return "No installed orchestrator was compared."
    return f"No installed orchestrator got through {'this case' if cases == 1 else 'every case'} without a fault."


def _on_reference(advice: Advice, where: str) -> Iterator[str]:
    use = f"Use {arguments_of(advice.use)}"
    if advice.certain:
        yield f"{use}: everything else that is installed is slower {where}."
        yield f"It is {_gain(advice)}, the next best{_interval(advice)}."
        return
    yield f"{use}: nothing else that is installed is certainly faster {where}, and it is the simplest."
    if advice.tied:
        yield f"It cannot be told from {listed(advice.tied)}."


def _on_gain(advice: Advice, where: str, *, is_simplest: bool) -> Iterator[str]:
    doubt = "" if advice.certain else ", which is not certain"
    yield f"Use {arguments_of(advice.use)}: {_gain(advice)} {where}{_interval(advice)}{doubt}."
    if advice.tied:
        reason = f", and is {'the simplest of them' if len(advice.tied) > 1 else 'simpler'}" if is_simplest else ""
        yield f"It cannot be told from {listed(advice.tied)}{reason}."


def _gain(advice: Advice, *, has_interval: bool = True) -> str:
    """Return the gain. If its interval is shown too, it has the same number of decimals."""
    ratio, ends = _ratio(advice)
    return f"{pace(ratio, ends if has_interval else None)} as {advice.against}"


def _interval(advice: Advice) -> str:
    """Return the gain's interval in the unit of ``_gain``."""
    ratio, ends = _ratio(advice)
    return between(ratio, ends)


def _ratio(advice: Advice) -> tuple[float, Interval | None]:
    """Return the gain as a ratio of times, with its interval."""
    if not advice.times_as_fast:
        return 1.0, None
    ends = (1.0 / advice.interval[1], 1.0 / advice.interval[0]) if advice.interval else None
    return 1.0 / advice.times_as_fast, ends


def words_on_files(results: Results, advices: Sequence[Advice]) -> str:
    """Return what the files of the comparison show beside what is installed, or an empty text if no file finished its work."""
    files = {one.name for one in results.contenders if one.kind == "file"}
    found = []
    for advice in advices:
        rows = results.rows_of(advice.case, advice.profile)
        sound = [row for row in rows if row.contender in files and not row.problems and row.runtime_ms is not None]
        if sound:
            place = f"in {advice.profile} · {advice.case}, " if len(advices) > 1 else ""
            found.append(f"{place}{_on_files(results, advice, rows, sound)}")
    return f"Files, which are not installed: {'; '.join(found)}." if found else ""


def _on_files(results: Results, advice: Advice, rows: Sequence[SummaryRow], files: Sequence[SummaryRow]) -> str:
    best = next((row for row in files if row.verdict == "best"), None)
    fastest = best or min(files, key=lambda row: (row.runtime_ms or 0.0, row.contender))
    if not advice.use:
        return f"{fastest.contender} {'is' if best else 'was seen to be'} the fastest"
    compared = CaseSeries(results.samples_of(advice.case, advice.profile)).ratio(fastest.contender, advice.use)
    ratio, interval = compared or (1.0, None)
    words = f"{pace(ratio, interval)} as {advice.use}"
    used = next(row for row in rows if row.contender == advice.use)
    if best and used.verdict == "slower":
        return f"{best.contender} is {words}{between(ratio, interval)}"
    if best:
        return f"{best.contender} cannot be told from {advice.use}"
    if fastest.verdict == "unranked":
        seen = f"{pace(ratio)} as {advice.use}"
        return f"{fastest.contender} was seen {seen if ratio < 1 else f'to take {seen}'}, which is not certain"
    return f"none is certainly faster than {advice.use}"
