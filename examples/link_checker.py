"""Checks the links of a list, one a line, and says which are dead; what cannot be reached at all is quarantined with its place.

pip install httpx
anagram run --pipeline examples/link_checker.py links.txt --orchestrator asyncio
"""

from functools import partial

import httpx

from pipeline_optimization import Pipeline, task

TRY_AGAIN = {429, 500, 502, 503, 504}
"""What servers answer that are busy or down, which may be over in a moment; some say when, in ``Retry-After``."""

DEAD = 400

open_client = partial(httpx.AsyncClient, follow_redirects=True, timeout=2.0)


def is_link(line: str) -> bool:
    """Say whether a line has a link in it."""
    return line.startswith(("http://", "https://"))


@task(
    using=open_client,
    limit=20,
    rate="100/s",
    retry=("exponential", {"attempts": 6, "retry_after_cap": 30}),
    permanent=(httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects),
)
async def check(link: str, client: httpx.AsyncClient) -> tuple[str, int]:
    """Return a link with the status that it ends at."""
    async with client.stream("GET", link) as answer:  # nobody needs the page itself
        if answer.status_code in TRY_AGAIN:
            answer.raise_for_status()
        return link, answer.status_code


def is_dead(checked: tuple[str, int]) -> bool:
    """Say whether nobody gets to see the page."""
    return checked[1] >= DEAD


pipeline = Pipeline("dead-links").lines().map(str.strip).filter(is_link).map(check).filter(is_dead).collect()
