"""Variants that count with other components. The right counts of each variant follow its own rules."""

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
    """Announce nothing."""


@frozen
class AnagramAxes:
    """Varies tokenizers, signatures, lexicons and kernels. ``announce`` is called before what takes long, such as compiling a kernel."""

    registry: Registry
    announce: Callable[[str], None] = _say_nothing
    _oracles: Oracles = field(factory=Oracles, init=False)

    def of(self, contender: Contender, settings: Sequence[Setting]) -> tuple[Contender, Sequence[str]]:
        """Return a contender that counts with the components of some settings, and the hashes of their modules.

        Raises UsageError for unknown names, and LexiconError for a lexicon that cannot be loaded.
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
            # The kernel is compiled now, so that no contender is timed, or timed out, meanwhile.
            prepare_kernel(choose_kernels(offers, kernel, 0), self.announce)
            # A kernel counts only if no stage can wait or fail. Elsewhere naming one would be an error.
            calm_arguments["kernel"] = kernel
        oracle = self._oracles.of(choices["tokenizer"], choices["signature"], choices["lexicon"])
        changed = evolve(contender, arguments=arguments, calm_arguments=calm_arguments, rules=oracle)
        return changed, [hash_of(choices[kind].component) for kind in varied]
