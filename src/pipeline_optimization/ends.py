"""The ends of pipelines, for ``group(key, end)``."""

from __future__ import annotations

from pipeline_optimization.pipeline.model.ends import Collect, Count, End, Group, Reduce, Sum, Top

__all__ = ["Collect", "Count", "End", "Group", "Reduce", "Sum", "Top"]
