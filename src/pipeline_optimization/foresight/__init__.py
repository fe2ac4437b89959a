"""Foresight: what a run would take with another orchestrator, another number of workers, or other work, without running it.

A model of the work (``work``) meets a model of the machine and the orchestrator (``costs``) in the engine itself, in virtual time (``simulate``).
"""
