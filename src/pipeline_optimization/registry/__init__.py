"""Finds plugins, keeps their components, and builds them from names and options."""

from pipeline_optimization.registry.entries import PluginEntry
from pipeline_optimization.registry.options import Choice
from pipeline_optimization.registry.records import KINDS, Kind, PluginRecord, kind_named
from pipeline_optimization.registry.registry import Registry
from pipeline_optimization.registry.selection import Selection

__all__ = ["KINDS", "Choice", "Kind", "PluginEntry", "PluginRecord", "Registry", "Selection", "kind_named"]
