"""The results of a comparison as plain records, the same in memory, in JSON and in every report.

Times are in milliseconds unless a name says otherwise, memory is in MiB, and moments are in seconds since the run began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import field, frozen

from pipeline_optimization.benchmarks.advice import Recommendation
from pipeline_optimization.benchmarks.samples import NAMESPACE, Execution, Point, Problem, Sample, SampleKind
from pipeline_optimization.benchmarks.scan import Scan
from pipeline_optimization.benchmarks.summary_row import Interval, SummaryRow

__all__ = [
    "NAMESPACE",
    "SCHEMA_VERSION",
    "CaseRecord",
    "Comparison",
    "ContenderRecord",
    "Execution",
    "PipelineRecord",
    "Point",
    "Problem",
    "Results",
    "RunRecord",
    "Sample",
    "SampleKind",
    "Warning_",
]

SCHEMA_VERSION = 1


@frozen(kw_only=True)
class ContenderRecord:
    """A contender: a plugin's orchestrator or a file.

    Attributes:
        name: Its name.
        kind: A file, or a plugin's orchestrator.
        source: The path of the file, or the distribution of the plugin.
        sha256: The SHA-256 of the file, or of the plugin's modules.
        version: The version of the plugin's distribution.
        summary: What the plugin says of it in one line.
        retry: What decided on its retries, as far as that was seen: the label of a retry policy (several are joined by commas), ``own`` for a loop of
            its own, ``none`` if failures were left alone, or empty. If it equals ``RunRecord.retry``, it retries as the plugins do.
        options: What it was given, by the names of the command line: ``{"retry": "fixed", "retry.delay": "0.01"}``.
    """

    name: str
    kind: Literal["file", "plugin"]
    source: str
    sha256: str = ""
    version: str = ""
    summary: str = ""
    retry: str = ""
    options: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class CaseRecord:
    """A size class of texts under a profile, with the rounds that it had.

    Attributes:
        case: Its name.
        profile: The profile's name.
        words: The words of a text.
        distinct_words: The different words of a text.
        faults: The fault profile.
        latency_scale: The factor of simulated times.
        rounds: The timed rounds.
        memory_rounds: The rounds for memory.
        warm_runs: The warm executions of a timed sample.
        expected_digests: The SHA-256 of the right answer to each input.
    """

    case: str
    profile: str
    words: int
    distinct_words: int
    faults: str
    latency_scale: float
    rounds: int = 0
    memory_rounds: int = 0
    warm_runs: int = 1
    expected_digests: Mapping[str, str] = field(factory=dict)

    @property
    def work(self) -> Literal["waiting", "computing"]:
        """Return what the profile's texts mostly require. Under the profile ``cpu`` nothing waits."""
        return "computing" if self.profile == "cpu" else "waiting"


@frozen(kw_only=True)
class PipelineRecord:
    """The user's own pipeline that was compared.

    Attributes:
        name: Its name.
        reference: What the user called it.
        options: The options that it was built with.
        input: What it ran over, for people.
        digest: A digest of its code, options and input. If it differs, something else was compared.
        shortest_wait_s: The shortest simulated wait of a step in seconds, before the latency scale, or None if no step waits.
        limits: What the comparison cannot tell of it, in one sentence each.
    """

    name: str
    reference: str
    options: Mapping[str, str] = field(factory=dict)
    input: str = ""
    digest: str = ""
    shortest_wait_s: float | None = None
    limits: Sequence[str] = ()


@frozen(kw_only=True)
class RunRecord:
    """The settings of a comparison, and how it was carried out.

    Attributes:
        id: The comparison's identity.
        started: When it started, as ISO 8601 in UTC.
        seed: The seed of texts, faults and orders.
        command: The command line.
        rounds: The timed rounds of the case that had the most.
        reference: The contender that ratios refer to.
        noise_threshold: The share below which a difference counts as none.
        timeout_s: Seconds that an execution may take.
        memory_limit_mib: Memory that a contender may take with all its processes.
        workers: The workers of each contender.
        retry: The label of the retry policy that contenders were given.
        iterations_asked: The rounds that were asked for, if any number was.
        time_budget_s: Seconds that were asked for, if any.
        duration_s: Seconds that it took.
        is_interrupted: Whether it was interrupted.
        pipeline: The user's pipeline, or None if anagrams were counted. With a pipeline, "words" in all records are elements of its input.
    """

    id: str
    started: str
    seed: int
    command: str
    rounds: int
    reference: str
    noise_threshold: float
    timeout_s: float
    memory_limit_mib: float
    workers: int
    retry: str = ""
    iterations_asked: int | None = None
    time_budget_s: float | None = None
    duration_s: float = 0.0
    is_interrupted: bool = False
    pipeline: PipelineRecord | None = None


@frozen(kw_only=True)
class Comparison:
    """A contender compared with the best one in one metric. ``p_adjusted`` is corrected by Holm's method, or None without a test."""

    metric: str
    case: str
    profile: str
    contender: str
    against: str
    ratio: float
    interval: Interval | None
    p_adjusted: float | None
    verdict: str


@frozen(kw_only=True)
class Warning_:  # noqa: N801 - Warning is Python's
    """Something that a reader should know before believing a result. ``text`` has cause, number and remedy."""

    code: str
    where: str
    value: float
    threshold: float
    text: str


@frozen(kw_only=True)
class Results:
    """A whole comparison."""

    recommendation: Recommendation = field(factory=Recommendation)
    run: RunRecord
    machine: Mapping[str, str]
    contenders: Sequence[ContenderRecord]
    cases: Sequence[CaseRecord]
    samples: Sequence[Sample]
    summary: Sequence[SummaryRow] = ()
    comparisons: Sequence[Comparison] = ()
    warnings: Sequence[Warning_] = ()
    scans: Sequence[Scan] = ()
    verdicts: Sequence[str] = ()
    methods: Mapping[str, str] = field(factory=dict)
    tool: str = ""
    schema_version: int = SCHEMA_VERSION

    def rows_of(self, case: str, profile: str) -> list[SummaryRow]:
        """Return the rows of one table."""
        return [row for row in self.summary if (row.case, row.profile) == (case, profile)]

    def samples_of(self, case: str, profile: str) -> list[Sample]:
        """Return the samples behind one table."""
        return [sample for sample in self.samples if (sample.case, sample.profile) == (case, profile)]
