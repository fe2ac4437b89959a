"""Each module of the package is named by a test, or a note here says which test proves it without naming it.

A test names a module if it imports or mentions the module, or what the module defines by way of its package, or if the test stands at
its place: ``tests/engine/test_x.py`` for ``engine/x.py``. Modules that are proved through a public door, or in other
processes, have a note.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import attrs
import pytest

from project_files import ROOT

PACKAGE = "pipeline_optimization"

PROVED_BY = {
    "tests/test_api.py": "anagrams.job anagrams.reading anagrams.workloads tasks.environment",
    "tests/test_asynchronous.py": "own_thread pipeline.awaiting",
    "tests/test_foreign_code.py": "error_text",
    "tests/test_hook_calls.py": "pipeline.observing",
    "tests/test_shell_quoting.py": "masking",
    # Modules of the harness, found out by contenders that cheat and comparisons that are made.
    "tests/benchmarks/test_contender_faults.py": """benchmarks.anagrams.answers benchmarks.anagrams.subject benchmarks.judging
        benchmarks.measuring benchmarks.subject""",
    "tests/benchmarks/test_partial_results.py": "file_lock",
    "tests/benchmarks/test_schedule.py": "benchmarks.case_progress benchmarks.machine",
    "tests/benchmarks/test_variants.py": "benchmarks.anagrams.oracles benchmarks.retries",
    "tests/benchmarks/pipelines/test_pipeline_contenders.py": "benchmarks.pipelines",
    "tests/benchmarks/reports/test_report_html.py": """benchmarks.reports.answer benchmarks.reports.html benchmarks.reports.method
        benchmarks.samples""",
    "tests/benchmarks/statistics/test_statistics.py": "benchmarks.statistics",
    # Commands are run as users run them: ``cli`` is tested through its one door.
    "tests/cli/test_cli.py": "__main__ cli",
    "tests/cli/compare/test_comparison_commands.py": "benchmarks.anagrams.known_contenders",
    "tests/checkpoint/test_checkpoint.py": "checkpoint.stored_facts checkpoint.problems checkpoint.run_chain checkpoint.schema pipeline.invocation",
    "tests/checkpoint/test_split_bundles.py": "checkpoint.splits",
    "tests/engine/test_announcer.py": "engine.attempt_life",
    "tests/engine/test_cutting_short.py": "engine.attempt_here",
    "tests/engine/test_events.py": "engine.masked_errors",
    "tests/engine/test_quotas.py": "engine.pace engine.throttling",
    "tests/engine/test_time_account.py": "engine.accounting engine.clock observing.advice time_units",
    "tests/foresight/test_advise.py": """foresight.attempt_times foresight.cold_start foresight.foreseeing foresight.outside foresight.reasons
        foresight.samples""",
    "tests/foresight/test_foresight.py": "foresight.chain foresight.imagined foresight.sharing",
    "tests/foresight/test_observed_work.py": "foresight.progress",
    "tests/observing/test_recording.py": "observing.profiling observing.record_folders observing.stories",
    "tests/observing/test_run_report.py": "observing.page",
    "tests/pipeline/test_logs.py": "engine.log_origin engine.log_records pipeline.logs",
    "tests/pipeline/model/test_awaited_bundles.py": "pipeline.model.awaited",
    "tests/pipeline/model/test_finding_pipelines.py": "pipeline.model.parameters spelling_hint",
    "tests/pipeline/model/test_functions_of_main.py": "pipeline.model.by_value pipeline.model.packing",
    "tests/pipeline/model/test_isolated_elements.py": "pipeline.model.isolated",
    "tests/pipeline/model/test_misbehaving_functions.py": "pipeline.model.blame pipeline.model.failures pipeline.model.process_state",
    "tests/pipeline/model/test_pipelines.py": """pipeline.absent pipeline.model.calls pipeline.model.passage pipeline.model.subtotal
        pipeline.model.worker_pipeline plain_data
        sources.lines sources.random_access""",
    "tests/pipeline/model/test_result_cache.py": "pipeline.model.caching pipeline.model.code_digest tasks.cache",
    "tests/registry/test_broken_metadata.py": "distributions",
    "tests/registry/test_registry.py": "builtin.plugin registry.failure registry.loading",
    "tests/sinks/test_sinks.py": """builtin.sinks checkpoint.deliveries pipeline.delivering sinks.forms sinks.journal
        sinks.names sinks.place""",
    "tests/cli/run/test_sink_commands.py": "sinks.parquet",
    "tests/sources/test_changing_urls.py": "sources.identity sources.url_stream",
    "tests/sources/test_encodings.py": "sources.encoding",
    "tests/sources/test_expansion.py": "sources.failure sources.searching sources.url_scheme",
    "tests/sources/test_finding_inputs.py": "sources.overwriting",
    "tests/testing/test_conformance_kit.py": "testing",
}
"""Modules, and packages for all of their modules, by the test that fails if they are broken."""


IMPORT = re.compile(rf"from {PACKAGE}([\w.]*) import (?:\(([^)]*)\)|(.*))")
MENTION = re.compile(rf"{PACKAGE}((?:\.\w+)+)")


def imported(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a file imports of the package: a module, and a name in it."""
    for module, several, one in IMPORT.findall(text):
        yield from ((module[1:], name) for name in re.findall(r"\w+", several or one))


@attrs.frozen
class Modules:
    """The modules of the package that do anything, and which of them tests name."""

    all: frozenset[str]
    named: frozenset[str]

    @classmethod
    def look(cls) -> Modules:
        modules, named = set(), set()
        fronts: dict[tuple[str, str], str] = {}
        for path in (ROOT / "src" / PACKAGE).rglob("*.py"):
            parts = path.relative_to(ROOT / "src" / PACKAGE).with_suffix("").parts
            if parts[-1] != "__init__":
                modules.add(".".join(parts))
                continue
            package, text = ".".join(parts[:-1]), path.read_text("utf-8")
            fronts |= {(package, name): home for home, name in imported(text)}
            if any(not isinstance(statement, ast.Expr) for statement in ast.parse(text).body):  # more than a docstring
                modules.add(package)
        for path in (*ROOT.glob("tests/**/*.py"), *ROOT.glob("plugins/*/tests/*.py")):
            text = path.read_text("utf-8")
            named |= {mention[1:] for mention in MENTION.findall(text)}
            for module, name in imported(text):
                named |= {module, f"{module}.{name}".lstrip("."), fronts.get((module, name), module)}
            place = path.relative_to(ROOT).parts
            if place[0] == "tests" and path.name.startswith("test_"):
                named.add(".".join((*place[1:-1], path.stem.removeprefix("test_"))))
        return cls(all=frozenset(modules), named=frozenset(named & modules))

    def noted(self, note: str) -> frozenset[str]:
        """Return the modules that no test names and that a note is about: one, or those of a package."""
        return frozenset(one for one in self.all - self.named if one == note or one.startswith(f"{note}."))


@pytest.fixture(scope="module")
def modules() -> Modules:
    return Modules.look()


def test_every_module_is_named_or_noted(modules: Modules) -> None:
    """A module that no test names has a note. Write a test that imports it, or note which test fails if it is broken."""
    noted = {module for notes in PROVED_BY.values() for note in notes.split() for module in modules.noted(note)}
    assert modules.all - modules.named - noted == set()


def test_notes_are_up_to_date(modules: Modules) -> None:
    """The test of each note exists, and so do modules that it is about and that no test names."""
    assert [test for test in PROVED_BY if not (ROOT / test).is_file()] == []
    assert [note for notes in PROVED_BY.values() for note in notes.split() if not modules.noted(note)] == []


def test_the_look_sees(modules: Modules) -> None:
    """A module is named by its own name, by its package's front and by its place, and another one is not."""
    assert {"engine.loop", "registry.registry", "engine.critical_path"} <= modules.named
    assert modules.noted("engine.accounting") == {"engine.accounting"}
    assert modules.noted("engine.account") == modules.noted("engine.loop") == frozenset()
