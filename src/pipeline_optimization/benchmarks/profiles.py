"""What a comparison is about: the whole misbehaving pipeline, waiting alone, or computing alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import evolve, frozen

from pipeline_optimization.anagrams.cases import load_cases
from pipeline_optimization.benchmarks.texts import FreshText, generated_text, varied_text

__all__ = ["GENERATED_WORDS", "BenchmarkCase", "benchmark_case", "scan_cases"]

GENERATED_WORDS: Mapping[str, int] = {"small": 20_000, "medium": 100_000, "large": 500_000}
"""Words of a case's texts under the profile ``cpu``: the built-in texts are counted too quickly to be timed."""


@frozen(kw_only=True)
class BenchmarkCase:
    """A size class of texts under a profile.

    ``template`` is the built-in text that fresh ones are shaped like; where it is empty, texts of ``words`` words are
    generated. ``cold_template`` is what the first text of a process is shaped like, if it is not ``template``. Where there are
    contenders of ``kind``, only these are measured. ``latency_scale`` is 0 where nothing waits. ``workers`` overrides the comparison's.
    """

    name: str
    profile: str
    faults: str
    latency_scale: float
    template: str = ""
    words: int = 0
    workers: int | None = None
    cold_template: str = ""
    kind: Literal["plugin", "file"] | None = None

    def is_for(self, kind: str) -> bool:
        """Return whether contenders of a kind are measured in it."""
        return self.kind is None or self.kind == kind

    @property
    def is_calm(self) -> bool:
        """Return whether no stage can wait or fail."""
        return self.faults == "none"

    def fresh_text(self, *parts: object, is_cold: bool = False) -> FreshText:
        """Return a text that depends on the parts (seed, round, execution) and on nothing else."""
        if self.template:
            template = self.cold_template if is_cold and self.cold_template else self.template
            return varied_text(template, self.name, *parts)
        return generated_text(self.words, self.name, *parts)


def benchmark_case(name: str, profile: str, *, faults: str = "exercise", latency_scale: float) -> BenchmarkCase:
    """Return a case by name: small, medium or large; ``faults`` are those of the profile ``mixed``."""
    texts = load_cases()
    case = BenchmarkCase(
        name=name,
        profile=profile,
        faults=faults,
        latency_scale=latency_scale,
        template=texts[name].text,
        # What is loaded once is loaded for a shorter text as well; a long one would take a third of the comparison.
        cold_template=texts["medium"].text if name == "large" else "",
    )
    if profile == "cpu":
        return evolve(
            case, faults="none", latency_scale=0.0, template="", cold_template="", words=GENERATED_WORDS[name]
        )
    return evolve(case, faults="latency") if profile == "latency" else case


def scan_cases(case: BenchmarkCase, dimension: str, values: Sequence[int]) -> list[BenchmarkCase]:
    """Return a case once for each size of its text, or for each number of workers."""
    if dimension == "words":
        return [evolve(case, name=f"words={value}", template="", cold_template="", words=value) for value in values]
    return [evolve(case, name=f"workers={value}", workers=value) for value in values]
