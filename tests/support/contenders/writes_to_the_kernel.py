"""Tries to leave files in directories of the kernel, and to change its settings."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from honest import TaskOrchestrator as Honest


class TaskOrchestrator(Honest):
    def process_text(self, text: str) -> dict[str, Any]:
        setting = Path("/proc/sys/kernel/hostname")
        left = []
        try:
            setting.write_bytes(setting.read_bytes())
            left.append(str(setting))
        except OSError:
            pass
        for directory in (Path("/dev"), *Path("/sys/fs/cgroup").glob("*/")):
            place = directory / f"left-by-{os.getpid()}"
            try:
                place.mkdir()
                place.rmdir()
                left.append(str(place))
            except OSError:
                pass
        assert not left, left
        return super().process_text(text)
