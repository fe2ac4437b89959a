"""``concurrency`` calls await at once, and never more: counted inside the function itself."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from anagram_plugin_asyncio.orchestrator import AsyncioOrchestrator
from pipeline_optimization import Pipeline, run, task
from pipeline_optimization.engine.places import Places


class Watched:
    """An ``async def`` that counts how many of its calls await at once, at most."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.calls: Counter[int] = Counter()

    async def __call__(self, value: int) -> int:
        self.calls[value] += 1
        self.now += 1
        self.most = max(self.most, self.now)
        for _ in range(3):
            await asyncio.sleep(0)
        self.now -= 1
        return value


def watched() -> tuple[Watched, object]:
    watch = Watched()

    async def wait(value: int) -> int:
        return await watch(value)

    return watch, wait


@pytest.mark.parametrize("concurrency", [1, 3, 50])
@pytest.mark.parametrize("is_scarce", [False, True])
def test_no_more_calls_await_at_once(concurrency: int, is_scarce: bool) -> None:
    """As many calls as ``concurrency`` says await at once, and never more, whether elements are attempts of their own or in bundles."""
    watch, wait = watched()
    step = task(limit=1000)(wait) if is_scarce else wait  # type: ignore[call-overload]  # made above
    pipeline = Pipeline("waits").values(int).map(step).sum()
    report = run(pipeline, range(200), orchestrator="asyncio", orchestrator_options={"concurrency": concurrency})
    assert report.result == sum(range(200))
    assert watch.most == concurrency
    assert set(watch.calls.values()) == {1}


def test_no_more_calls_await_at_once_in_a_running_loop() -> None:
    """So it is where the caller's own event loop runs, as in a notebook."""
    watch, wait = watched()

    async def counted() -> object:
        pipeline = Pipeline("waits").values(int).map(wait).sum()  # type: ignore[arg-type]  # made above
        return run(pipeline, range(100), orchestrator=AsyncioOrchestrator(4)).result

    assert asyncio.run(counted()) == sum(range(100))
    assert watch.most == 4


async def _order_of(places: Places) -> list[str]:
    """Return who gets the only place, one after the other, where a bundle has it and all kinds wait."""
    order: list[str] = []

    async def attempt(name: str, *, is_bundle: bool) -> None:
        await places.enter(is_bundle=is_bundle)
        order.append(name)
        places.give_back()

    def wake() -> None:
        if places.try_to_take():
            order.append("a bundle under way")
            places.want_no_more(wake)
            places.give_back()

    await places.enter(is_bundle=True)
    waiting = [
        asyncio.create_task(attempt("a new bundle", is_bundle=True)),
        asyncio.create_task(attempt("an element", is_bundle=False)),
        asyncio.create_task(attempt("one that is called off", is_bundle=False)),
    ]
    await asyncio.sleep(0)
    places.want(wake)
    waiting.pop().cancel()
    await asyncio.sleep(0)
    places.give_back()
    await asyncio.gather(*waiting)
    assert places.free == 1
    return order


def test_who_goes_first() -> None:
    """Elements that bundles led to go first, then bundles under way, then new ones; who is called off keeps no place."""
    assert asyncio.run(_order_of(Places(1))) == ["an element", "a bundle under way", "a new bundle"]


async def _called_off(places: Places) -> int:
    await places.enter(is_bundle=False)
    waiting = asyncio.create_task(places.enter(is_bundle=False))
    await asyncio.sleep(0)
    places.give_back()  # it has the place now, and does not know it
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    return places.free


def test_called_off_when_its_turn_has_come() -> None:
    """An attempt that is called off in the moment in which it gets its place gives it back."""
    assert asyncio.run(_called_off(Places(1))) == 1
