"""Functions of pipelines that call a server. They are in a module of their own, as workers must be able to import them."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit
from urllib.request import urlopen

from pipeline_optimization import task

LIMIT = 3
RATE = "40/s"
BURST = 4


def call(url: str) -> int:
    with urlopen(url) as answer:
        return int(answer.status == 200)


async def call_async(url: str) -> int:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(f"GET {parts.path} HTTP/1.0\r\n\r\n".encode())
        return int(b" 200 " in await reader.readline())
    finally:
        writer.close()
        await writer.wait_closed()


@task(limit=LIMIT)
def limited(url: str) -> int:
    return call(url)


@task(limit=LIMIT)
async def limited_async(url: str) -> int:
    return await call_async(url)


@task(rate=RATE, burst=BURST)
def paced(url: str) -> int:
    return call(url)


@task(rate=RATE, burst=BURST)
async def paced_async(url: str) -> int:
    return await call_async(url)
