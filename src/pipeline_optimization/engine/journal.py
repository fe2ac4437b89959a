"""A record of every stage call of a measured process, whichever process or thread made it.

The harness names a directory in the environment variable ``ANAGRAM_JOURNAL``. Its file ``settings`` says which
execution is under way and what faults it meets; it is read at every call, so that workers which were started for an
earlier execution do not go on with its seed. Calls are numbered by appending to a file for each task and argument:
the kernel makes an append and its position atomic, so the n-th call draws the n-th fault in whatever process it is.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from attrs import asdict, astuple, frozen

from pipeline_optimization.engine.faults import FaultPlan, TaskFaults

__all__ = ["VARIABLE", "CallRecord", "Journal", "Outcome", "Settings"]

VARIABLE = "ANAGRAM_JOURNAL"

Outcome = Literal["ok", "injected", "error"]


@frozen(kw_only=True)
class Settings:
    """The faults of one execution, and its number within the measured process."""

    execution: int = 0
    faults: str = "none"
    latency_scale: float = 0.0
    seed: int = 0
    case: str = ""

    def plan(self, tasks: Mapping[str, TaskFaults]) -> FaultPlan:
        """Return what happens to calls of these tasks, which misbehave as they declare."""
        return FaultPlan(
            tasks={name: faults.scaled(self.faults) for name, faults in tasks.items()},
            latency_scale=self.latency_scale,
            seed=self.seed,
            case=self.case,
        )


@frozen
class CallRecord:
    """One call of a stage: the drawn latency in seconds, and when it began and ended in nanoseconds (monotonic).

    ``policy`` is the label of the retry policy that the call was made under, empty where the project knows of none.
    """

    task: str
    key: str
    number: int
    outcome: Outcome
    latency: float
    began: int
    ended: int
    policy: str = ""


@frozen
class Journal:
    """Reads and writes the files of a journal's directory. Safe to use from any thread of any process."""

    directory: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Journal | None:
        directory = environ.get(VARIABLE)
        return cls(Path(directory)) if directory else None

    def begin(self, settings: Settings) -> None:
        """Start an execution: calls from now on meet these faults and are recorded under its number."""
        (self.directory / f"{settings.execution}.calls").mkdir()
        staged = self.directory / "settings.new"
        staged.write_text(json.dumps(asdict(settings)), "utf-8")
        staged.replace(self.directory / "settings")

    def settings(self) -> Settings:
        """Return the settings of the execution that is under way."""
        return Settings(**json.loads((self.directory / "settings").read_bytes()))

    def next_number(self, execution: int, task: str, key: str) -> int:
        """Return how many calls of a task with this argument there have been in an execution, this one included."""
        name = blake2b(f"{task}\x1f{key}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        handle = _open_for_append(self.directory / f"{execution}.calls" / name)
        try:
            os.write(handle, b".")
            return os.lseek(handle, 0, os.SEEK_CUR)
        finally:
            os.close(handle)

    def record(self, execution: int, call: CallRecord) -> None:
        """Append a finished call."""
        line = json.dumps(astuple(call))
        handle = _open_for_append(self.directory / f"{execution}.log")
        try:
            os.write(handle, line.encode() + b"\n")
        finally:
            os.close(handle)

    def calls(self, execution: int) -> list[CallRecord]:
        """Return the finished calls of an execution, in the order in which they were recorded."""
        path = self.directory / f"{execution}.log"
        if not path.exists():
            return []
        # A process that was killed may have left half a line.
        return [CallRecord(*json.loads(line)) for line in path.read_bytes().split(b"\n")[:-1]]


def _open_for_append(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o600)
