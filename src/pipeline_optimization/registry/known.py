"""Plugins that exist, so that an unknown name can be answered with what to install."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline_optimization.registry.installing import how_to_install
from pipeline_optimization.spelling_hint import did_you_mean

__all__ = ["hint_about"]

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
    ("tokenizer", "unicode"): "anagram-plugin-unicode",
}
"""(kind, component name) to the distribution that brings it."""


def hint_about(kind: str, name: str, installed: Sequence[str]) -> str:
    """Return what to install for a name that nobody offers, or else what it may have been meant to be, after a space."""
    if distribution := DISTRIBUTION_OF.get((kind, name)):
        return f" It comes with {distribution}: {how_to_install(distribution, direct_url=_direct_url())}."
    return did_you_mean(name, installed)


def _direct_url() -> str | None:
    """Return what the core's metadata tells of where it was installed from."""
    from importlib.metadata import distribution  # noqa: PLC0415 - for mistakes only

    try:
        return distribution("pipeline-optimization").read_text("direct_url.json")
    except Exception:  # noqa: BLE001 - it is a hint in an error, and metadata may be broken in any way
        return None
