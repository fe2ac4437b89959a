"""Finished work on disk: what a run needs in order to go on after any kind of death."""

from pipeline_optimization.checkpoint.deliveries import DeliveryLog
from pipeline_optimization.checkpoint.peeking import stored_fact, stored_invocation
from pipeline_optimization.checkpoint.records import Failure, FileSpan
from pipeline_optimization.checkpoint.store import CheckpointStore

__all__ = ["CheckpointStore", "DeliveryLog", "Failure", "FileSpan", "stored_fact", "stored_invocation"]
