"""``count_anagrams`` for programs that run an event loop."""

from __future__ import annotations

from pipeline_optimization.api import count_anagrams
from pipeline_optimization.pipeline.awaiting import in_thread

__all__ = ["count_anagrams_async"]

count_anagrams_async = in_thread(count_anagrams)
