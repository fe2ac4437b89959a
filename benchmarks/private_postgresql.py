"""A PostgreSQL server of our own, on loopback and in a temporary directory, that can be killed and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["PostgreSQL", "private_postgresql"]

PLACES = "usr/lib/postgresql/*/bin"  # where Debian has what is not in the path
PATIENCE = 60.0
NOT_THERE = "PostgreSQL is not installed, and could not be: {}. Install it (apt-get install postgresql), or put its initdb into the PATH."


class PostgreSQL:
    """A cluster in a directory; ``url`` leads to its database, whose user needs no password."""

    def __init__(self, directory: Path, programs: Path, *settings: str) -> None:
        self._data = directory / "data"
        self._log = directory / "log"
        self._programs = programs
        self._port = _free_port()
        self._settings = settings
        self._server: subprocess.Popen[bytes] | None = None
        _own(directory)
        self._run(
            "initdb", "--username=anagram", "--auth=trust", "--encoding=UTF8", "--locale=C", "-D", str(self._data)
        )

    @property
    def url(self) -> str:
        return f"postgresql://anagram@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it answers. It may have to recover from a kill first."""
        until = time.monotonic() + PATIENCE
        options = ["listen_addresses=127.0.0.1", f"port={self._port}", "unix_socket_directories=", *self._settings]
        while True:
            with self._log.open("ab") as log:
                self._server = subprocess.Popen(
                    [
                        *_as_user(),
                        self._programs / "postgres",
                        "-D",
                        self._data,
                        *(f"-c{option}" for option in options),
                    ],
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            while self._server.poll() is None:
                if self._answers():
                    return
                if time.monotonic() > until:
                    break
                time.sleep(0.05)
            if time.monotonic() > until:  # processes of the killed server hold its memory for a moment
                raise RuntimeError(f"PostgreSQL does not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill the server. Its other processes notice that, and end."""
        assert self._server is not None
        os.kill(self._server.pid, signal.SIGKILL)
        self._server.wait()

    def stop(self) -> None:
        """End the server and whatever is connected."""
        if self._server is not None and self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(PATIENCE)

    def processor_seconds(self) -> float:
        """Return what the server's processes have taken of the processor, as Linux knows it."""
        assert self._server is not None
        ticks = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it has ended meanwhile
                fields = stat.read_text().rpartition(")")[2].split()
                if int(stat.parent.name) == self._server.pid:
                    ticks += sum(map(int, fields[11:15]))  # with its children that have ended
                elif int(fields[1]) == self._server.pid:
                    ticks += sum(map(int, fields[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    @contextmanager
    def asking_for_passwords(self, user: str) -> Iterator[None]:
        """Let the server want a password of a user while the context is open."""
        rules = self._data / "pg_hba.conf"
        before = rules.read_text()
        rules.write_text(f"host all {user} all scram-sha-256\n{before}")
        self._run("pg_ctl", "reload", "-D", str(self._data))
        try:
            yield
        finally:
            rules.write_text(before)
            self._run("pg_ctl", "reload", "-D", str(self._data))

    def _answers(self) -> bool:
        ready = subprocess.run(
            [self._programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self._port)], check=False
        )
        return ready.returncode == 0

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*_as_user(), self._programs / program, *arguments], capture_output=True, text=True, check=False, cwd="/"
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}{done.stderr}")


@contextmanager
def private_postgresql(*settings: str) -> Iterator[PostgreSQL]:
    """Let a server run while the context is open; ``settings`` are such as "fsync=off"."""
    with TemporaryDirectory(prefix="anagram-postgresql-") as directory:
        server = PostgreSQL(Path(directory), _programs(), *settings)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _programs() -> Path:
    """Return the directory of the server's programs, which Debian's package brings if they are missing."""
    found = _found_programs()
    if found is None and shutil.which("apt-get"):
        as_root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
        print("Installing PostgreSQL, which is missing.", file=sys.stderr)
        for arguments in (["update", "-qq"], ["install", "-qq", "-y", "postgresql"]):
            done = subprocess.run([*as_root, "apt-get", *arguments], capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(NOT_THERE.format(done.stderr.strip().rpartition("\n")[2]))
        found = _found_programs()
    if found is None:
        raise RuntimeError(NOT_THERE.format("there is no apt-get"))
    return found


def _found_programs() -> Path | None:
    in_path = shutil.which("initdb")
    if in_path:
        return Path(in_path).resolve().parent
    places = sorted(Path("/").glob(PLACES), key=lambda place: int(place.parent.name.split(".")[0]))
    return next((place for place in reversed(places) if (place / "initdb").exists()), None)


def _user() -> str | None:
    """Return whose processes the server's are, as it refuses to be root's."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _as_user() -> Sequence[str]:
    user = _user()
    return (
        [] if user is None else ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"]
    )


def _own(directory: Path) -> None:
    user = _user()
    if user is not None:
        shutil.chown(directory, user)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
