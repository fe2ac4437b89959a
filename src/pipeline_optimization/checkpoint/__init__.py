"""Finished work on disk: what a run needs in order to go on after any kind of death."""

from pipeline_optimization.checkpoint.store import CheckpointStore, stored_fact

__all__ = ["CheckpointStore", "stored_fact"]
