"""Takes one sample: a fresh process runs one contender on inputs that it has never seen."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack, closing
from hashlib import blake2b
from pathlib import Path

import psutil

from pipeline_optimization.benchmarks.measuring.descendants import children
from pipeline_optimization.benchmarks.measuring.handles import allow_handles
from pipeline_optimization.benchmarks.measuring.hidden_paths import hidden_paths
from pipeline_optimization.benchmarks.measuring.left_files import SeenFiles, changed_files, seen_files
from pipeline_optimization.benchmarks.measuring.messages import Event, GarbledError
from pipeline_optimization.benchmarks.measuring.priorities import reset_priorities
from pipeline_optimization.benchmarks.measuring.private_trees import private_trees, read_only_directories
from pipeline_optimization.benchmarks.measuring.process_tree import ProcessTree, describe_process, has_ended
from pipeline_optimization.benchmarks.measuring.raw_samples import ExecutionKind, RawExecution, RawSample, SampleOrder
from pipeline_optimization.benchmarks.measuring.subject_environment import subject_environment
from pipeline_optimization.benchmarks.measuring.subject_process import SubjectProcess
from pipeline_optimization.benchmarks.measuring.subject_start import Start, start_program
from pipeline_optimization.benchmarks.measuring.task_server import TaskServer
from pipeline_optimization.benchmarks.measuring.watch import MemoryLimitError, Watch
from pipeline_optimization.benchmarks.results import NAMESPACE
from pipeline_optimization.run_delay import run_delay_seconds
from pipeline_optimization.signal_mask import stop_signals_put_off

__all__ = ["take_sample"]

START_PATIENCE = 60.0
"""Seconds for importing and for setting up. A cluster starts slowly, and that is no fault."""
END_PATIENCE = 5.0
KILL_PATIENCE = 20.0
LEAK_PATIENCE = 2.0
THREAD_PATIENCE = 1.0
"""Seconds for which threads may go on after the contender is closed."""
CONTROL_BYTES = 4 << 20


def take_sample(order: SampleOrder, start: Start = start_program) -> RawSample:
    """Run a subject to its end, and end whatever it leaves behind. Nothing that a contender does makes this raise.

    For a memory sample, the subject is a program of its own whatever ``start`` is, because a forked process shares its parent's memory.
    """
    order.work.prepare()
    allow_handles()
    raw = RawSample(control_ms=_control_ms(), load1=os.getloadavg()[0])
    began = time.monotonic()
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="anagram-sample-", ignore_cleanup_errors=True)
        directory = Path(stack.enter_context(temporary))
        server = None
        if order.settings is not None:
            server = stack.enter_context(closing(TaskServer(order.work.fault_plan(order.settings), directory)))
        with stop_signals_put_off():  # until it is certain that the process will be ended
            sampling = _Sampling(order, raw, server, directory, start_program if order.measures_memory else start)
            stack.callback(sampling.end)
        sampling.run()
    raw.wall_s = time.monotonic() - began
    return raw


class _Sampling:
    """The conversation with one subject."""

    def __init__(
        self, order: SampleOrder, raw: RawSample, server: TaskServer | None, directory: Path, start: Start
    ) -> None:
        self._directory = directory
        self._order = order
        self._raw = raw
        self._server = server
        self._before: SeenFiles | None = None
        self._watch = Watch(measures_memory=order.measures_memory, memory_limit=order.memory_limit)
        self._subject = SubjectProcess(
            subject_environment(order, self._server),
            start=start,
            tick=self._watch.look,
            interval=self._watch.interval,
            server=self._server,
            read_answer=order.work.read_answer,
        )
        # There is only one fork server, whenever it was started. No code of the contender runs before it is asked to.
        strangers = frozenset(child.pid for child in children(psutil.Process())) - {self._subject.pid}
        self._tree = ProcessTree(self._subject.pid, strangers=strangers)
        self._watch.begin(self._tree)

    def run(self) -> None:
        """Let the subject do its work."""
        raw, subject = self._raw, self._subject
        try:
            self._converse()
            if not subject.wait(deadline=time.monotonic() + END_PATIENCE):
                raw.exit = "timeout"
        except TimeoutError:
            raw.exit = "timeout"
        except MemoryLimitError as error:
            raw.exit = "out of memory"
            raw.too_large = str(error)
        except GarbledError as error:
            raw.exit = "garbled"
            raw.garbled = str(error)

    def end(self) -> None:
        """End the subject, if it has not ended, and all that it has started. A second Ctrl-C does not prevent that."""
        raw, subject, tree = self._raw, self._subject, self._tree
        with stop_signals_put_off():
            raw.has_forked = subject.has_forked
            if subject.exit is None and has_ended(subject.pid):
                # A process that it started traces it (ptrace(2)). The kernel tells us of its end only when the tracer has ended.
                raw.leaked = tree.leave_nothing(patience=0.0)
                if subject.wait(deadline=time.monotonic() + KILL_PATIENCE):
                    raw.exit = subject.exit_name
            elif subject.exit is None:
                tree.kill()
                subject.kill()
                is_over = subject.wait(deadline=time.monotonic() + KILL_PATIENCE)
                tree.leave_nothing(patience=0.0)
                if not is_over:  # the kernel holds it, for example because it waits for a device
                    raw.leaked = [f"{describe_process(subject.pid)}, which cannot be killed"]
            else:
                raw.exit = raw.exit if raw.garbled else subject.exit_name
                raw.leaked = tree.leave_nothing(patience=LEAK_PATIENCE)
            subject.close()
        if self._before is not None:
            raw.left_files = changed_files(self._before)
        raw.stdout, raw.stderr = subject.stdout, subject.stderr
        raw.processes = tree.most_processes
        self._watch.report(raw)

    def _converse(self) -> None:
        order, raw, subject = self._order, self._raw, self._subject
        if not self._isolate():
            return
        threads = subject.thread_count()
        subject.send(
            order="load",
            module=order.work.module,
            kind=order.kind,
            source=order.source,
            text=order.text.decode("latin-1"),
            options=dict(order.options),
            arguments=dict(order.arguments),
            deadline=time.monotonic() + START_PATIENCE,
        )
        if self._receive(START_PATIENCE, "loading") is None:
            return
        if not (self._phase("import", START_PATIENCE) and self._phase("setup", START_PATIENCE)):
            return
        for kind, data in order.inputs:
            execution = self._execute(kind, data)
            if execution is None:
                return
            raw.executions.append(execution)
        if self._phase("teardown", order.timeout) and self._receive(order.timeout, "ending") is not None:
            raw.is_ended = True
            raw.threads_left = subject.await_threads(threads, deadline=time.monotonic() + THREAD_PATIENCE)
        subject.send(order="leave", deadline=time.monotonic() + END_PATIENCE)

    def _execute(self, kind: ExecutionKind, data: bytes) -> RawExecution | None:
        """Let the subject execute an input. Return None if it ended instead of answering."""
        subject, timeout = self._subject, self._order.timeout
        subject.send(order="prepare", deadline=time.monotonic() + timeout)
        if self._receive(timeout, "armed") is None:
            return None
        if kind == "warm":
            self._watch.begin_execution()
        if self._server is not None:
            self._server.begin()
        used = self._tree.cpu_seconds() if self._order.repeats_inputs else None
        own, delayed = time.process_time(), self._run_delay()
        timed = subject.time_answer(data, deadline=time.monotonic() + timeout)
        self._raw.sampler_cpu_s += time.process_time() - own
        if timed is None:
            return None
        delayed = self._run_delay() - delayed
        cpu_ms = None if used is None else (self._tree.cpu_seconds() - used) * 1e3
        seconds, answer = timed
        if seconds < 0:
            raise GarbledError(f"an answer that came before its {self._order.work.noun}")
        calls = () if self._server is None else self._server.calls()
        if kind == "warm":
            self._watch.end_execution(seconds)
        subject.send(order="tell", deadline=time.monotonic() + timeout)
        told = self._receive(timeout, "told")
        threads = subject.thread_count()
        self._raw.raised_priority = reset_priorities(self._tree.refresh()) or self._raw.raised_priority
        return RawExecution(
            kind=kind,
            wall_ms=seconds * 1e3,
            delayed_ms=delayed * 1e3,
            cpu_ms=cpu_ms,
            answer=answer,
            told=told or {},
            threads=threads,
            calls=calls,
        )

    def _run_delay(self) -> float:
        """Return the seconds for which the subject and this process have waited for a processor."""
        return run_delay_seconds(self._subject.pid) + run_delay_seconds(os.getpid())

    def _isolate(self) -> bool:
        """Make what the subject writes invisible for others. Return whether it still lives."""
        area = self._directory / "area"
        area.mkdir()
        trees = private_trees(self._order.source, self._order.work.directories)
        deadline = time.monotonic() + START_PATIENCE
        self._subject.send(
            order="isolate",
            area=str(area),
            trees=[tree.path for tree in trees],
            mounted=[tree.mounted for tree in trees],
            hidden=hidden_paths(),
            protected=read_only_directories(),
            most_bytes=self._order.memory_limit,
            deadline=deadline,
        )
        event = self._receive(START_PATIENCE, "isolated")
        if event is None:
            return False
        self._raw.isolation = event["message"] or NAMESPACE
        if self._raw.isolation != NAMESPACE:
            self._before = seen_files(tree.path for tree in trees)
        return True

    def _phase(self, name: str, patience: float) -> bool:
        """Let the subject do something, and take the time. Return whether it succeeded."""
        began = time.perf_counter()
        self._subject.send(order=name, deadline=time.monotonic() + patience)
        event = self._receive(patience, name, "failed")
        if event is None or event["event"] != name:
            self._raw.failed = event
            return False
        self._raw.phases_ms[name] = (self._subject.received - began) * 1e3
        return True

    def _receive(self, patience: float, *names: str) -> Event | None:
        return self._subject.receive(*names, deadline=time.monotonic() + patience)


def _control_ms() -> float:
    """Return the time of a fixed piece of work. If it changes, the machine has changed, and not a contender."""
    began = time.perf_counter()
    blake2b(bytes(CONTROL_BYTES)).digest()
    return (time.perf_counter() - began) * 1e3
