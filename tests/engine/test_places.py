"""The places of an event loop."""

from __future__ import annotations

import asyncio

from pipeline_optimization.engine.places import Places


def test_who_was_cancelled_waits_no_more() -> None:
    """Otherwise bundles would give back places for an attempt that was ended."""

    async def cancel_one() -> bool:
        places = Places(1)
        await places.enter(is_bundle=True)
        single = asyncio.create_task(places.enter(is_bundle=False))
        await asyncio.sleep(0)
        assert places.has_waiting_single
        single.cancel()
        await asyncio.gather(single, return_exceptions=True)
        return places.has_waiting_single

    assert not asyncio.run(cancel_one())
