"""Counts the status codes of web servers' logs by hour.

anagram run --pipeline examples/status_codes.py access.log --orchestrator multiprocess
"""

import re

from pipeline_optimization import Pipeline, task

ENTRY = re.compile(r'\S+ \S+ \S+ \[\d+/\w+/\d+:(\d\d):[^\]]*\] "[^"]*" (\d{3}) ')


@task(permanent=(ValueError,))
def parse(line: str) -> tuple[str, str]:
    """Return the hour and the status code of an entry."""
    found = ENTRY.match(line)
    if found is None:
        raise ValueError("no entry of a web server's log")
    return found[1], found[2]


pipeline = Pipeline("status-by-hour").lines().map(parse).count()
