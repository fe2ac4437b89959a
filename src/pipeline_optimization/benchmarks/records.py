"""What a comparison leaves behind: plain records, the same in memory, in JSON and in every report.

Times are in milliseconds unless a name says otherwise, memory in MiB, moments in seconds since the run began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from attrs import field, frozen

from pipeline_optimization.benchmarks.advice import Recommendation
from pipeline_optimization.benchmarks.samples import NAMESPACE, Execution, Point, Problem, Sample, SampleKind
from pipeline_optimization.benchmarks.scan import Scan

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
    "SummaryRow",
    "Verdict",
    "Warning_",
]

SCHEMA_VERSION = 1

Verdict = Literal["best", "tied", "slower", "unranked", "wrong", "failed"]
Mark = Literal["best", "leading", "tied"]
"""``best``: certainly the best; ``leading``: the best that was seen; ``tied``: cannot be told from the best."""
Interval = tuple[float, float]


@frozen(kw_only=True)
class ContenderRecord:
    """A contender: a plugin's orchestrator or a file. ``sha256`` is that of the file, or of the plugin's modules.

    ``retry`` is what was seen to decide on its retries: the label of a retry policy (several are joined by commas), ``own``
    for a loop of its own, ``none`` where failures were left alone, and empty where nothing showed it. Whoever has the
    ``retry`` of the run's record retries as the plugins do.
    ``options`` has what it was given, by the names of the command line: ``{"retry": "fixed", "retry.delay": "0.01"}``.
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

    ``warm_runs`` are those of a timed sample. ``expected_digests`` has the SHA-256 of the oracle's counts of each text.
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
        """Return what the profile's texts mostly ask of an orchestrator: in the profile ``cpu`` nothing waits."""
        return "computing" if self.profile == "cpu" else "waiting"


@frozen(kw_only=True)
class PipelineRecord:
    """The user's own pipeline that was compared: ``reference`` is how it was named, ``input`` what it ran over, in words.

    ``digest`` is that of its code, options and input: where it differs, another thing was compared. ``shortest_wait_s`` is the shortest
    simulated wait of a step before the latency scale, None where none waits. ``limits`` say what cannot be known of it, a sentence each.
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
    """What was asked for and how it was done. ``rounds`` are the timed rounds of the case that had the most.

    ``retry`` is the label of the retry policy that contenders were given. ``pipeline`` is None where anagrams were counted; else
    "words" of all records are elements of the pipeline's input.
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
class SummaryRow:
    """One contender in one case and profile; None where there is nothing to say.

    ``runtime_ms`` is the mean of the rounds' values, each the median of a process's correct warm executions;
    ``interval_ms`` is the exact 95 % interval of their median. ``ratio`` is to the reference, paired by round.
    ``problems`` are codes of ``problems.PROBLEMS``, and ``reasons`` say for each how often and what was seen first.
    ``notes`` are sentences about facts that do not change the verdict.
    ``startup_ms`` is the part of ``median_ms`` until a contender's workers were ready, None where it does not say.
    ``marks`` says which metrics are certainly the best, the best that was seen, or tied with it. ``failures`` counts executions and samples by kind.
    """

    contender: str
    case: str
    profile: str
    success_rate: float | None = None
    expected_success_rate: float | None = None
    runtime_ms: float | None = None
    words_per_second: float | None = None
    memory_peak_mib: float | None = None
    memory_growth_mib: float | None = None
    cpu_percent: float | None = None
    verdict: Verdict
    problems: Sequence[str] = ()
    reasons: Sequence[str] = ()
    notes: Sequence[str] = ()
    rounds: int = 0
    executions: int = 0
    median_ms: float | None = None
    interval_ms: Interval | None = None
    min_ms: float | None = None
    max_ms: float | None = None
    mad_ms: float | None = None
    ratio: float | None = None
    ratio_interval: Interval | None = None
    floor_ms: float | None = None
    overlap_efficiency: float | None = None
    import_ms: float | None = None
    setup_ms: float | None = None
    cold_ms: float | None = None
    startup_ms: float | None = None
    teardown_ms: float | None = None
    cpu_s_per_1000_words: float | None = None
    memory_upper_mib: float | None = None
    leak_mib_per_run: float | None = None
    processes: int = 0
    task_ms_quantiles: Mapping[str, float] = field(factory=dict)
    failures: Mapping[str, int] = field(factory=dict)
    marks: Mapping[str, Mark] = field(factory=dict)

    @property
    def is_unmeasured(self) -> bool:
        """Return whether it has no time and no fault either: an interruption came first."""
        return self.runtime_ms is None and not self.problems


@frozen(kw_only=True)
class Comparison:
    """How a contender stands to the best one in one metric: ``p_adjusted`` is Holm-corrected, None where untested."""

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
    """Something that a reader should know before believing: cause, number and remedy in ``text``."""

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
