"""The run that gives the right result: one element after another, without faults, in a process of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from pipeline_optimization.benchmarks.judging.sample import judge_end
from pipeline_optimization.benchmarks.measuring.raw_samples import RawSample, SampleOrder
from pipeline_optimization.benchmarks.measuring.sampling import take_sample
from pipeline_optimization.benchmarks.measuring.subject_start import ForkServers
from pipeline_optimization.benchmarks.pipelines.evidence import Needed
from pipeline_optimization.benchmarks.pipelines.inputs import PipelineInput, difference
from pipeline_optimization.benchmarks.pipelines.wire import Answer, Given
from pipeline_optimization.benchmarks.pipelines.work import PipelineWork, ReferenceWork
from pipeline_optimization.benchmarks.reports.quantities import duration
from pipeline_optimization.engine.faults import FaultSettings, TaskFaults
from pipeline_optimization.errors import UsageError
from pipeline_optimization.pipeline.model.finding import FoundPipeline
from pipeline_optimization.plural import counted
from pipeline_optimization.shell_quoting import quoted_command
from pipeline_optimization.sources import is_url

__all__ = ["References"]

FEW = 3
"""The most files that a message names."""


@frozen(kw_only=True)
class _Seen:
    """The findings of a reference run: its input, its answer, the result that ``expected`` demands, its calls, and how long it took."""

    data: bytes
    answer: Answer
    right: Any
    calls: Mapping[str, frozenset[str]]
    seconds: float


@define(eq=False)
class References:
    """Makes inputs of a pipeline, with the right result of each.

    Attributes:
        found: The pipeline.
        files: The names of the input's files. If it is None, each execution has a sample of its own.
        size: The size of a sample.
        timeout: Seconds that one run may take.
        memory_limit: Bytes that one run may take.
    """

    found: FoundPipeline
    files: Sequence[str] | None
    size: int
    timeout: float
    memory_limit: int
    _made: dict[tuple[object, ...], PipelineInput] = field(factory=dict, init=False)
    _fork_servers: ForkServers = field(factory=lambda: ForkServers(PipelineWork.modules), init=False)

    def close(self) -> None:
        """End the server that starts the processes."""
        self._fork_servers.close()

    @property
    def tasks(self) -> Mapping[str, TaskFaults]:
        """Return the steps that declare how they misbehave, in their order."""
        steps = {step.name: step.spec.faults for step in self.found.pipeline.steps}
        return {name: faults for name, faults in steps.items() if faults.failure_rate > 0 or faults.sleep_time > 0}

    @property
    def shortest_wait(self) -> float | None:
        """Return the shortest wait in seconds that a step declares, or None if no step waits."""
        return min((faults.sleep_time for faults in self.tasks.values() if faults.sleep_time > 0), default=None)

    @property
    def directories(self) -> Sequence[str]:
        """Return the directories of the pipeline's files and of the input."""
        files = [*(file.path for file in self.found.files), *(self.files or ())]
        return sorted({os.path.dirname(os.path.abspath(file)) for file in files if not is_url(file)})

    def input_of(self, *parts: object) -> PipelineInput:
        """Return the input that depends on the parts. If the user named files, it is always the same one.

        Raises UsageError if the pipeline fails by itself, or if its result is another one each time.
        """
        key = () if self.files is not None else parts
        if key not in self._made:
            if self.files is None:
                # Only the last few samples are needed again: those of a round, for several contenders.
                self._made = dict(list(self._made.items())[-8:])
            self._made[key] = self._make(key)
        return self._made[key]

    def _make(self, parts: Sequence[object]) -> PipelineInput:
        is_first = not self._made
        given = Given("files", list(self.files)) if self.files is not None else Given("sample", [self.size, *parts])
        seen: list[_Seen] = []
        if is_first or not self.tasks:
            seen += self._run(given.to_bytes(), is_recorded=False, times=2 if is_first else 1)
        if self.tasks:
            seen += self._run(seen[0].data if seen else given.to_bytes(), is_recorded=True, times=1)
        first = seen[0]
        for again in seen[1:]:
            self._expect_same(first, again)
        answer = first.answer
        return PipelineInput(
            data=first.data,
            expected=answer if first.right is None else evolve(answer, result=first.right[0]),
            needed=Needed(self.tasks, seen[-1].calls, frozenset(answer.failed)),
            own_retries=frozenset(step.name for step in self.found.pipeline.steps if step.spec.retry is not None),
            seconds=seen[1 if is_first else 0].seconds,  # the first run also imports the pipeline
        )

    def _run(self, data: bytes, *, is_recorded: bool, times: int) -> list[_Seen]:
        """Take a sample of the reference run, with the same input several times. If the input is to be drawn, the first time draws it."""
        work = ReferenceWork(self.tasks, self.directories)
        order = SampleOrder(
            work=work,
            kind="reference",
            source="sequential",
            text=b"",
            options={},
            arguments={"pipeline": self.found.reference, "pipeline_options": dict(self.found.options)},
            inputs=[("cold" if number == 0 else "warm", data) for number in range(times)],
            settings=FaultSettings(profile="exercise", latency_scale=1.0, seed=0) if is_recorded else None,
            timeout=self.timeout,
            hash_seed=0,
            workers=1,
            measures_memory=False,
            memory_limit=self.memory_limit,
        )
        raw = take_sample(order, self._fork_servers.start)
        problem = _problem_of(raw, times)
        if raw.exit == "timeout":
            problem = f"It took longer than {duration(self.timeout)} (--timeout)."
        if problem:
            raise UsageError(
                f"The pipeline {self.found.pipeline.name!r} did not succeed in a run of its own, so there is nothing to compare: "
                f"{problem}{self._remedy()}"
            )
        found = []
        for execution in raw.executions:
            head, _, rest = execution.answer["answer"].partition(b"\n")
            length, right = json.loads(head)
            calls: dict[str, set[str]] = {task: set() for task in self.tasks}
            for call in execution.calls:
                calls.setdefault(call.task, set()).add(call.key)
            found.append(
                _Seen(
                    data=rest[:length],
                    answer=Answer.of_bytes(rest[length:]),
                    right=right,
                    calls={task: frozenset(keys) for task, keys in calls.items()},
                    seconds=execution.wall_ms / 1e3,
                )
            )
        return found

    def _remedy(self) -> str:
        if self.files is None:
            return ""
        names = self.files if len(self.files) <= FEW else [*self.files[:FEW], "…"]
        return f" Try it: {quoted_command(['anagram', 'run', '--pipeline', self.found.reference, *names])}"

    def _expect_same(self, first: _Seen, again: _Seen) -> None:
        name, one, other = self.found.pipeline.name, first.answer, again.answer
        if first.data != again.data:
            raise UsageError(
                f"sample() of the pipeline {name!r} made two inputs of the same chance, so a comparison could not be repeated. Let it "
                "use its argument random, and nothing else, to choose."
            )
        if json.dumps(one.result) == json.dumps(other.result) and one.failures == other.failures:
            return
        what = (
            f"{counted(sum(other.failures.values()), 'element')} failed for good, and {sum(one.failures.values()):,} before"
            if one.failures != other.failures
            else difference(other.result, one.result).rstrip(".")
        )
        raise UsageError(
            f"Two runs of the pipeline {name!r} over the same input gave different results, so no result can be called right: {what}. "
            "Does a step use chance, the time, or what an earlier call left?"
        )


def _problem_of(raw: RawSample, times: int) -> str:
    """Return, as a sentence, why a reference run gave no result, or an empty text if it gave one."""
    for execution in raw.executions:
        answer = execution.answer
        if answer["event"] == "raised":
            return f"{answer['type']}: {answer['message']}".rstrip(".: ") + "."
        if answer["event"] == "misshapen":
            return answer["message"]
    if len(raw.executions) == times:
        return ""
    problems = judge_end(raw, ReferenceWork({}))
    return problems[0].text if problems else "It ended without an answer."
