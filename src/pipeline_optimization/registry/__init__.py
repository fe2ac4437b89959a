"""Finds plugins, keeps their components, and builds them from names and options."""

from pipeline_optimization.kinds import KINDS, Kind, kind_named
from pipeline_optimization.registry.entries import PluginEntry, Selection
from pipeline_optimization.registry.options import Choice
from pipeline_optimization.registry.plugin_records import PluginRecord
from pipeline_optimization.registry.registry import Registry

__all__ = ["KINDS", "Choice", "Kind", "PluginEntry", "PluginRecord", "Registry", "Selection", "kind_named"]
