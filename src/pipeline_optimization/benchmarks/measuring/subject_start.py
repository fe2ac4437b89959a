"""Starts the processes in which contenders run: as programs, or as forks of a process that has imported what they need."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from attrs import frozen

from pipeline_optimization.benchmarks.measuring.subreaper import become_subreaper

__all__ = ["ForkServers", "Start", "SubjectEnds", "start_program"]

MODULE = "pipeline_optimization.benchmarks.subject"
PATIENCE = 30.0
"""Seconds for the server's imports, and for one fork."""


@frozen
class SubjectEnds:
    """The subject's ends of its pipes."""

    commands: int
    reports: int
    stdout: int
    stderr: int


Start = Callable[[Mapping[str, str], SubjectEnds], int]
"""Starts a subject with this environment in a session of its own, and returns its pid. The caller waits for the process."""


def start_program(environment: Mapping[str, str], ends: SubjectEnds) -> int:
    """Start a subject as a program of its own."""
    popen = subprocess.Popen(  # noqa: S603 - our own module, no shell
        [*_COMMAND, str(ends.commands), str(ends.reports)],
        stdin=subprocess.DEVNULL,
        stdout=ends.stdout,
        stderr=ends.stderr,
        env=dict(environment),
        pass_fds=(ends.commands, ends.reports),
        start_new_session=True,
    )
    popen.returncode = (
        0  # otherwise Popen would wait for the process some time, and its resource usage would be lost to us
    )
    return popen.pid


# -P: otherwise a user's json.py in the working directory would replace the standard library's.
_COMMAND = [sys.executable, "-P", "-m", MODULE]


def _limits(pid: int) -> list[tuple[int, int]]:
    """Return the resource limits of a process (0: this one), if the system tells them."""
    try:
        import resource  # noqa: PLC0415 - not every system has it

        return [resource.prlimit(pid, limit) for name, limit in vars(resource).items() if name.startswith("RLIMIT_")]
    except (ImportError, AttributeError):
        return []


class ForkServers:
    """Starts subjects by forking. There is one server at a time, for one hash seed. ``modules`` are what it has imported.

    Python draws the order of sets once for a program, so each round has a server of its own. If forking does not work, subjects are started as
    programs; the next sample tries to fork again.
    """

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules = modules
        self._server: _ForkServer | None = None

    def start(self, environment: Mapping[str, str], ends: SubjectEnds) -> int:
        """Start a subject."""
        if not hasattr(os, "fork") or not become_subreaper():
            return start_program(environment, ends)
        hash_seed = environment["PYTHONHASHSEED"]
        if self._server is not None and self._server.hash_seed != hash_seed:
            self.close()
        for _ in range(2):  # a contender may have ended or stopped the server, because it runs under the same user
            try:
                if self._server is None:
                    self._server = _ForkServer(hash_seed, self._modules)
                return self._server.start(environment, ends)
            except OSError:
                self.close()
        return start_program(environment, ends)

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.close()
            self._server = None


class _ForkServer:
    """A process of ours that has imported what all contenders need, and starts subjects by forking."""

    def __init__(self, hash_seed: str, modules: Sequence[str]) -> None:
        self.hash_seed = hash_seed
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(PATIENCE)
        with theirs:
            self._popen = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [*_COMMAND, "--forks", str(theirs.fileno()), *modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONHASHSEED": hash_seed},
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    def start(self, environment: Mapping[str, str], ends: SubjectEnds) -> int:
        """Start a subject. Raises OSError, such as TimeoutError, if the server does not do it properly."""
        self._look_for_harm()
        data = json.dumps(dict(environment)).encode()
        handles = (ends.commands, ends.reports, ends.stdout, ends.stderr)
        socket.send_fds(self._socket, [len(data).to_bytes(4, "big")], handles)
        self._socket.sendall(data)
        answer = self._socket.recv(4)
        if len(answer) != 4:
            raise ConnectionResetError("The fork server has ended.")
        return int.from_bytes(answer, "big")

    def _look_for_harm(self) -> None:
        """Raise OSError if a contender, which runs under the same user, has slowed down the server and so all later contenders."""
        pid = self._popen.pid
        os.kill(pid, signal.SIGCONT)
        if os.getpriority(os.PRIO_PROCESS, pid) != os.getpriority(os.PRIO_PROCESS, 0):
            raise PermissionError("The fork server has another priority.")
        if hasattr(os, "sched_getscheduler") and os.sched_getscheduler(pid) != os.sched_getscheduler(0):
            raise PermissionError("The fork server has another scheduling policy.")
        if _limits(pid) != _limits(0):
            raise PermissionError("The fork server has other limits.")
        if hasattr(os, "sched_getaffinity") and os.sched_getaffinity(pid) != os.sched_getaffinity(0):
            raise PermissionError("The fork server has other processors.")

    def close(self) -> None:
        """End the server. It holds nothing that could be lost."""
        self._socket.close()
        with suppress(ProcessLookupError):
            self._popen.send_signal(signal.SIGKILL)
        self._popen.wait()
