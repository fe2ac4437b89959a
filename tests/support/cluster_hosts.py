"""Three hosts in network namespaces of this machine, each with an address and a scratch directory of its own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

__all__ = ["ADDRESS", "HOSTS", "Network", "NoNamespacesError", "open_network"]

HOSTS = ("scheduler", "first", "second")
ADDRESS = {host: f"10.99.0.{number}" for number, host in enumerate(HOSTS, start=1)}
SCRATCH = Path("/tmp/ray")
"""Where Ray's hosts keep their sockets, whose names two hosts that share the directory would fight for."""


class NoNamespacesError(Exception):
    """Network namespaces cannot be made here."""


class Network:
    """The hosts, joined by a bridge on the scheduler's. What programs print goes to ``logs``, a file a host."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._programs: list[subprocess.Popen[bytes]] = []
        self._names = {host: f"anagram{os.getpid()}{host}" for host in HOSTS}

    def start(self, host: str, *command: str, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start a program on a host; it ends with the network at the latest."""
        scratch = self._logs / f"{host}-scratch"
        scratch.mkdir(exist_ok=True)
        # Each of these has its own view of what is mounted, so that this ends with the program.
        mount = ["sh", "-c", f'mount --bind "$0" {SCRATCH} && exec "$@"', str(scratch)]
        inside = ["ip", "netns", "exec", self._names[host], *mount, *command]
        with (self._logs / f"{host}.log").open("ab") as log:
            program = subprocess.Popen(inside, stdout=log, stderr=log, env=env)
        self._programs.append(program)
        return program

    def cut(self, host: str) -> None:
        """Take a host's cable out. What runs there goes on, and hears nothing any more."""
        _ip("-n", self._names[host], "link", "set", "cable", "down")

    def kill(self, host: str) -> None:
        """End all that runs on a host, as a power cut would."""
        found = subprocess.run(["ip", "netns", "pids", self._names[host]], capture_output=True, text=True, check=False)
        for pid in found.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def build(self) -> None:
        SCRATCH.mkdir(exist_ok=True)
        for host, name in self._names.items():
            _ip("netns", "add", name)
            _ip("-n", name, "link", "set", "lo", "up")
            if host == "scheduler":
                _ip("-n", name, "link", "add", "cable", "type", "bridge")
            else:
                plug = ("peer", "name", host, "netns", self._names["scheduler"])
                _ip("-n", name, "link", "add", "cable", "type", "veth", *plug)
                _ip("-n", self._names["scheduler"], "link", "set", host, "master", "cable", "up")
            _ip("-n", name, "addr", "add", f"{ADDRESS[host]}/24", "dev", "cable")
            _ip("-n", name, "link", "set", "cable", "up")

    def remove(self) -> None:
        for host, name in self._names.items():
            self.kill(host)
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        for program in self._programs:
            program.wait()


@contextmanager
def open_network(logs: Path) -> Iterator[Network]:
    """Make the hosts, and remove them with all that runs there. Raises NoNamespacesError where they cannot be made."""
    network = Network(logs)
    with ExitStack() as stack:
        stack.callback(network.remove)
        network.build()
        yield network


def _ip(*arguments: str) -> None:
    try:
        subprocess.run(["ip", *arguments], capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise NoNamespacesError("there is no program 'ip' (package iproute2)") from error
    except subprocess.CalledProcessError as error:
        raise NoNamespacesError(f"ip {' '.join(arguments)}: {error.stderr.strip()}") from error
