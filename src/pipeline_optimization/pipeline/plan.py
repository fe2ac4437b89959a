"""Plans how to run a job: all names are found and all options checked before anything starts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from attrs import evolve, field, fields, frozen

from pipeline_optimization.engine.faults import (
    BUILT_IN_PROFILES,
    DEFAULT_LATENCY_SCALE,
    FaultPlan,
    FaultSettings,
    new_seed,
)
from pipeline_optimization.engine.limits import Limits
from pipeline_optimization.engine.work import NO_TASK_POLICIES, TaskPolicy
from pipeline_optimization.errors import OptionError, OrchestratorError, UsageError
from pipeline_optimization.registry import Choice, Registry
from pipeline_optimization.sources import UTF_8, check_encoding
from pipeline_optimization.types import Capabilities, Orchestrator, RetryPolicy

if TYPE_CHECKING:
    from pipeline_optimization.pipeline.destinations import Destination
    from pipeline_optimization.pipeline.job import Job
    from pipeline_optimization.tasks.task_decorator import TaskSpec

__all__ = [
    "CODE",
    "DEFAULT_CHUNK_SIZE",
    "DEFAULT_EVENTS_LIMIT",
    "FAULTS",
    "KEPT",
    "NO_OPTIONS",
    "PIPELINE_FACT",
    "SEED",
    "Executor",
    "RunOptions",
    "RunPlan",
    "check_latency_scale",
    "plan_run",
]

DEFAULT_CHUNK_SIZE = 4 << 20
"""Bytes of input in one item. It is large enough for the cost of an item not to count, and small enough to hold several items in memory."""

DEFAULT_EVENTS_LIMIT = 1_000_000
"""The number of attempts up to which all are written. They make a file of some 300 MB. Of more attempts only a share is written."""

CODE = "the code of "
"""The names of those checkpoint facts begin with this whose change a user may accept."""

SEED = "the seed"
"""The name of the seed among the facts of a checkpoint."""

PIPELINE_FACT = "the pipeline"
"""The name of a user's pipeline among the facts of a checkpoint."""

KEPT: Mapping[str, bool] = {"kept": True}
"""Marks the options that a checkpoint keeps in its ``Invocation``. The orchestrator's options are not among them: a hostile checkpoint must not
choose the address of a cluster, because that can run code here."""

FAULTS: Mapping[str, str] = {"faults": "profile", "latency_scale": "latency_scale", "seed": "seed", "case": "case"}
"""The parts of ``FaultSettings``, by the names that callers and checkpoints use."""

OWN_PROFILE = "own"
"""The name in reports of a fault profile that was given as an object."""

Options = Mapping[str, object]

NO_OPTIONS: Options = {}

J = TypeVar("J", bound="Job[Any]")
J_co = TypeVar("J_co", bound="Job[Any]", covariant=True)


def _path(given: str | PathLike[str] | None) -> str | None:
    return None if given is None else fspath(given)


def _bounds(limits: Limits | None) -> Limits:
    return Limits() if limits is None else limits


@frozen(kw_only=True, eq=False, repr=False)
class RunOptions:
    """The options of a run of any job. Components are named as on the command line: ``NAME`` or ``NAME:VALUE``.

    Options are defined here. Functions and commands repeat them for their users' sake, and a test compares them with this class.
    """

    orchestrator: str | Orchestrator = field(default="sequential", metadata=KEPT)
    retry: str = field(default="exponential", metadata=KEPT)
    orchestrator_options: Options = field(factory=dict)
    retry_options: Options = field(factory=dict, metadata=KEPT)
    faults: FaultSettings = field(factory=FaultSettings)
    chunk_size: int = field(default=DEFAULT_CHUNK_SIZE, metadata=KEPT)
    encoding: str = field(default=UTF_8, metadata=KEPT)
    limits: Limits = field(default=None, converter=_bounds)
    checkpoint: str | None = field(default=None, converter=_path)
    resume: bool = False
    retries_failed: bool = False
    accept_changed_code: bool = False
    events: str | None = field(default=None, converter=_path)
    events_limit: int = DEFAULT_EVENTS_LIMIT
    account: bool = False

    @classmethod
    def called(cls, values: Mapping[str, Any]) -> Self:
        """Return options of values by their names. Other names are ignored."""
        faults = _fault_values({part: values[name] for name, part in FAULTS.items() if name in values})
        own = {one.name: values[one.name] for one in fields(cls) if one.name in values and one.name not in FAULTS}
        return cls(**own, faults=FaultSettings(**faults))


def _fault_values(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the parts of ``FaultSettings``. The profile may be a name, a profile, or a dictionary like a profile's file.

    If no scale is given, times of the project's own profiles are scaled down, because they are made up. Users' profiles have real times.
    """
    values = dict(given)
    profile = values.get("profile", "none")
    if not isinstance(profile, str):
        if isinstance(profile, Mapping):
            from pipeline_optimization.engine.profile_files import profile_from  # noqa: PLC0415 - hardly any run has one

            values["own"] = profile_from(profile)
        else:
            values["own"] = profile
        values["profile"] = OWN_PROFILE
    if values.get("latency_scale") is None:
        values["latency_scale"] = DEFAULT_LATENCY_SCALE if profile in BUILT_IN_PROFILES else 1.0
    return values


O = TypeVar("O", bound=RunOptions)  # noqa: E741 - options


@frozen(kw_only=True, eq=False, repr=False)
class Executor:
    """The orchestrator that runs the attempts of a run. ``choice`` says why it was taken, if the user left the choice open."""

    name: str
    orchestrator: Orchestrator
    capabilities: Capabilities
    choice: str = ""

    @property
    def slots(self) -> int:
        return self.orchestrator.slots


@frozen(kw_only=True, eq=False, repr=False)
class RunPlan(Generic[J_co]):
    """A run of which every name was found and every option checked.

    Attributes:
        options: The options.
        executor: The orchestrator and what it can do.
        retry: The retry policy.
        job: The job.
        policies: The tasks that have a retry policy, a time limit or a quota of their own.
        sink: The destination of the rows of the result, if they are not returned.
        writes: The addresses of other files that the result goes to, for observers.
    """

    options: RunOptions
    executor: Executor
    retry: Choice[RetryPolicy]
    job: J_co
    policies: Mapping[str, TaskPolicy] = NO_TASK_POLICIES
    sink: Destination | None = None
    writes: Sequence[str] = ()

    @property
    def faults(self) -> FaultPlan:
        return self.job.faults


def plan_run(registry: Registry, options: O, plan_job: Callable[[O, Executor], J]) -> RunPlan[J]:
    """Check a run's options, and then let ``plan_job`` check those of its job, because it needs the seed and the executor.

    Raises UsageError for unknown names and wrong values, and PluginError if a chosen plugin is broken.
    """
    faults = _found_faults(registry, options.faults)
    if options.chunk_size < 1:
        raise OptionError(f"The chunk size must be at least 1 byte, not {options.chunk_size!r}.")
    if options.chunk_size > sys.maxsize:
        raise OptionError(f"The chunk size must be at most {sys.maxsize:,} bytes, not {options.chunk_size!r}.")
    if options.events_limit < 1:
        raise OptionError(f"The limit of events must be at least 1 attempt, not {options.events_limit!r}.")
    if options.resume and options.checkpoint is None:
        raise OptionError("There is nothing to resume without a checkpoint. Name it: --checkpoint FILE --resume.")
    if options.accept_changed_code and not options.resume:
        raise OptionError(
            "Only a resumed run can accept changed code. Add --resume, or leave --accept-changed-code out."
        )
    if options.retries_failed and not options.resume:
        raise OptionError("Only a resumed run can try failed items again. Add --resume, or leave --retry-failed out.")
    encoding = options.encoding if options.encoding == UTF_8 else check_encoding(options.encoding)
    options = evolve(options, encoding=encoding, faults=evolve(faults, seed=_seed(options)))
    executor = _executor(registry, options)
    job = plan_job(options, executor)
    retry = registry.retry_policy(options.retry, options.retry_options)
    return RunPlan(
        options=options,
        executor=executor,
        retry=retry,
        job=job,
        policies=_policies(registry, job.tasks) or NO_TASK_POLICIES,
    )


def _policies(registry: Registry, tasks: Mapping[str, TaskSpec]) -> Mapping[str, TaskPolicy]:
    """Return the tasks that have policies of their own. Raises UsageError that names the task if its retry policy does not exist."""
    found = {}
    for name, spec in tasks.items():
        if spec.retry is None and spec.timeout is None and spec.quota is None:
            continue
        try:
            policy = None if spec.retry is None else spec.retry.build(registry)
        except UsageError as error:
            raise OptionError(f"The retry policy of the task {name!r}: {error}") from error
        label = "" if spec.retry is None else spec.retry.label
        found[name] = TaskPolicy(timeout=spec.timeout, retry=policy, quota=spec.quota, retry_label=label)
    return found


def _found_faults(registry: Registry, faults: FaultSettings) -> FaultSettings:
    """Return the faults with their profile. If it is not one of the project's, it is read from a file or taken from a plugin.

    Raises UsageError for an unknown or wrong profile, and for a wrong scale.
    """
    check_latency_scale(faults.latency_scale)
    if faults.own is not None:
        return _checked_profile(faults)
    if faults.profile in BUILT_IN_PROFILES:
        return faults
    if faults.profile.endswith(".toml"):
        from pipeline_optimization.engine.profile_files import read_profile  # noqa: PLC0415 - hardly any run has one

        return evolve(faults, own=read_profile(Path(faults.profile)))
    return evolve(faults, own=registry.fault_profile(faults.profile).build())


def check_latency_scale(scale: float) -> None:
    """Raise OptionError if times cannot be multiplied by ``scale``."""
    if not 0 <= scale <= sys.float_info.max:
        raise OptionError(f"The latency scale must be a number of at least 0, not {scale!r}.")


def _checked_profile(faults: FaultSettings) -> FaultSettings:
    from pipeline_optimization.types.fault_profiles import FaultProfile  # noqa: PLC0415 - hardly any run has one

    if not isinstance(faults.own, FaultProfile):
        raise OptionError(
            f"Faults are the name of a profile, the path of a TOML file, a FaultProfile, or a dictionary like such a file, not {faults.own!r}."
        )
    return faults


def _seed(options: RunOptions) -> int:
    """Return the seed that was chosen, the seed of the run to resume, or a new one."""
    if options.faults.seed is not None:
        return options.faults.seed
    if options.resume and options.checkpoint:
        from pipeline_optimization.checkpoint import stored_fact  # noqa: PLC0415 - SQLite, for runs that use it only

        stored = stored_fact(options.checkpoint, SEED)
        if stored is not None and stored.isdecimal():
            return int(stored)
    return new_seed()


def _executor(registry: Registry, options: RunOptions) -> Executor:
    """Return the orchestrator that was chosen. If it was named, it is built."""
    chosen = options.orchestrator
    if isinstance(chosen, str):
        choice = registry.orchestrator(chosen, options.orchestrator_options)
        built = choice.build()
        # An orchestrator that hands attempts to another one has the capabilities of that one.
        capabilities = getattr(built, "capabilities", choice.component.capabilities)
        executor = Executor(name=chosen, orchestrator=built, capabilities=capabilities)
    elif options.orchestrator_options:
        raise OptionError("Orchestrator options go with an orchestrator's name, not with an object that is built.")
    else:
        capabilities = getattr(chosen, "capabilities", Capabilities())
        executor = Executor(name=type(chosen).__name__, orchestrator=chosen, capabilities=capabilities)
    slots: object = executor.slots
    if not isinstance(slots, int) or slots < 1:
        raise OrchestratorError(
            f"The orchestrator {executor.name!r} has {slots!r} slots. It must have a whole number of them, at least one."
        )
    return executor
