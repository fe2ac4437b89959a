"""The command line: parses, calls, renders."""

from pipeline_optimization.cli.main import main

__all__ = ["main"]
