"""Runs a comparison: warm-up rounds, timed rounds and memory rounds. In each round every contender runs once, in random order."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from types import MappingProxyType

from attrs import evolve, frozen

from pipeline_optimization.benchmarks.case_progress import CaseProgress, affordable_rounds, typical_seconds
from pipeline_optimization.benchmarks.contenders import Contender
from pipeline_optimization.benchmarks.inputs import BenchmarkCase
from pipeline_optimization.benchmarks.judging.assembly import assemble, assemble_unmeasured
from pipeline_optimization.benchmarks.measuring.sampling import take_sample
from pipeline_optimization.benchmarks.measuring.subject_start import ForkServers
from pipeline_optimization.benchmarks.results import CaseRecord, Sample, SampleKind
from pipeline_optimization.benchmarks.schedule import Round, make_round, order_sample, shuffled
from pipeline_optimization.benchmarks.settings import ComparisonSettings

__all__ = ["Comparing", "SampleKey", "Step", "sample_key"]


@frozen(kw_only=True)
class Step:
    """The progress of a comparison. It tells nothing of results.

    Attributes:
        done: How many samples were taken.
        planned: How many samples there will be.
        what: What comes next, for people.
        seconds_left: About how long the rest takes, or None if that is not known yet.
    """

    done: int
    planned: int
    what: str
    seconds_left: float | None = None


SampleKey = tuple[str, str, str, int, str]
"""Case, profile, kind, round and contender: they tell one sample from all others of a comparison."""


def sample_key(sample: Sample) -> SampleKey:
    return sample.case, sample.profile, sample.kind, sample.round, sample.contender


class Comparing:
    """One comparison while it runs.

    ``keep`` gets each sample as soon as it is taken, and ``show`` each step before it. Samples in ``known``, which an interrupted comparison has
    taken, are not taken again.
    """

    def __init__(
        self,
        contenders: Sequence[Contender],
        settings: ComparisonSettings,
        *,
        keep: Callable[[Sample], None],
        show: Callable[[Step], None],
        known: Mapping[SampleKey, Sample] = MappingProxyType({}),
    ) -> None:
        self._contenders = contenders
        self._settings = settings
        self._keep = keep
        self._show = show
        self._known = known
        self._began = time.monotonic()
        self._progress = self._planned_cases()
        self._judgements: tuple[Round | None, dict[object, Round]] = (None, {})
        self._fork_servers = ForkServers(
            list(dict.fromkeys(name for case in settings.cases for name in case.work.modules))
        )
        self.samples: list[Sample] = []
        self.cases: list[CaseRecord] = []

    def run(self) -> None:
        """Take all samples. If KeyboardInterrupt is raised, ``samples`` has those that were taken before.

        Every case has its first round before the number of rounds is fixed for all cases.
        """
        with closing(self._fork_servers):
            self._run_all()

    def _run_all(self) -> None:
        warm_runs: dict[str, int] = {}
        for progress in self._progress:
            self._open(progress.case)
            if progress.has_warm_up:
                progress.end_warm_up(self._run_round(progress, "warm_up", 0))
                warm_runs[progress.case.profile] = progress.warm_runs
            progress.warm_runs = warm_runs[progress.case.profile]
            self._enter(progress)
            self._run_round(progress, "timed", 1)
        self._fix_rounds()
        for progress in self._progress:
            for number in range(2, progress.rounds + 1):
                self._run_round(progress, "timed", number)
            for number in range(1, progress.memory_rounds + 1):
                self._run_round(progress, "memory", number)

    def _planned_cases(self) -> list[CaseProgress]:
        """Return the cases with the number of rounds that each will have at least.

        One case of each profile has a warm-up round. That is enough, because the caches on disk that it fills are the same for all cases.
        """
        settings = self._settings
        rounds = settings.least_rounds if settings.rounds is None else settings.rounds
        warmed: set[str] = set()
        found = []
        for case in settings.cases:
            found.append(
                CaseProgress(
                    case=case,
                    contenders=[one for one in self._contenders if case.is_for(one.kind)] or self._contenders,
                    has_warm_up=case.profile not in warmed,
                    rounds=rounds,
                    memory_rounds=self._memory_rounds(rounds),
                )
            )
            warmed.add(case.profile)
        return found

    def _fix_rounds(self) -> None:
        settings = self._settings
        if settings.rounds is None:
            assert settings.time_budget is not None
            rounds = affordable_rounds(
                self._progress,
                # The time of samples counts, not the time that has passed. So a resumed comparison comes to the same number of rounds.
                seconds=settings.time_budget - sum(sample.wall_s for sample in self.samples),
                least=settings.least_rounds,
                most=settings.most_rounds,
                memory_rounds=self._memory_rounds,
            )
            for progress in self._progress:
                progress.rounds, progress.memory_rounds = rounds, self._memory_rounds(rounds)
        for progress in self._progress:
            self._enter(progress)

    def _open(self, case: BenchmarkCase) -> None:
        self.cases.append(
            CaseRecord(
                case=case.name,
                profile=case.profile,
                words=0,
                distinct_words=0,
                faults=case.faults,
                latency_scale=case.latency_scale,
            )
        )

    def _enter(self, progress: CaseProgress) -> None:
        """Write what is planned into the record of a case."""
        index = self._progress.index(progress)
        self.cases[index] = evolve(
            self.cases[index],
            rounds=progress.rounds,
            memory_rounds=progress.memory_rounds,
            warm_runs=progress.warm_runs,
        )

    def _run_round(self, progress: CaseProgress, kind: SampleKind, number: int) -> list[Sample]:
        """Run every contender that is still worth it once, in the round's order."""
        case = progress.case
        warm_runs = 1 if kind == "warm_up" else progress.warm_runs
        round_ = make_round(case, kind, number, seed=self._settings.drawing_seed, warm_runs=warm_runs)
        self._note(round_, self._progress.index(progress))
        what = f"{case.profile} · {case.name} · {kind.replace('_', '-')} round {number}"
        samples: list[Sample] = []
        for index, contender in enumerate(shuffled(progress.hopeful(), round_, seed=self._settings.drawing_seed)):
            self._show(self._step(f"{what} · {contender.name}", taken=len(samples)))
            sample = self._sample(contender, round_, index)
            progress.add(sample)
            self.samples.append(sample)
            samples.append(sample)
        progress.done[kind] += 1
        return samples

    def _step(self, what: str, *, taken: int) -> Step:
        """Return how far the comparison is, ``taken`` samples into a round."""
        typical = typical_seconds(self.samples)
        done = len(self.samples)
        return Step(
            done=done,
            planned=max(done + 1, done - taken + sum(progress.samples_left() for progress in self._progress)),
            what=what,
            seconds_left=max(0.0, sum(one.seconds_left(typical) for one in self._progress) - taken * typical)
            if self.samples
            else None,
        )

    def _sample(self, contender: Contender, round_: Round, index: int) -> Sample:
        case = round_.case
        known = self._known.get((case.name, case.profile, round_.kind, round_.number, contender.name))
        if known is not None:
            return known
        started = time.monotonic() - self._began
        settings = self._settings
        order = order_sample(
            contender,
            round_,
            timeout=settings.timeout,
            workers=settings.workers,
            memory_limit=settings.memory_limit,
            retry=settings.retry,
        )
        try:
            round_ = self._judged(round_, contender)
            sample = assemble(
                take_sample(order, self._fork_servers.start), contender.name, round_, order_index=index, started=started
            )
        except Exception as error:  # noqa: BLE001 - each sample is a boundary: one contender must not end the comparison
            sample = assemble_unmeasured(error, contender.name, round_, order_index=index, started=started)
        self._keep(sample)
        return sample

    def _judged(self, round_: Round, contender: Contender) -> Round:
        """Return the round with the right answers by a contender's rules. They are computed once for each set of rules."""
        if self._judgements[0] is not round_:
            self._judgements = (round_, {})
        known = self._judgements[1]
        if contender.rules not in known:
            known[contender.rules] = round_.judged_by(contender.rules)
        return known[contender.rules]

    def _note(self, round_: Round, index: int) -> None:
        """Write a round's inputs into the record of its case."""
        _, last = round_.inputs[-1]  # the first input may be shorter
        record = self.cases[index]
        digests = {
            f"{round_.kind} {round_.number}.{position}": given.expected_digest
            for position, (_, given) in enumerate(round_.inputs)
        }
        self.cases[index] = evolve(
            record,
            words=record.words or last.size,
            distinct_words=record.distinct_words or last.distinct,
            expected_digests={**record.expected_digests, **digests},
        )

    def _memory_rounds(self, rounds: int) -> int:
        asked = self._settings.memory_rounds
        return max(1, rounds // 6) if asked is None else asked
