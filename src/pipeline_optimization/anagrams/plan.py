"""Plans counting anagrams: all names are found and all options checked, and the kernel is chosen, before anything starts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

from attrs import field, frozen

from pipeline_optimization.anagrams.job import AnagramJob, FusedJob, StagedJob
from pipeline_optimization.anagrams.stages import StagePlan
from pipeline_optimization.errors import OptionError, UnknownComponentError
from pipeline_optimization.pipeline.plan import KEPT, Executor, Options, RunOptions, RunPlan, plan_run
from pipeline_optimization.processors import threads_beside
from pipeline_optimization.registry import Registry
from pipeline_optimization.registry.failure import hint_about
from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.permutations_task import permutations
from pipeline_optimization.types import KernelOffer

__all__ = ["AUTO", "AnagramOptions", "choose_kernels", "make_plan"]

AUTO = "auto"
"""The name that stands for the best kernel for the input."""

WORTH_ASKING_FROM = 1 << 20
"""If the text has fewer bytes, plugins are not asked for kernels unless one is named. Importing any takes longer than counting."""

TASKS = (filter_input, get_words, find_anagrams, permutations)


@frozen(kw_only=True, eq=False)
class AnagramOptions(RunOptions):
    """The options of counting anagrams."""

    tokenizer: str = field(default="exercise", metadata=KEPT)
    signature: str = field(default="letters", metadata=KEPT)
    lexicon: str = field(default="gcide", metadata=KEPT)
    kernel: str = field(default=AUTO, metadata=KEPT)
    tokenizer_options: Options = field(factory=dict, metadata=KEPT)
    signature_options: Options = field(factory=dict, metadata=KEPT)
    lexicon_options: Options = field(factory=dict, metadata=KEPT)


def make_plan(registry: Registry, options: AnagramOptions, *, least_bytes: int = 0) -> RunPlan[AnagramJob]:
    """Plan a run that counts anagrams in at least ``least_bytes`` bytes.

    Raises UsageError for unknown names and wrong values, and PluginError if a chosen plugin is broken.
    """
    return plan_run(registry, options, partial(_plan_job, registry, least_bytes))


def _plan_job(registry: Registry, least_bytes: int, options: AnagramOptions, executor: Executor) -> AnagramJob:
    tokenizer = registry.tokenizer(options.tokenizer, options.tokenizer_options)
    signature = registry.signature(options.signature, options.signature_options)
    lexicon = registry.lexicon(options.lexicon, options.lexicon_options)
    offers = registry.counting_kernels(
        tokenizer=tokenizer.component.name,
        signature=signature.component.name,
        lexicon=lexicon.component.name,
        ask_plugins=options.kernel != AUTO or least_bytes >= WORTH_ASKING_FROM,
    )
    kernels = choose_kernels(offers, options.kernel, least_bytes)
    faults = options.faults.plan({task.spec.name: task.spec.faults for task in TASKS})
    if options.kernel != AUTO and not faults.is_calm:
        raise OptionError(
            f"A kernel counts only where no stage waits or fails, and under the faults {options.faults.profile!r} they do. "
            f"Leave the kernel {options.kernel!r} out, or set the faults to 'none'."
        )
    capabilities = executor.capabilities
    # The number of cores of other hosts is not known here.
    has_threads = capabilities.isolation != "host" and any(kernel.is_parallel for kernel in kernels)
    stages = StagePlan(
        tokenizer=tokenizer,
        signature=signature,
        lexicon=lexicon,
        kernel=kernels[0],
        chunk_size=options.chunk_size,
        threads=threads_beside(executor.slots) if has_threads else 1,
        directory=os.getcwd() if capabilities.is_distributed else "",
    )
    kind = FusedJob if faults.is_calm else StagedJob
    return kind(faults=faults, stages=stages, kernels=kernels, encoding=options.encoding, capabilities=capabilities)


def choose_kernels(offers: Sequence[KernelOffer], name: str, least_bytes: int) -> Sequence[KernelOffer]:
    """Return the kernels to try, best first: the named one, or for ``auto`` those for which the input is large enough.

    ``least_bytes`` is the least size of the input. Raises UnknownComponentError if no kernel of that name is offered.
    """
    if name == AUTO:
        return [offer for offer in offers if offer.worth_from_bytes <= least_bytes]
    named = [offer for offer in offers if offer.name == name]
    if named:
        return named
    installed = sorted(offer.name for offer in offers)
    hint = hint_about("kernel", name, [AUTO, *installed])
    raise UnknownComponentError(
        f"No kernel {name!r} for this tokenizer, signature and lexicon.{hint} Installed: {', '.join(installed)}.",
        kind="kernel",
        name=name,
        installed=installed,
    )
