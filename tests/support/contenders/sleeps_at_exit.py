"""Registers a function for its end that does not end."""

from __future__ import annotations

import atexit
import time

from honest import TaskOrchestrator

__all__ = ["TaskOrchestrator"]

atexit.register(time.sleep, 1e6)
