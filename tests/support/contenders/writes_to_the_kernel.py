"""Tries to leave files in directories of the kernel and of the system's servers, and to change the kernel's settings."""

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
        run = [Path("/run"), *Path("/run").glob("*/"), *Path("/run/user").glob("*/")]
        for directory in (Path("/dev"), *Path("/sys/fs/cgroup").glob("*/"), *run):
            if directory.is_symlink():  # such as /run/shm, which leads to the private shared memory
                continue
            place = directory / f"left-by-{os.getpid()}"
            try:
                place.mkdir()
                place.rmdir()
                left.append(str(place))
            except OSError:
                pass
        assert not left, left
        return super().process_text(text)
