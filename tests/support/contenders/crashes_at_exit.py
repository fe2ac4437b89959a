"""Answers rightly, and crashes when the interpreter shuts down, as extensions in C do."""

from __future__ import annotations

import atexit
import os
import signal

from honest import TaskOrchestrator as Honest

atexit.register(lambda: os.kill(os.getpid(), signal.SIGSEGV))


class TaskOrchestrator(Honest):
    pass
