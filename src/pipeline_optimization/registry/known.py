"""Plugins that exist, so that an unknown name can be answered with what to install."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["DISTRIBUTION_OF"]

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
