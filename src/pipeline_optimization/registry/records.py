"""What is known of a plugin, whether it works or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

__all__ = ["KINDS", "OBSERVER_HOOKS", "Kind", "PluginRecord", "Status", "kind_named"]

Kind = Literal["orchestrator", "tokenizer", "signature", "retry_policy", "lexicon", "pipeline"]

KINDS: Mapping[Kind, str] = {
    "orchestrator": "anagram_register_orchestrators",
    "tokenizer": "anagram_register_tokenizers",
    "signature": "anagram_register_signatures",
    "retry_policy": "anagram_register_retry_policies",
    "lexicon": "anagram_register_lexicons",
    "pipeline": "anagram_register_pipelines",
}
"""Each kind of component with the hook that registers it."""


def kind_named(word: str) -> Kind | None:
    """Return the kind that a user names: case, hyphens and underscores do not count. ``retry`` is short for one."""
    key = word.strip().lower().replace("-", "_").replace(" ", "_")
    return next((kind for kind in KINDS if key in {kind, kind.removesuffix("_policy")}), None)


OBSERVER_HOOKS = (
    "anagram_run_started",
    "anagram_task_failed",
    "anagram_task_retried",
    "anagram_item_finished",
    "anagram_checkpoint_saved",
    "anagram_run_finished",
)
"""The hooks of plugins that observe."""

Status = Literal["installed", "active", "disabled", "failed", "conflict", "unreadable"]


@frozen(kw_only=True)
class PluginRecord:
    """One plugin: ``name`` is its entry point's, ``distribution`` and ``version`` say who brings it.

    ``origin`` is the directory of an installed distribution, the path of a single file, or "this program".
    ``status``: ``installed`` (not imported so far, so nothing is known to be wrong), ``active`` (imported and sound),
    ``disabled``, ``failed``, ``conflict`` (a name of its is claimed by others too), ``unreadable`` (the metadata of a
    distribution is broken, whether it is a plugin's or not; ``origin`` is its path). ``hooks`` are those that it
    implements and ``components`` its offers as "kind:name", both empty until it is imported. ``error`` says why it
    cannot be used, wholly or in part; ``cause`` is the exception behind it, where there is one.
    """

    name: str
    distribution: str
    version: str
    origin: str
    module: str
    status: Status
    hooks: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    error: str = ""
    cause: BaseException | None = field(default=None, eq=False, repr=False)

    @property
    def provider(self) -> str:
        """Return the distribution with its version, or the file, as errors name it."""
        return self.origin if self.distribution == "(file)" else f"{self.distribution} {self.version}"

    def to_dict(self) -> dict[str, object]:
        """Return the record as plain data for JSON."""
        return {
            "name": self.name,
            "distribution": self.distribution,
            "version": self.version,
            "origin": self.origin,
            "module": self.module,
            "status": self.status,
            "hooks": list(self.hooks),
            "components": list(self.components),
            "error": self.error,
        }
