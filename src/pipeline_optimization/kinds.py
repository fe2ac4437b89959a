"""The kinds of components that plugins may offer: each with its hook, and with other facts that the registry need not know.

To add a kind, add it here, its hook in ``hookspecs``, and its protocol in ``types``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from pipeline_optimization.registry.options import Choice
    from pipeline_optimization.types import (
        FaultProfile,
        KernelOffer,
        Lexicon,
        Orchestrator,
        RetryPolicy,
        RunnablePipeline,
        Signature,
        Sink,
        Tokenizer,
    )

__all__ = ["DISTRIBUTION_OF", "KINDS", "MEMBERS", "OBSERVER_HOOKS", "WANTS_EVENTS", "ByKind", "Kind", "kind_named"]

Kind = Literal["orchestrator", "tokenizer", "signature", "retry_policy", "lexicon", "pipeline", "sink", "fault_profile"]

KINDS: Mapping[Kind, str] = {
    "orchestrator": "anagram_register_orchestrators",
    "tokenizer": "anagram_register_tokenizers",
    "signature": "anagram_register_signatures",
    "retry_policy": "anagram_register_retry_policies",
    "lexicon": "anagram_register_lexicons",
    "pipeline": "anagram_register_pipelines",
    "sink": "anagram_register_sinks",
    "fault_profile": "anagram_register_fault_profiles",
}
"""Each kind of component with the hook that registers it."""

OBSERVER_HOOKS: Mapping[str, str] = {
    "RunStarted": "anagram_run_started",
    "WorkerSeen": "anagram_worker_seen",
    "WorkerLost": "anagram_worker_lost",
    "AttemptEnded": "anagram_attempt_ended",
    "TaskFailed": "anagram_task_failed",
    "TaskRetried": "anagram_task_retried",
    "ItemFinished": "anagram_item_finished",
    "CheckpointSaved": "anagram_checkpoint_saved",
    "TaskLogged": "anagram_task_logged",
    "RunFinished": "anagram_run_finished",
}
"""The hooks of plugins that observe, by the name of the event that each gets. Events are imported only if somebody observes."""

WANTS_EVENTS = "anagram_wants_events"
"""The hook by which a plugin says whether it wants to be told of a run at all."""

MEMBERS: Mapping[str, Sequence[str]] = {
    "orchestrator": ("cancel", "close", "open", "poll", "slots", "submit"),
    "tokenizer": ("filter", "is_characterwise", "words"),
    "signature": ("__call__",),
    "lexicon": ("identity", "words"),
    "pipeline": ("end", "input", "name", "steps"),
    "retry_policy": ("budget", "deadline", "delays", "retries"),
    "sink": ("close", "deliver", "open"),
    "fault_profile": ("failures", "slowness", "stragglers", "tasks", "times"),
}
"""The members that a component of each kind must have, as its protocol says."""

DISTRIBUTION_OF: Mapping[tuple[str, str], str] = {
    ("kernel", "numba"): "anagram-plugin-numba",
    ("lexicon", "simplemma"): "anagram-plugin-simplemma",
    ("orchestrator", "asyncio"): "anagram-plugin-asyncio",
    ("orchestrator", "dask"): "anagram-plugin-dask",
    ("orchestrator", "hedged"): "anagram-plugin-hedged",
    ("orchestrator", "multiprocess"): "anagram-plugin-multiprocess",
    ("orchestrator", "ray"): "anagram-plugin-ray",
    ("orchestrator", "spark"): "anagram-plugin-spark",
    ("orchestrator", "threaded"): "anagram-plugin-threaded",
    ("retry_policy", "tenacity"): "anagram-plugin-tenacity",
    ("retry_policy", "tenacity-policy"): "anagram-plugin-tenacity",
    ("sink", "sql"): "anagram-plugin-sql",
    ("tokenizer", "unicode"): "anagram-plugin-unicode",
}
"""The distribution of each component, by kind and name, so that the error for an unknown name can say what to install."""


def kind_named(word: str) -> Kind | None:
    """Return the kind that a user names. Case, hyphens and underscores make no difference. ``retry`` and ``faults`` are short for kinds."""
    key = word.strip().lower().replace("-", "_").replace(" ", "_")
    return next(
        (kind for kind in KINDS if key in {kind, kind.removesuffix("_policy"), kind.removesuffix("_profile") + "s"}),
        None,
    )


class ByKind(ABC):
    """The methods of a registry for each kind, beside ``choose``, so that type checkers know their results."""

    @abstractmethod
    def choose(self, kind: Kind, label: str, options: Mapping[str, object] | None = None) -> Choice[Any]:
        """Return the component that a user named, as ``NAME`` or ``NAME:VALUE``, with its options checked."""

    @abstractmethod
    def kernels_of(self, combination: Mapping[str, str], *, ask_plugins: bool = True) -> Sequence[KernelOffer]:
        """Return the kernels that are offered for a combination of component names, the core's last.

        Plugins that bring kernels are imported for it. If ``ask_plugins`` is False, only those answer that are imported already.
        """

    def orchestrator(self, label: str, options: Mapping[str, object] | None = None) -> Choice[Orchestrator]:
        return cast("Choice[Orchestrator]", self.choose("orchestrator", label, options))

    def tokenizer(self, label: str, options: Mapping[str, object] | None = None) -> Choice[Tokenizer]:
        return cast("Choice[Tokenizer]", self.choose("tokenizer", label, options))

    def signature(self, label: str, options: Mapping[str, object] | None = None) -> Choice[Signature]:
        return cast("Choice[Signature]", self.choose("signature", label, options))

    def retry_policy(self, label: str, options: Mapping[str, object] | None = None) -> Choice[RetryPolicy]:
        return cast("Choice[RetryPolicy]", self.choose("retry_policy", label, options))

    def lexicon(self, label: str, options: Mapping[str, object] | None = None) -> Choice[Lexicon]:
        return cast("Choice[Lexicon]", self.choose("lexicon", label, options))

    def pipeline(self, label: str, options: Mapping[str, object] | None = None) -> Choice[RunnablePipeline]:
        return cast("Choice[RunnablePipeline]", self.choose("pipeline", label, options))

    def sink(self, label: str, options: Mapping[str, object] | None = None) -> Choice[Sink]:
        return cast("Choice[Sink]", self.choose("sink", label, options))

    def fault_profile(self, label: str, options: Mapping[str, object] | None = None) -> Choice[FaultProfile]:
        return cast("Choice[FaultProfile]", self.choose("fault_profile", label, options))

    def counting_kernels(
        self, *, tokenizer: str, signature: str, lexicon: str, ask_plugins: bool = True
    ) -> Sequence[KernelOffer]:
        """Return ``kernels_of`` the components for counting anagrams."""
        combination = {"tokenizer": tokenizer, "signature": signature, "lexicon": lexicon}
        return self.kernels_of(combination, ask_plugins=ask_plugins)
