"""The HTML report: one file with its data, its charts and the library that draws them."""

from __future__ import annotations

import json
from importlib.resources import files

from pipeline_optimization.benchmarks.documents import to_json_line
from pipeline_optimization.benchmarks.reports import overview
from pipeline_optimization.benchmarks.reports.answer import answer_of
from pipeline_optimization.benchmarks.reports.columns import CONTENDER_TITLE, MARKS, VERDICT_TITLE
from pipeline_optimization.benchmarks.reports.html import tables
from pipeline_optimization.benchmarks.reports.html.charts.phase_chart import PHASES
from pipeline_optimization.benchmarks.reports.html.contenders import Contenders
from pipeline_optimization.benchmarks.reports.html.embedding import json_block, script_block, script_hash
from pipeline_optimization.benchmarks.reports.html.library import chart_library, templates
from pipeline_optimization.benchmarks.reports.html.sections import ChartSection, chart_sections
from pipeline_optimization.benchmarks.reports.html.style import style_sheet
from pipeline_optimization.benchmarks.reports.html.theme import DARK, LIGHT, PHASE_COLOURS, chart_config
from pipeline_optimization.benchmarks.reports.method import KNOWN_BIASES, method_of
from pipeline_optimization.benchmarks.reports.summary_table import summary_tables
from pipeline_optimization.benchmarks.results import Results

__all__ = ["results_to_html"]


def results_to_html(results: Results) -> str:
    """Return the page. Raises UsageError if the extra ``report`` is not installed."""
    contenders = Contenders.of(results)
    summaries = summary_tables(results)
    sections = chart_sections(results, contenders)
    scripts = [script_block(chart_library()), script_block(_resource("report.js"))]
    return (
        templates()
        .get_template("report.html.j2")
        .render(
            results=results,
            answer=answer_of(results),
            tables=summaries,
            sections=sections,
            key=contenders.key(),
            phases=list(zip(PHASES, range(len(PHASE_COLOURS)), strict=True)),
            failures=tables.failure_table(results),
            failure_meanings=tables.failure_meanings(results),
            laws=tables.law_table(results),
            comparisons=tables.comparison_table(results),
            contender_table=tables.contender_table(results),
            case_table=tables.case_table(results),
            facts=overview.fact_list(results),
            interruption=overview.interruption(results),
            legend=overview.LEGEND,
            marks=MARKS,
            contender_title=CONTENDER_TITLE,
            verdict_title=VERDICT_TITLE,
            method=[*method_of(results), *results.methods.items()],
            biases=KNOWN_BIASES,
            style=style_sheet(),
            charts_json=json_block(_charts(sections)),
            results_json=json_block(to_json_line(results)),
            scripts=scripts,
            script_hashes=" ".join(script_hash(script) for script in scripts),
        )
    )


def _charts(sections: list[ChartSection]) -> str:
    specs = {figure.name: figure.spec for section in sections for figure in section.figures}
    configs = {"light": chart_config(LIGHT), "dark": chart_config(DARK)}
    return json.dumps({"specs": specs, "configs": configs}, allow_nan=False, separators=(",", ":"))


def _resource(name: str) -> str:
    return files(__package__).joinpath("page", name).read_text(encoding="utf-8")
