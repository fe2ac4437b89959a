"""What is to be run: names and options resolved, before anything starts."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence

from attrs import evolve, field, frozen

from pipeline_optimization.engine.draws import new_seed
from pipeline_optimization.engine.faults import PROFILES, FaultPlan, FaultSettings
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.errors import OptionError, OrchestratorError, UnknownComponentError
from pipeline_optimization.pipeline.kernels import AUTO, choose_kernels
from pipeline_optimization.pipeline.range_counting import threads_beside
from pipeline_optimization.pipeline.stages import StagePlan
from pipeline_optimization.registry import Choice, Registry
from pipeline_optimization.sources import UTF_8, check_encoding
from pipeline_optimization.tasks.filter_input_task import filter_input
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from pipeline_optimization.tasks.get_words_task import get_words
from pipeline_optimization.tasks.permutations_task import permutations
from pipeline_optimization.types import Capabilities, KernelOffer, Orchestrator, RetryPolicy

__all__ = ["DEFAULT_CHUNK_SIZE", "SEED", "RunOptions", "RunPlan", "make_plan"]

DEFAULT_CHUNK_SIZE = 4 << 20
"""Bytes of text in one item: enough to look each different word up rarely, little enough to hold several."""

WORTH_ASKING_FROM = 1 << 20
"""Bytes of text below which no kernel of a plugin is asked for unasked: importing any takes longer than counting."""

TASKS = (filter_input, get_words, find_anagrams, permutations)

SEED = "the seed"
"""What a checkpoint calls the seed."""

Options = Mapping[str, object]


@frozen(kw_only=True)
class RunOptions:
    """What a caller may choose. Components are named as on the command line: ``NAME`` or ``NAME:VALUE``."""

    orchestrator: str | Orchestrator = "sequential"
    tokenizer: str = "exercise"
    signature: str = "letters"
    retry: str = "exponential"
    lexicon: str = "gcide"
    kernel: str = AUTO
    orchestrator_options: Options = field(factory=dict)
    tokenizer_options: Options = field(factory=dict)
    signature_options: Options = field(factory=dict)
    retry_options: Options = field(factory=dict)
    lexicon_options: Options = field(factory=dict)
    faults: FaultSettings = field(factory=FaultSettings)
    chunk_size: int = DEFAULT_CHUNK_SIZE
    encoding: str = UTF_8
    limits: Limits = field(factory=Limits)
    checkpoint: str | None = None
    resume: bool = False
    retries_failed: bool = False


@frozen(kw_only=True)
class RunPlan:
    """A run in which every name has been found and every option checked.

    ``kernels`` are the counting kernels to try, best first; ``stages`` has the first of them. ``capabilities`` are the
    orchestrator's.
    """

    options: RunOptions
    orchestrator_name: str
    orchestrator: Orchestrator
    retry: Choice[RetryPolicy]
    kernels: Sequence[KernelOffer]
    stages: StagePlan
    faults: FaultPlan
    capabilities: Capabilities

    @property
    def lexicon_files(self) -> Sequence[str]:
        """The files that the lexicon is read from, as far as its options name them."""
        path = getattr(self.stages.lexicon.options, "path", None)
        return [path] if isinstance(path, str) and path else []


def make_plan(registry: Registry, options: RunOptions, *, least_bytes: int = 0) -> RunPlan:
    """Resolve a run's options for an input of at least ``least_bytes`` bytes.

    Raises UsageError for unknown names and wrong values, PluginError where a chosen plugin is broken.
    """
    _check_faults(options.faults)
    if options.chunk_size < 1:
        raise OptionError(f"The chunk size must be at least 1 byte, not {options.chunk_size!r}.")
    if options.resume and options.checkpoint is None:
        raise OptionError("There is nothing to resume without a checkpoint. Name it: --checkpoint FILE --resume.")
    options = evolve(
        options, encoding=check_encoding(options.encoding), faults=evolve(options.faults, seed=_seed(options))
    )
    name, orchestrator, capabilities = _orchestrator(registry, options)
    slots: object = orchestrator.slots
    if not isinstance(slots, int) or slots < 1:
        raise OrchestratorError(
            f"The orchestrator {name!r} has {slots!r} slots. It must have a whole number of them, at least one."
        )
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
    return RunPlan(
        options=options,
        orchestrator_name=name,
        orchestrator=orchestrator,
        retry=registry.retry_policy(options.retry, options.retry_options),
        kernels=kernels,
        stages=StagePlan(
            tokenizer=tokenizer,
            signature=signature,
            lexicon=lexicon,
            kernel=kernels[0],
            chunk_size=options.chunk_size,
            # Of other hosts' cores nothing is known here.
            threads=1 if capabilities.isolation == "host" else threads_beside(orchestrator.slots),
            directory=os.getcwd() if capabilities.is_distributed else "",
        ),
        faults=faults,
        capabilities=capabilities,
    )


def _check_faults(faults: FaultSettings) -> None:
    """Raise UsageError for faults that nobody can have."""
    if faults.profile not in PROFILES:
        raise UnknownComponentError(
            f"Unknown fault profile {faults.profile!r}. There are: {', '.join(sorted(PROFILES))}.",
            kind="fault profile",
            name=faults.profile,
            installed=sorted(PROFILES),
        )
    if not (math.isfinite(faults.latency_scale) and faults.latency_scale >= 0):
        raise OptionError(f"The latency scale must be a number of at least 0, not {faults.latency_scale!r}.")


def _seed(options: RunOptions) -> int:
    """Return the seed that was chosen, that of the run to resume, or a new one."""
    if options.faults.seed is not None:
        return options.faults.seed
    if options.resume and options.checkpoint:
        from pipeline_optimization.checkpoint import stored_fact  # noqa: PLC0415 - SQLite, for runs that use it only

        stored = stored_fact(options.checkpoint, SEED)
        if stored is not None and stored.isdecimal():
            return int(stored)
    return new_seed()


def _orchestrator(registry: Registry, options: RunOptions) -> tuple[str, Orchestrator, Capabilities]:
    """Return the orchestrator's name, the orchestrator, and what it can do."""
    chosen = options.orchestrator
    if isinstance(chosen, str):
        choice = registry.orchestrator(chosen, options.orchestrator_options)
        built = choice.build()
        # One that stands before another orchestrator can do what that one can.
        return chosen, built, getattr(built, "capabilities", choice.component.capabilities)
    if options.orchestrator_options:
        raise OptionError("Orchestrator options go with an orchestrator's name, not with an object that is built.")
    return type(chosen).__name__, chosen, getattr(chosen, "capabilities", Capabilities())
