"""Variants that count with other components: what is right for each is counted by its own rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve, field, frozen

from pipeline_optimization.anagrams.job import prepare_kernel
from pipeline_optimization.anagrams.plan import choose_kernels
from pipeline_optimization.benchmarks.anagrams.oracles import Oracles
from pipeline_optimization.benchmarks.axes import Setting
from pipeline_optimization.benchmarks.contenders import Contender, hash_of
from pipeline_optimization.benchmarks.variants import name_of, options_of
from pipeline_optimization.registry import Kind, Registry

__all__ = ["AnagramAxes"]

DEFAULTS: Mapping[Kind, str] = {"tokenizer": "exercise", "signature": "letters", "lexicon": "gcide"}


def _say_nothing(_: str) -> None:
    """Leave what takes long unsaid."""


@frozen
class AnagramAxes:
    """Varies tokenizers, signatures, lexicons and kernels. ``announce`` is told what takes long, such as that a kernel is compiled."""

    registry: Registry
    announce: Callable[[str], None] = _say_nothing
    _oracles: Oracles = field(factory=Oracles, init=False)

    def of(self, contender: Contender, settings: Sequence[Setting]) -> tuple[Contender, Sequence[str]]:
        """Return a contender that counts with the components of some settings, and the hashes of their modules.

        Raises UsageError for what is unknown, and LexiconError for a lexicon that cannot be loaded.
        """
        choices = {
            kind: self.registry.choose(kind, name_of(settings, kind) or default, options_of(settings, kind))
            for kind, default in DEFAULTS.items()
        }
        varied = [kind for kind in DEFAULTS if any(setting.kind == kind for setting in settings)]
        arguments: dict[str, object] = {}
        for kind in varied:
            arguments |= {kind: choices[kind].label, f"{kind}_options": options_of(settings, kind)}
        calm_arguments: dict[str, object] = {}
        if kernel := name_of(settings, "kernel"):
            offers = self.registry.counting_kernels(
                tokenizer=choices["tokenizer"].component.name,
                signature=choices["signature"].component.name,
                lexicon=choices["lexicon"].component.name,
            )
            # Now, so that no contender is timed, or timed out, while its kernel is compiled.
            prepare_kernel(choose_kernels(offers, kernel, 0), self.announce)
            # A kernel counts only where no stage can wait or fail; elsewhere to name one would be an error.
            calm_arguments["kernel"] = kernel
        oracle = self._oracles.of(choices["tokenizer"], choices["signature"], choices["lexicon"])
        changed = evolve(contender, arguments=arguments, calm_arguments=calm_arguments, rules=oracle)
        return changed, [hash_of(choices[kind].component) for kind in varied]
