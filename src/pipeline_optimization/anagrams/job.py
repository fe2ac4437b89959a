"""The two jobs that count anagrams: fused if no stage can wait or fail, and stage by stage if they can."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from attrs import evolve, frozen

from pipeline_optimization.anagrams.reading import Reading
from pipeline_optimization.anagrams.report import RunReport
from pipeline_optimization.anagrams.stages import StagePlan, build_stages
from pipeline_optimization.anagrams.workloads import FusedWorkload, StagedWorkload
from pipeline_optimization.counting.index import AnagramIndex
from pipeline_optimization.counting.totals import Totals
from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.worker import Stage
from pipeline_optimization.error_text import describe_with_place, message_of
from pipeline_optimization.errors import PluginLoadError
from pipeline_optimization.file_module import FileModule
from pipeline_optimization.foreign_code import ForeignCodeError, call_foreign
from pipeline_optimization.installed import CORE, origin_of
from pipeline_optimization.pipeline.job import KeptWorkload, StopOf
from pipeline_optimization.pipeline.plan import CODE
from pipeline_optimization.pipeline.summary import RunSummary
from pipeline_optimization.sources import Source
from pipeline_optimization.types import Capabilities, KernelOffer

if TYPE_CHECKING:
    from pipeline_optimization.tasks.task_decorator import TaskSpec

__all__ = ["AnagramJob", "FusedJob", "StagedJob", "prepare_kernel"]


@frozen(kw_only=True, eq=False, repr=False)
class AnagramJob(ABC):
    """Counting anagrams, planned. ``kernels`` are the counting kernels to try, best first. ``stages`` has the first of them."""

    faults: FaultPlan
    stages: StagePlan
    kernels: Sequence[KernelOffer]
    encoding: str
    capabilities: Capabilities

    tasks: ClassVar[Mapping[str, TaskSpec]] = MappingProxyType({})

    @property
    def files(self) -> Sequence[str]:
        """Return the file of the lexicon, as far as its options name it."""
        path = getattr(self.stages.lexicon.options, "path", None)
        return [path] if isinstance(path, str) and path else []

    def load(self, announce: Callable[[str], None]) -> LoadedAnagramJob:
        """Open the lexicon's index.

        Raises LexiconError if there is none, and PluginError if a component fails while it is made.
        """
        return LoadedAnagramJob(self, self.stages.open_index())

    @abstractmethod
    def start(self, loaded: LoadedAnagramJob, reading: Reading) -> StartedAnagramJob:
        """Begin with an input."""


class FusedJob(AnagramJob):
    """A counting kernel does all stages at once. Each part of the text is an item."""

    __slots__ = ()

    def load(self, announce: Callable[[str], None]) -> LoadedAnagramJob:
        """Open the index, and prepare the kernel. Raises PluginLoadError if no kernel can be prepared."""
        index = self.stages.open_index()
        kernel, warnings = prepare_kernel(self.kernels, announce)
        return LoadedAnagramJob(evolve(self, stages=evolve(self.stages, kernel=kernel)), index, warnings)

    def start(self, loaded: LoadedAnagramJob, reading: Reading) -> StartedAnagramJob:
        totals = Totals(self.stages.kernel.merge)
        workload = FusedWorkload(
            reading,
            totals,
            groups=len(loaded.index),
            inline=not self.capabilities.shared_files,
            is_text_elsewhere=self.capabilities.is_distributed,
        )
        return StartedAnagramJob(loaded, reading, totals, workload, kernel=self.stages.kernel.name)


class StagedJob(AnagramJob):
    """Each stage is a task of its own, which waits and fails as its faults say."""

    __slots__ = ()

    def start(self, loaded: LoadedAnagramJob, reading: Reading) -> StartedAnagramJob:
        totals = Totals()
        return StartedAnagramJob(loaded, reading, totals, StagedWorkload(reading, totals))


class LoadedAnagramJob:
    """Counting anagrams with a loaded index. ``warnings`` tell of kernels that could not be used."""

    remedies: Mapping[str, str] = MappingProxyType({})
    modules: Sequence[FileModule] = ()

    def __init__(self, job: AnagramJob, index: AnagramIndex, warnings: Sequence[str] = ()) -> None:
        self.job = job
        self.index = index
        self.warnings = warnings

    @property
    def build(self) -> Callable[[object], Mapping[str, Stage]]:
        return build_stages

    @property
    def argument(self) -> StagePlan:
        return self.job.stages

    @property
    def facts(self) -> Mapping[str, str]:
        """Return the facts that decide on the counts of a text."""
        stages, index = self.job.stages, self.index
        facts = {
            "the tokenizer": f"{stages.tokenizer.label} {stages.tokenizer.options!r}",
            "the signature": f"{stages.signature.label} {stages.signature.options!r}",
            "the lexicon": f"{stages.lexicon.label} ({len(index)} groups, digest {index.digest()})",
        }
        for name, component in (("tokenizer", stages.tokenizer.component), ("signature", stages.signature.component)):
            if not (origin := origin_of(component.factory)).startswith(CORE):
                facts[f"{CODE}the {name}"] = origin
        return facts

    def start(self, sources: Sequence[Source], stop_of: StopOf) -> StartedAnagramJob:
        job = self.job
        tokenizer = job.stages.tokenizer.build()
        reading = Reading(
            sources=sources,
            chunk_size=job.stages.chunk_size,
            squeeze=tokenizer.filter if tokenizer.is_characterwise else None,
            encoding=job.encoding,
            is_read_elsewhere=job.capabilities.is_distributed,
            stop_of=stop_of,
        )
        return job.start(self, reading)


class StartedAnagramJob:
    """Counting anagrams while it runs. ``kernel`` is the name of the counting kernel, if there is one."""

    outbox: None = None

    def __init__(
        self, loaded: LoadedAnagramJob, reading: Reading, totals: Totals, workload: KeptWorkload, *, kernel: str = ""
    ) -> None:
        self.loaded = loaded
        self.reading = reading
        self.totals = totals
        self.workload = workload
        self.kernel = kernel

    @property
    def bytes_read(self) -> int:
        return self.reading.bytes_read

    @property
    def warnings(self) -> Sequence[str]:
        return [*self.loaded.warnings, *self.reading.warnings()]

    def report(self, summarise: Callable[[], RunSummary]) -> RunReport:
        stages, totals = self.loaded.job.stages, self.totals
        counts = totals.anagram_counts(self.loaded.index)
        return RunReport(
            **summarise().parts(),
            anagram_counts=counts,
            tokenizer=stages.tokenizer.label,
            signature=stages.signature.label,
            relation=stages.signature.component.relation,
            lexicon=stages.lexicon.label,
            kernel=self.kernel,
            words=totals.words,
            distinct_words=totals.distinct_words,
            distinct_words_is_exact=totals.distinct_words_is_exact,
            matched_words=totals.matched_words,
            bytes_read=self.reading.bytes_read,
            invalid_bytes=self.reading.decoded.invalid_bytes,
            looks_like=self.reading.decoded.looks,
        )


def prepare_kernel(offers: Sequence[KernelOffer], announce: Callable[[str], None]) -> tuple[KernelOffer, list[str]]:
    """Return the first kernel that can be prepared, with a warning for each that could not.

    ``announce`` is called before what takes long. Raises PluginLoadError if no kernel can be prepared.
    """
    warnings: list[str] = []
    cause: BaseException | None = None
    for offer in offers:
        try:
            if offer.prepare is not None:
                call_foreign(offer.prepare, announce)
        except ForeignCodeError as error:
            cause = error.raised
            why = message_of(cause) if isinstance(cause, PluginLoadError) else describe_with_place(cause)
            warnings.append(f"The kernel {offer.name!r} cannot be used: {why}.")
        else:
            return offer, warnings
    raise PluginLoadError(" ".join(warnings), plugin=offers[-1].name) from cause
