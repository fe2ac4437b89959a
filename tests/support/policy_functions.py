"""Functions of pipelines with policies of their own. They are in a module of their own, as workers must be able to import them."""

from __future__ import annotations

import asyncio
import time

from pipeline_optimization import RetryAfter, task
from pipeline_optimization.builtin.retry_policies import FixedOptions, FixedPolicy


def bad(value: int) -> int:
    """Fail for 13, always."""
    if value == 13:
        raise ValueError("thirteen")
    return value


@task
def by_the_run(value: int) -> int:
    return bad(value)


@task(retry="fixed")
def named(value: int) -> int:
    return bad(value)


@task(retry=("fixed", {"attempts": 3, "delay": 0}))
def with_options(value: int) -> int:
    return bad(value)


@task(retry=FixedPolicy(FixedOptions(attempts=4, delay=0.0)))
def built(value: int) -> int:
    return bad(value)


@task(retry="none")
def never_again(value: int) -> int:
    return bad(value)


@task(retry=("fixed", {"delay": 0, "budget": 3}))
def with_budget(value: int) -> int:
    return bad(value)


@task(retry="fixd")
def misspelt(value: int) -> int:
    return value


@task(retry=("fixed", {"tries": 3}))
def wrong_option(value: int) -> int:
    return value


@task(failure_rate=1.0, sleep_time=1.0, retry=("fixed", {"attempts": 3, "delay": 5}))
def doomed(value: int) -> int:
    return value


@task(sleep_time=10.0, timeout=2.0, retry=("fixed", {"attempts": 3, "delay": 5}))
def slow(value: int) -> int:
    return value


@task(sleep_time=10.0, timeout=11.0)
def in_time(value: int) -> int:
    return value


@task(timeout=1.0, retry="none")
async def awaits_long(value: int) -> int:
    if value == 13:
        await asyncio.sleep(60)
    return value


@task(timeout=1.0, retry="none")
def hangs(value: int) -> int:
    if value == 13:
        time.sleep(60)
    return value


@task(timeout=0.6, retry="none")
def late(value: int) -> int:
    if value == 13:
        time.sleep(0.7)
    return value


@task(retry="none")
def refuses(value: int) -> int:
    raise RetryAfter(30, "come back")


def double(value: int) -> int:
    return 2 * value
