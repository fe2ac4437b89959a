"""What the parent sends to each process on a cluster, so that the process can make a worker or refuse to.

A ``Handshake`` holds the bytes that a ``Worker`` is made of, and facts about the parent: its version of Python, the versions of
the project's distributions, and whatever the stages of the run add, such as the digest of a file that they read. A process
for which these facts are different would compute wrong results, or fail with errors that are hard to understand. So it refuses.

Both sides find their facts in the same way: a worker runs the task ``DESCRIBE_WORKER``, if the run has one, and its result is the facts. The parent
does so when the run begins, and sends its facts along. Each process does so when it makes its worker, and compares.
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

__all__ = ["Handshake", "encode_facts", "worker_name"]

CORE = "pipeline-optimization"
"""The name of the distribution that brings the core. Those of plugins have any name, and an entry point in the group ``PROJECT``."""

Facts = Mapping[str, str]


@frozen(kw_only=True, eq=False)
class Handshake:
    """What the parent sends to each process of a cluster, once.

    A handshake is equal only to itself. Each process unpickles it once, so the process can remember which worker it made for which handshake.

    Attributes:
        worker_init: The bytes that a ``Worker`` is made of.
        facts: What must be the same in the parent and in the process. It is empty if the run has no task ``DESCRIBE_WORKER``, or if
            this task fails in the parent.
    """

    worker_init: bytes
    facts: Facts

    @classmethod
    def of(cls, context: OpenContext) -> Handshake:
        """Return the handshake for a run that begins."""
        worker = Worker(context.worker_init)
        try:
            answer = _ask(worker)
        finally:
            worker.close()  # the parent's own attempts, if it runs any, have another one
        # If the parent cannot describe itself, nothing is compared. What is wrong then shows in the first attempt.
        facts = {} if answer.error is not None else _decode(answer.result)
        return cls(worker_init=context.worker_init, facts=facts)

    def make_worker(self) -> Worker:
        """Return a worker for this process.

        Raises:
            ClusterError: If a component cannot be loaded here, or a fact is different from the parent's. If there are no facts, nothing is
                compared: a component that cannot be loaded then shows in the first attempt.
        """
        worker = Worker(self.worker_init)
        if not self.facts:
            return worker
        try:
            self._compare(_ask(worker))
        except BaseException:
            worker.close()  # the process may serve other programs
            raise
        return worker

    def _compare(self, answer: Answer) -> None:
        """Compare the facts of this process, which its worker has answered, with the parent's. Raises ClusterError."""
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


def _host() -> str:
    from socket import gethostname  # noqa: PLC0415 - most runs are on one machine

    return gethostname()


def worker_name() -> str:
    """Return the name of this process in completions: its host and its process id."""
    return f"{_host()}:{os.getpid()}"


def encode_facts(facts: Facts) -> bytes:
    """Return facts about this process as bytes: the given ones, its version of Python, and the versions of the project's distributions."""
    installed = look_up()
    versions = {entry.distribution: entry.version for entry in installed.entries if entry.group == PROJECT}
    # The minor version alone: patch versions of Python behave alike.
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    everything = {"Python": python, "the byte order": sys.byteorder, CORE: version_of(CORE), **versions, **facts}
    return json.dumps(everything).encode()


def _ask(worker: Worker) -> Answer:
    return decode_answer(worker.run_attempt(encode_call(Call(task=DESCRIBE_WORKER, fault_key="", number=1, data=b""))))


def _decode(facts: bytes) -> Facts:
    return {str(name): str(value) for name, value in json.loads(facts).items()}


def _differences(ours: Facts, theirs: Facts) -> list[str]:
    """Return the facts that are different, as texts.

    A plugin that is installed on one side only is no difference. If the run needs it, loading it fails with an error of its own.
    """
    return [
        f"{name} is {theirs[name]} there and {ours[name]} here"
        for name in sorted(ours.keys() & theirs.keys())
        if ours[name] != theirs[name]
    ]
