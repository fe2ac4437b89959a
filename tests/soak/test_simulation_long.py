"""The engine against its adversary under ten times the seeds of the default tests."""

from __future__ import annotations

import pytest

import simulation

pytestmark = pytest.mark.soak

SEEDS = 20_000
BLOCK = 500


@pytest.mark.parametrize("first", range(0, SEEDS, BLOCK))
def test_seeds(first: int) -> None:
    """Every seed ends, and keeps every promise."""
    simulation.check_seeds(first, first + BLOCK)
