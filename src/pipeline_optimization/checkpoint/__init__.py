"""Finished work on disk: what a run needs to go on after it was stopped or killed."""

from pipeline_optimization.checkpoint.deliveries import DeliveryLog
from pipeline_optimization.checkpoint.peeking import stored_fact, stored_invocation
from pipeline_optimization.checkpoint.records import Failure, FileSpan
from pipeline_optimization.checkpoint.store import CheckpointStore

__all__ = ["CheckpointStore", "DeliveryLog", "Failure", "FileSpan", "stored_fact", "stored_invocation"]
