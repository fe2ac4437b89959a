"""Imagined orchestrators that cost nothing but what the work takes there, so that times can be told by hand."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline_optimization.foresight.costs import OrchestratorCosts, Place

__all__ = ["FREE"]

PLACES: tuple[Place, ...] = ("caller", "loop", "threads", "processes")

FREE: Mapping[Place, OrchestratorCosts] = {place: OrchestratorCosts(place=place) for place in PLACES}
"""Their costs, by place."""
