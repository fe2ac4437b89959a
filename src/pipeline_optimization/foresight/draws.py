"""The random numbers of a foreseen run: they say what each attempt takes, and whether it fails.

They depend on the seed, the task, the item and the number of the attempt only, so that all ways of running meet the same attempts. There are two kinds:

- ``RandomDraws`` are independent of each other, as those of real runs are. Runs with several seeds differ as real runs would: in one of them more
  calls are slow, in another one more calls fail.
- ``EvenDraws`` are stratified: of a hundred calls, one is among the slowest hundredth, one among the second slowest, and so on, in random order. If a tenth
  of the attempts fails, every tenth does. A single run then is close to the middle of many random ones.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from random import Random
from struct import Struct
from typing import Protocol

from attrs import define, field

__all__ = ["FAILURE", "NUMBER", "Draws", "EvenDraws", "RandomDraws"]

NUMBER = 5
"""Numbers for an attempt."""

FAILURE = 3
"""Which of them says whether the attempt fails: it does if the number is below the task's failure rate."""

MOST_SALT = 64
"""Bytes of a key of BLAKE2."""

MOST_TOGETHER = 4096
"""Items that are stratified together, at most. The numbers of all of them are made at once."""

MOST_BLOCKS = 64
"""Groups of such items whose numbers are kept, some ten megabytes. Items begin in their order, but retries of older ones come between, after delays of seconds."""

_TWO = Struct("<QQ")
_FIVE = Struct("<5Q")


class Draws(Protocol):
    """The random numbers of a run."""

    def of(self, task: str, item: int, attempt: int) -> Sequence[float]:
        """Return ``NUMBER`` numbers from 0 to below 1 for an attempt of an item. Both are counted from 1, items by task."""
        ...


@define(eq=False)
class RandomDraws:
    """Independent numbers. One digest makes all of an attempt, since a run may have a million attempts."""

    seed: int
    _salts: dict[str, bytes] = field(factory=dict)

    def of(self, task: str, item: int, attempt: int) -> Sequence[float]:
        """Return the numbers of an attempt."""
        salt = self._salts.get(task)
        if salt is None:
            salt = self._salts[task] = f"{self.seed} {task}".encode()[-MOST_SALT:]
        digest = blake2b(_TWO.pack(item, attempt), digest_size=8 * NUMBER, key=salt).digest()
        return [(one >> 11) * 2.0**-53 for one in _FIVE.unpack(digest)]


@define(eq=False)
class EvenDraws:
    """Stratified numbers.

    Args:
        seed: Gives the order.
        numbers: About how many items each task has.
        failure_rates: The share of the attempts of each task that fail.
        observed: How many attempts of each task the distributions of its times are made of; 0 if they are given. If there are to be at least as many,
            numbers are the middles of their parts, so that each observed time comes as often as it was observed. Otherwise they
            are anywhere within them, since the middle of a part is less than its mean where a few calls are very slow.
    """

    seed: int
    numbers: Mapping[str, int]
    failure_rates: Mapping[str, float]
    observed: Mapping[str, int]
    _blocks: OrderedDict[tuple[str, int], _Block] = field(factory=OrderedDict, init=False)
    _others: RandomDraws = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._others = RandomDraws(self.seed)

    def of(self, task: str, item: int, attempt: int) -> Sequence[float]:
        """Return the numbers of an attempt."""
        whole = max(1, self.numbers[task])
        together = -(-whole // -(-whole // MOST_TOGETHER))  # about equal groups, each of which is not too large
        number, place = divmod(item - 1, together)
        found = self._block(task, number, together).of(place, attempt)
        # An item that fails more often than its first attempts did by these numbers: the first was made among others, or a worker was lost.
        return self._others.of(task, item, attempt) if found is None else found

    def _block(self, task: str, number: int, together: int) -> _Block:
        key = (task, number)
        block = self._blocks.get(key)
        if block is not None:
            self._blocks.move_to_end(key)
        else:
            random = Random(f"even {self.seed} {task} {number}")  # noqa: S311 - repeatable, not secret
            is_middle = together >= self.observed[task] * (1 - self.failure_rates[task]) > 0
            block = self._blocks[key] = _Block(random, together, self.failure_rates[task], is_middle=is_middle)
            if len(self._blocks) > MOST_BLOCKS:
                # The one that was not asked for longest. If it is needed again, it is made anew, with the same numbers.
                self._blocks.popitem(last=False)
        return block


_Attempts = tuple[Mapping[int, int], Sequence[Sequence[float]]]
"""The numbers of an attempt of many items: in which row those of an item are, and the five columns. The rows of first attempts are the items' own places."""


class _Block:
    """The numbers of items that are stratified together: those of first attempts, those of the second attempts of the items that failed, and so on.

    One number tells of each item how often it fails: ``k`` times if it is below the ``k``-th power of the failure rate. So of a hundred items
    of which a third of the attempts fails, 33 fail once, 11 twice, 4 three times and one four times.
    """

    def __init__(self, random: Random, items: int, failure_rate: float, *, is_middle: bool) -> None:
        self._random = random
        self._items = items
        self._failure_rate = failure_rate
        self._is_middle = is_middle
        self._lots = self._column(items, is_middle=True)
        self._attempts: list[_Attempts] = []

    def of(self, place: int, attempt: int) -> Sequence[float] | None:
        """Return the numbers of an attempt; None if the item's earlier attempts do not fail by these numbers."""
        while len(self._attempts) < attempt:
            self._attempts.append(self._even(self._failure_rate ** len(self._attempts)))
        rows, columns = self._attempts[attempt - 1]
        row = rows.get(place) if attempt > 1 else place
        return None if row is None else [column[row] for column in columns]

    def _even(self, share: float) -> _Attempts:
        """Return the numbers of an attempt that this ``share`` of the items comes to. All of them come to the first one, in their order."""
        coming = range(self._items) if share == 1 else [place for place, lot in enumerate(self._lots) if lot < share]
        columns = [self._column(len(coming), is_middle=self._is_middle) for _ in range(NUMBER)]
        columns[FAILURE] = array("d", [self._lots[place] / share for place in coming])
        return {place: row for row, place in enumerate(coming)} if self._attempts else {}, columns

    def _column(self, number: int, *, is_middle: bool) -> array[float]:
        """Return as many numbers as this, one in each of as many equal parts of the range."""
        parts = self._random.sample(range(number), number)
        return array("d", [(part + (0.5 if is_middle else self._random.random())) / number for part in parts])
