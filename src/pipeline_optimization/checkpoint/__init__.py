"""Finished work on disk: what a run needs to go on after it was stopped or killed."""

from pipeline_optimization.checkpoint.deliveries import DeliveryLog
from pipeline_optimization.checkpoint.items import Failure, FileSpan
from pipeline_optimization.checkpoint.store import CheckpointStore
from pipeline_optimization.checkpoint.stored_facts import stored_fact, stored_invocation

__all__ = ["CheckpointStore", "DeliveryLog", "Failure", "FileSpan", "stored_fact", "stored_invocation"]
