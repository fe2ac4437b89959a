"""Finds plugins, keeps their components, and builds them from names and options."""

from pipeline_optimization.registry.build import Choice
from pipeline_optimization.registry.records import Kind, PluginRecord
from pipeline_optimization.registry.registry import Registry

__all__ = ["Choice", "Kind", "PluginRecord", "Registry"]
