"""The cases of a comparison: size classes of texts, with failures and waits, with waits alone, or computing only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import evolve, frozen

from pipeline_optimization.anagrams.cases import load_cases
from pipeline_optimization.benchmarks.anagrams.texts import FreshText, generated_text, varied_text
from pipeline_optimization.benchmarks.anagrams.work import ANAGRAMS
from pipeline_optimization.benchmarks.inputs import BenchmarkCase, Work

__all__ = ["GENERATED_WORDS", "TextCase", "benchmark_case", "scan_cases"]

GENERATED_WORDS: Mapping[str, int] = {"small": 20_000, "medium": 100_000, "large": 500_000}
"""Words of a case's texts under the profile ``cpu``, because the built-in texts are counted too quickly to be timed."""


@frozen(kw_only=True)
class TextCase(BenchmarkCase):
    """A size class of texts under a profile.

    Attributes:
        template: The built-in text whose shape fresh texts have. If it is empty, texts of ``words`` words are generated.
        words: The words of a generated text.
        cold_template: The built-in text whose shape the first text of a process has, if it is not ``template``.
    """

    template: str = ""
    words: int = 0
    cold_template: str = ""

    @property
    def work(self) -> Work:
        return ANAGRAMS

    def fresh_input(self, *parts: object, is_cold: bool = False) -> FreshText:
        if self.template:
            template = self.cold_template if is_cold and self.cold_template else self.template
            return varied_text(template, self.name, *parts)
        return generated_text(self.words, self.name, *parts)

    def known_input(self) -> FreshText | None:
        return FreshText.of(self.template) if self.template else None


def benchmark_case(name: str, profile: str, *, faults: str = "exercise", latency_scale: float) -> TextCase:
    """Return a case by its name: small, medium or large. ``faults`` are those of the profile ``mixed``."""
    texts = load_cases()
    case = TextCase(
        name=name,
        profile=profile,
        faults=faults,
        latency_scale=latency_scale,
        template=texts[name].text,
        # What is loaded once is loaded for a shorter text too. A long first text would take a third of the comparison.
        cold_template=texts["medium"].text if name == "large" else "",
    )
    if profile == "cpu":
        return evolve(
            case, faults="none", latency_scale=0.0, template="", cold_template="", words=GENERATED_WORDS[name]
        )
    return evolve(case, faults="latency") if profile == "latency" else case


def scan_cases(case: TextCase, dimension: str, values: Sequence[int]) -> list[TextCase]:
    """Return a case once for each size of its text, or for each number of workers."""
    if dimension == "words":
        return [evolve(case, name=f"words={value}", template="", cold_template="", words=value) for value in values]
    return [evolve(case, name=f"workers={value}", workers=value) for value in values]
