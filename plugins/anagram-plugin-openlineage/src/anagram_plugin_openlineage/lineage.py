"""Makes the events of one run: START, and one of COMPLETE, ABORT and FAIL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    JobFacet,
    RunFacet,
    error_message_run,
    execution_parameters_run,
    job_type_job,
    parent_run,
    processing_engine_run,
)

from anagram_plugin_openlineage.datasets import DatasetName, name_of
from anagram_plugin_openlineage.settings import ParentRun, Settings
from pipeline_optimization.installed import version_of
from pipeline_optimization.masking import masked
from pipeline_optimization.plural import counted
from pipeline_optimization.types import RunFinished, RunStarted

__all__ = ["Lineage"]

NAME = "anagram-plugin-openlineage"

ENGINE = "pipeline-optimization"

PARAMETERS = ("orchestrator", "slots", "seed", "retry", "faults", "latency_scale", "case", "chunk_size")


class Lineage:
    """Makes the events of a run that has started. They have the run's own id, so that its record and its lineage can be matched."""

    def __init__(self, started: RunStarted, settings: Settings) -> None:
        self._started = started
        self._settings = settings
        self._producer = f"https://pypi.org/project/{NAME}/{version_of(NAME)}/"
        self._reads = _names(started.reads)
        self._writes = _names(started.writes)

    def start(self) -> RunEvent:
        """Return the event of the run's start."""
        return self._event(RunState.START, self._started.wall, {})

    def end(self, finished: RunFinished) -> RunEvent:
        """Return the event of the run's end."""
        state = _state_of(finished)
        facets: dict[str, RunFacet] = {}
        if state is not RunState.COMPLETE:
            facets["errorMessage"] = self._error(finished)
        return self._event(state, finished.wall, facets)

    def _event(self, state: RunState, wall: float, more: Mapping[str, RunFacet]) -> RunEvent:
        facets = {**self._run_facets(), **more}
        job_type = job_type_job.JobTypeJobFacet(
            processingType="BATCH", integration="PIPELINE_OPTIMIZATION", jobType="PIPELINE", producer=self._producer
        )
        job_facets: dict[str, JobFacet] = {"jobType": job_type}
        return RunEvent(
            eventType=state,
            eventTime=datetime.fromtimestamp(wall, UTC).isoformat(timespec="microseconds"),
            run=Run(runId=str(UUID(self._started.run_id)), facets=facets),
            job=Job(namespace=self._settings.namespace, name=self._started.name, facets=job_facets),
            inputs=[InputDataset(namespace=one.namespace, name=one.name) for one in self._reads],
            outputs=[OutputDataset(namespace=one.namespace, name=one.name) for one in self._writes],
            producer=self._producer,
        )

    def _run_facets(self) -> dict[str, RunFacet]:
        started = self._started
        parameters = [
            execution_parameters_run.ExecutionParameter(key=name, value=str(value))
            for name in PARAMETERS
            if (value := getattr(started, name)) != ""
        ]
        found: dict[str, RunFacet] = {
            "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
                name=ENGINE,
                version=started.versions.get(ENGINE) or version_of(ENGINE),
                openlineageAdapterVersion=version_of(NAME),
                producer=self._producer,
            ),
            "executionParameters": execution_parameters_run.ExecutionParametersRunFacet(
                parameters=parameters, producer=self._producer
            ),
        }
        if self._settings.parent is not None:
            found["parent"] = self._parent(self._settings.parent, self._settings.root)
        return found

    def _parent(self, parent: ParentRun, root: ParentRun | None) -> parent_run.ParentRunFacet:
        above = None
        if root is not None:
            above = parent_run.Root(
                run=parent_run.RootRun(runId=root.run_id),
                job=parent_run.RootJob(namespace=root.namespace, name=root.name),
            )
        return parent_run.ParentRunFacet(
            run=parent_run.Run(runId=parent.run_id),
            job=parent_run.Job(namespace=parent.namespace, name=parent.name),
            root=above,
            producer=self._producer,
        )

    def _error(self, finished: RunFinished) -> error_message_run.ErrorMessageRunFacet:
        error = finished.error
        if error is not None:
            message, trace = f"{error.type}: {error.message}", masked(error.traceback) or None
        elif finished.reason:
            message, trace = finished.reason, None
        else:
            failures = sum(one.failures for one in finished.tasks.values())
            message, trace = f"{counted(failures, 'item')} failed for good", None
        return error_message_run.ErrorMessageRunFacet(
            message=masked(message), programmingLanguage="PYTHON", stackTrace=trace, producer=self._producer
        )


def _names(addresses: Sequence[str]) -> Sequence[DatasetName]:
    """Return the names of datasets, each once. Two URLs that differ in their queries have one name."""
    return list(dict.fromkeys(map(name_of, addresses)))


def _state_of(finished: RunFinished) -> RunState:
    if finished.is_cancelled:
        return RunState.ABORT
    return RunState.COMPLETE if finished.is_complete else RunState.FAIL
