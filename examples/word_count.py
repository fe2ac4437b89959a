"""Counts the words of files, each of which is fetched from a store that sometimes fails.

anagram run --pipeline examples/word_count.py 'books/*.txt' --orchestrator threaded -o workers=16
anagram run --pipeline examples/word_count.py 'books/*.txt' --orchestrator asyncio --faults exercise --seed 1
"""

import re
from pathlib import Path

from pipeline_optimization import Pipeline, task

WORD = re.compile(r"\w+")


@task(failure_rate=0.05, sleep_time=0.2)
def fetch(path: Path) -> str:
    """Return a file's text; under --faults this waits and fails as a store far away does."""
    return path.read_text("utf-8", "replace")


def words(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return WORD.findall(text.lower())


pipeline = Pipeline("word-count").files().map(fetch).flat_map(words).count()
