"""A measured process with all its descendants, orphans included."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import psutil

from pipeline_optimization.benchmarks.measuring.cpu_clock import METHOD, cpu_seconds
from pipeline_optimization.benchmarks.measuring.descendants import children, descendants
from pipeline_optimization.benchmarks.measuring.memory_reading import (
    MemoryMethod,
    high_water_mark,
    memory_of,
    memory_of_files,
    unmapped_memory,
)
from pipeline_optimization.benchmarks.measuring.subreaper import become_subreaper

__all__ = ["ProcessTree", "describe_process", "has_ended"]

QUIET = 0.05
"""After this many seconds without any process, alive or just ended, a tree counts as empty."""

LOOKS = 8
"""This many looks in a row must have found nothing by then."""

KILL_PATIENCE = 20.0


class ProcessTree:
    """Finds the processes below one child of ours, measures their CPU time and memory, and can end them all.

    With a subreaper, orphans become children of this process. So every child that was not there before belongs to the tree. Without one, an orphan is
    known only if it was seen while its parent lived.
    """

    def __init__(self, pid: int, *, strangers: frozenset[int]) -> None:
        self._root = pid
        self._strangers = strangers
        self._known: dict[tuple[int, float], psutil.Process] = {}
        self._own: dict[tuple[int, float], float] = {}
        self._high: dict[tuple[int, float], int] = {}
        self._alive: list[psutil.Process] = []
        self._reaped = 0.0
        self.has_subreaper = become_subreaper()
        self.most_processes = 1

    @property
    def cpu_method(self) -> str:
        return f"{METHOD} + waited-for children" + (" + reaped orphans" if self.has_subreaper else "")

    def refresh(self) -> list[psutil.Process]:
        """Return the live processes of the tree."""
        found: list[psutil.Process] = []
        if self.has_subreaper:
            with suppress(psutil.Error):
                for child in children(psutil.Process()):
                    if child.pid not in self._strangers:
                        found += [child, *descendants(child)]
        else:
            with suppress(psutil.Error):
                root = psutil.Process(self._root)
                found += [root, *descendants(root)]
            # A process whose parent has ended is no descendant of the root any more.
            found += [process for process in self._known.values() if process not in found and _is_alive(process)]
        self._alive = [process for process in found if _is_alive(process)]
        self._known.update({_identity(process): process for process in self._alive})
        self.most_processes = max(self.most_processes, len(self._alive))
        return self._alive

    def cpu_seconds(self) -> float:
        """Return the CPU seconds of the tree so far, which is the larger of two sums.

        The first sum is what live processes used, with what each inherited from children that it waited for, and the orphans that we reaped. The
        second is what every process had used when it was last seen. It includes children whose parent never waited for them.
        """
        accounted = self._reaped
        for process in self.refresh():
            with suppress(psutil.Error):
                own, waited = cpu_seconds(process)
                self._own[_identity(process)] = own
                accounted += own + waited
        return max(accounted, sum(self._own.values()))

    def memory(self, method: MemoryMethod) -> int:
        """Return the bytes of the tree, with files in memory."""
        processes = self.refresh()
        total = unmapped_memory([process.pid for process in processes])
        for process in processes:
            with suppress(psutil.Error, OSError):
                total += memory_of(process, method)
                key = _identity(process)
                self._high[key] = max(self._high.get(key, 0), high_water_mark(process.pid))
        return total

    def resident(self) -> int:
        """Return the summed resident bytes of the processes that were last seen, with their files in memory.

        That is cheap, and can only be too high.
        """
        total = memory_of_files([process.pid for process in self._alive])
        for process in self._alive:
            with suppress(psutil.Error):
                total += process.memory_info().rss
        return total

    @property
    def memory_upper_bound(self) -> int:
        """Return the sum of the highest memory of all processes that ``memory`` has ever seen, in bytes."""
        return sum(self._high.values())

    def reap(self, *, keep: int) -> int:
        """Wait for orphans that have ended, except for the process ``keep``, and add up their CPU time. Return how many there were."""
        if not self.has_subreaper:
            return 0
        found = 0
        for child in children(psutil.Process()):
            if child.pid in self._strangers or child.pid == keep:
                continue
            with suppress(ChildProcessError):
                pid, _, usage = os.wait4(child.pid, os.WNOHANG)
                if pid:
                    found += 1
                    self._reaped += usage.ru_utime + usage.ru_stime
        return found

    def leave_nothing(self, *, patience: float) -> list[str]:
        """Kill what is still alive ``patience`` seconds after the root has ended. Return a description of each process that was killed."""
        deadline = time.monotonic() + patience
        silence = _Silence()
        while True:
            ended = self.reap(keep=self._root)
            alive = [process for process in self.refresh() if process.pid != self._root]
            if silence.has_come(heard=bool(alive or ended)):
                return []
            if time.monotonic() > deadline:
                break
            time.sleep(0.005)
        found = [describe_process(process.pid) for process in alive]
        if ended and not found:
            found = ["a chain of processes, each of which started the next"]
        self.kill()
        return found

    def kill(self) -> None:
        """Kill every process of the tree until none is left. The root still has to be waited for."""
        deadline = time.monotonic() + KILL_PATIENCE
        silence = _Silence()
        while time.monotonic() < deadline:
            alive = self.refresh()
            for group in self._groups():
                with suppress(OSError):
                    os.killpg(group, signal.SIGKILL)
            for process in alive:
                with suppress(psutil.Error):
                    process.kill()
            ended = self.reap(keep=self._root)
            is_heard = bool(ended) or any(process.pid != self._root for process in alive)
            if silence.has_come(heard=is_heard):
                return
            # Make no pause while anything lives. A process that starts a successor every instant, in a group of its own, is only caught by many
            # looks.
            if not is_heard:
                time.sleep(0.002)

    def _groups(self) -> set[int]:
        """Return the process groups of the tree, including those of processes that have just ended.

        The system kills a group at once. So no member can start another process meanwhile, as a process can that is killed alone.
        """
        ended = children(psutil.Process()) if self.has_subreaper else []
        found = set()
        for process in (*self._alive, *ended):
            if process.pid not in self._strangers:
                with suppress(OSError):
                    found.add(os.getpgid(process.pid))
        # A process of the tree may be in the harness's own group, which must not be killed.
        return found - {os.getpgrp()}


class _Silence:
    """Tells whether a tree is empty.

    In a chain of processes, each starts the next one and ends, so any look may come between two of them. But it leaves ended processes behind. So a
    tree counts as empty only after ``QUIET`` seconds and ``LOOKS`` looks without any. Seconds alone would not do, because on a busy machine they may
    pass without a single look.
    """

    def __init__(self) -> None:
        self._since: float | None = None
        self._looks = 0

    def has_come(self, *, heard: bool) -> bool:
        """Note what a look has found. Return whether nothing is there any more."""
        now = time.monotonic()
        if heard:
            self._since = None
        elif self._since is None:
            self._since, self._looks = now, 1
        else:
            self._looks += 1
        return self._since is not None and self._looks >= LOOKS and now - self._since >= QUIET


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def has_ended(pid: int) -> bool:
    """Return whether a process has ended, although somebody must still wait for it."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def describe_process(pid: int) -> str:
    """Return a process's name and number."""
    try:
        return f"{psutil.Process(pid).name()} (process {pid})"
    except psutil.Error:
        return f"process {pid}"


def _identity(process: psutil.Process) -> tuple[int, float]:
    try:
        return process.pid, process.create_time()
    except psutil.Error:
        return process.pid, 0.0
