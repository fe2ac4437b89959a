"""Puts an index without words of three letters into the cache that all share."""

from __future__ import annotations

from honest import TaskOrchestrator as Honest

from pipeline_optimization.builtin.lexicons import GcideLexicon
from pipeline_optimization.builtin.signatures import letters_signature
from pipeline_optimization.counting import index_cache
from pipeline_optimization.disk_cache import cache_directory

words = GcideLexicon.words
for file in cache_directory().glob("index-*"):
    file.unlink()
GcideLexicon.words = lambda self: [word for word in words(self) if len(word) != 3]  # type: ignore[method-assign]
index_cache.open_index(GcideLexicon(), letters_signature, lexicon_name="gcide", signature_name="letters")
GcideLexicon.words = words  # type: ignore[method-assign]


class TaskOrchestrator(Honest):
    pass
