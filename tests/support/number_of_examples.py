"""How many generated inputs a test has: so many in the long run, and a part of them in the default one."""

from __future__ import annotations

from typing import Any

from hypothesis import settings

__all__ = ["examples"]


def examples(number: int, **options: Any) -> settings:
    """Return settings for a test that tries so many inputs in ``hatch run long-test``, and fewer where the profile has fewer."""
    return settings(max_examples=max(1, number * settings().max_examples // 100), **options)
