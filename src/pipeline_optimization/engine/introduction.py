"""How a worker on another machine gets to know its run, and finds out whether it fits.

The driver of a cluster sends each worker one ``Introduction``. It holds what makes a ``Worker``, and what the driver says
of itself: its Python, the versions of the project's distributions, and whatever the run's stages add, such as the digest
of a file that they read. A worker that says otherwise of itself would count wrongly or fail in obscure ways, so it refuses.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

from attrs import frozen

from pipeline_optimization.engine.wire import Answer, Call, decode_answer, encode_call
from pipeline_optimization.engine.worker import DESCRIBE_WORKER, Worker
from pipeline_optimization.errors import ClusterError
from pipeline_optimization.hookspecs import PROJECT
from pipeline_optimization.installed import look_up, version_of
from pipeline_optimization.types import OpenContext

__all__ = ["Introduction", "encode_facts", "worker_name"]

CORE = "pipeline-optimization"

Facts = Mapping[str, str]


@frozen(kw_only=True, eq=False)
class Introduction:
    """What a cluster's driver sends to each worker, once; ``facts`` is empty where the run's stages tell none.

    Equal only to itself, so that a process can remember by it whom it has met.
    """

    worker_init: bytes
    facts: Facts

    @classmethod
    def of(cls, context: OpenContext) -> Introduction:
        """Return what to send for a run that begins."""
        answer = _ask(Worker(context.worker_init))
        facts = {} if answer.error is not None else _decode(answer.result)
        return cls(worker_init=context.worker_init, facts=facts)

    def make_worker(self) -> Worker:
        """Return a worker, ready to run. Raises ClusterError where this process does not fit the driver's."""
        worker = Worker(self.worker_init)
        if not self.facts:
            return worker
        answer = _ask(worker)
        if answer.error is not None:
            raise ClusterError(
                f"A worker on {_host()} cannot load what the run needs: {answer.error.type}: "
                f"{answer.error.message}. Install there what is installed here, in the same versions."
            )
        if differences := _differences(self.facts, _decode(answer.result)):
            raise ClusterError(
                f"A worker on {_host()} does not fit this program: {'; '.join(differences)}. "
                "Install the same versions on all machines."
            )
        return worker


def _host() -> str:
    from socket import gethostname  # noqa: PLC0415 - most runs are on one machine

    return gethostname()


def worker_name() -> str:
    """Return what completions call this process: its host and its number there."""
    return f"{_host()}:{os.getpid()}"


def encode_facts(facts: Facts) -> bytes:
    """Return what a process says of itself: these facts, its Python, and the versions of the project's distributions."""
    installed = look_up()
    versions = {entry.distribution: entry.version for entry in installed.entries if entry.group == PROJECT}
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    everything = {"Python": python, "the byte order": sys.byteorder, CORE: version_of(CORE), **versions, **facts}
    return json.dumps(everything).encode()


def _ask(worker: Worker) -> Answer:
    return decode_answer(worker.run_attempt(encode_call(Call(DESCRIBE_WORKER, "", 1, b""))))


def _decode(facts: bytes) -> Facts:
    return {str(name): str(value) for name, value in json.loads(facts).items()}


def _differences(ours: Facts, theirs: Facts) -> list[str]:
    """Return what differs. A plugin that only one side has is none: one that the run needs shows when it is loaded."""
    return [
        f"{name} is {theirs[name]} there and {ours[name]} here"
        for name in sorted(ours.keys() & theirs.keys())
        if ours[name] != theirs[name]
    ]
