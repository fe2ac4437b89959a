"""What the fixtures of a soak give its tests: rounds with a seed each, and the share of a bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

__all__ = ["Bar", "Rounds"]

Rounds = Callable[[int], Iterator[Random]]
Bar = Callable[[int], int]
