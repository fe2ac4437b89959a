"""What is known of a plugin, whether it works or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from attrs import field, frozen

__all__ = ["KINDS", "Kind", "PluginRecord"]

Kind = Literal["orchestrator", "tokenizer", "signature", "retry_policy", "lexicon"]

KINDS: Mapping[Kind, str] = {
    "orchestrator": "anagram_register_orchestrators",
    "tokenizer": "anagram_register_tokenizers",
    "signature": "anagram_register_signatures",
    "retry_policy": "anagram_register_retry_policies",
    "lexicon": "anagram_register_lexicons",
}
"""Each kind of component with the hook that registers it."""


@frozen(kw_only=True)
class PluginRecord:
    """One plugin: ``name`` is its entry point's, ``distribution`` and ``version`` say who installed it.

    ``hooks`` are those that it implements, ``components`` its offers as "kind:name". ``error`` says why a plugin with
    status ``failed`` or ``conflict`` cannot be used; ``cause`` is the exception behind it, where there is one.
    """

    name: str
    distribution: str
    version: str
    module: str
    status: Literal["active", "failed", "conflict"]
    hooks: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    error: str = ""
    cause: BaseException | None = field(default=None, eq=False, repr=False)

    @property
    def provider(self) -> str:
        """Return the distribution with its version, as errors name it."""
        return f"{self.distribution} {self.version}"
