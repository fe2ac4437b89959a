"""``--vary``: any component head to head, each variant judged by its own rules."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from command import refused_here
from pipeline_optimization.api import count_anagrams
from pipeline_optimization.benchmarks.anagrams.cases import TextCase, benchmark_case
from pipeline_optimization.benchmarks.anagrams.components import AnagramAxes
from pipeline_optimization.benchmarks.anagrams.oracle import EXERCISE
from pipeline_optimization.benchmarks.anagrams.texts import FreshText
from pipeline_optimization.benchmarks.axes import Axis, effect_on, parse_axes
from pipeline_optimization.benchmarks.contenders import Contender, file_contender, plugin_contender
from pipeline_optimization.benchmarks.judging.assembly import assemble
from pipeline_optimization.benchmarks.measuring.sampling import take_sample
from pipeline_optimization.benchmarks.results import Sample
from pipeline_optimization.benchmarks.schedule import make_round, order_sample
from pipeline_optimization.benchmarks.variants import vary
from pipeline_optimization.errors import UsageError
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.orchestrator import TaskOrchestrator
from pipeline_optimization.registry import Registry
from pipeline_optimization.tasks.retry_settings import RetrySettings
from pipeline_optimization.types import (
    Component,
    CountingKernel,
    GroupIndex,
    KernelOffer,
    NoOptions,
    Signature,
    Tokenizer,
)
from project_files import CONTENDERS

TEXT = "Cat, act; tac! A post-stag's tea? Für Müller: LISTEN silent 4u cat. Ätsch"
MIXED = TextCase(
    name="small",
    profile="mixed",
    faults="exercise",
    latency_scale=0.0,
    template="Cat, dog; cat on mat. Tea 4 cat! Lions sit; as a bear eats, so does a post-stag.",
)
CPU = TextCase(name="small", profile="cpu", faults="none", latency_scale=0.0, words=300)


def variants(
    registry: Registry, *axes: str, names: Sequence[str] = ("sequential",), retry: RetrySettings | None = None
) -> list[Contender]:
    contenders = [plugin_contender(registry, name, workers=2) for name in names]
    return vary(
        registry, contenders, parse_axes(axes), retry=retry or RetrySettings(), components=AnagramAxes(registry)
    )


def measure(contender: Contender, case: TextCase) -> Sample:
    round_ = make_round(case, "timed", 1, seed=7, warm_runs=1)
    raw = take_sample(order_sample(contender, round_, timeout=60.0, workers=2))
    judged = round_.judged_by(contender.rules)
    return assemble(raw, contender.name, judged, order_index=0, started=0)


def test_axes_are_crossed_with_orchestrators(registry: Registry) -> None:
    """Every orchestrator has every combination, by a name that says it, with what it was given in its record."""
    found = variants(registry, "retry=none,fixed", "orchestrator.workers=1,2", names=("threaded", "multiprocess"))
    assert [one.name for one in found[:4]] == [
        "threaded retry=none orchestrator.workers=1",
        "threaded retry=none orchestrator.workers=2",
        "threaded retry=fixed orchestrator.workers=1",
        "threaded retry=fixed orchestrator.workers=2",
    ]
    assert len(found) == 8
    assert found[2].record.options == {"orchestrator.workers": "1", "retry": "fixed"}
    assert found[2].options == {"workers": "1"}
    assert found[2].retry == RetrySettings(name="fixed")
    assert all(one.rules is EXERCISE for one in found)
    assert len({one.identity for one in found}) == 8


def test_an_axis_that_comes_twice_has_all_values() -> None:
    """Values are joined in order, each once."""
    assert parse_axes(["retry=none,fixed", "retry-policy=fixed,exponential"]) == [
        Axis(kind="retry", key="", values=("none", "fixed", "exponential"))
    ]


def test_a_value_may_hold_commas_and_spaces() -> None:
    """In double quotes a comma belongs to the value, and a doubled quote is a quote; spaces need none."""
    (axis,) = parse_axes(['lexicon="file:a,b.txt", file:my words.txt,"file:""c"".txt"'])
    assert axis.values == ("file:a,b.txt", "file:my words.txt", 'file:"c".txt')


@pytest.mark.slow
def test_lexicons_of_other_lists_and_languages_are_judged_by_their_words(registry: Registry) -> None:
    """The oracle of web2 and of a language of simplemma counts as a run does, and counts something."""
    for lexicon, text in (("web2", "cat tac Act"), ("simplemma:de", "Regen neger Lager Regal")):
        for tokenizer in ("exercise", "unicode"):
            (variant,) = variants(registry, f"lexicon={lexicon}", f"tokenizer={tokenizer}")
            report = count_anagrams(text, tokenizer=tokenizer, lexicon=lexicon, registry=registry)
            assert FreshText.of(text).judged_by(variant.rules).expected == dict(report.anagram_counts), (
                lexicon,
                tokenizer,
            )
            assert report.anagram_counts


def test_options_of_the_retry_policy_go_with_its_name(registry: Registry) -> None:
    """What --retry and -o gave holds for the variants of that policy, and an option that is varied goes before it."""
    base = RetrySettings(name="fixed", options={"delay": "0.5", "attempts": "4"})
    by_name = variants(registry, "retry=fixed,exponential", retry=base)
    assert [one.retry for one in by_name] == [base, RetrySettings(name="exponential")]
    by_option = variants(registry, "retry.delay=0,0.01", retry=base)
    assert [dict(one.retry.options) if one.retry else {} for one in by_option] == [
        {"attempts": "4", "delay": "0"},
        {"attempts": "4", "delay": "0.01"},
    ]


def test_a_variant_of_another_component_is_another_contender(registry: Registry, tmp_path: Path) -> None:
    """The hash covers the modules of the component too, so that a comparison does not go on with another one."""
    words = tmp_path / "words.txt"
    words.write_text("cat\n", "utf-8")
    plain, other = variants(registry, "tokenizer=exercise,unicode", f"lexicon=file:{words}")
    assert plain.record.sha256 != other.record.sha256


@pytest.mark.parametrize("tokenizer", ["exercise", "whitespace", "unicode"])
def test_oracles_count_as_the_pipeline_does(tokenizer: str, registry: Registry, tmp_path: Path) -> None:
    """For every combination of components, the oracle's own count of a text is that of a run."""
    words = tmp_path / "words.txt"
    words.write_text("cat\nact\nlisten\nsilent\nfür\nätsch\nMüller\no'clock\n", "utf-8")
    combinations = [(signature, f"file:{words}") for signature in ("letters", "counts", "primes")]
    if tokenizer == "whitespace":
        combinations.append(("letters", "gcide"))  # many words, as the other tests have them too
    for signature, lexicon in combinations:
        axes = (f"tokenizer={tokenizer}", f"signature={signature}", f"lexicon={lexicon}")
        (variant,) = variants(registry, *axes)
        report = count_anagrams(TEXT, tokenizer=tokenizer, signature=signature, lexicon=lexicon, registry=registry)
        judged = FreshText.of(TEXT).judged_by(variant.rules)
        assert judged.expected == dict(report.anagram_counts), (signature, lexicon)
        assert len(judged.tokens) == report.words
        assert judged.expected


def test_equal_components_share_an_oracle(registry: Registry) -> None:
    """A lexicon is indexed once for all variants that have it."""
    first, second = variants(registry, "tokenizer=whitespace", names=("sequential", "threaded"))
    assert first.rules is second.rules is not EXERCISE


def _first_letter(options: NoOptions) -> Signature:
    return lambda word: word[:1]


class _Initials:
    """Offers one signature twice: as what it is, and as one of anagrams, which it is not."""

    @hookimpl
    def anagram_register_signatures(self) -> Sequence[Component[NoOptions, Signature]]:
        return [
            Component(
                name="initial", summary="by letter", factory=_first_letter, options=NoOptions, relation="first letter"
            ),
            Component(name="pretender", summary="by letter", factory=_first_letter, options=NoOptions),
        ]


def test_a_signature_is_held_against_what_it_declares() -> None:
    """Another relation is judged by itself; who claims to find anagrams is judged by their definition."""
    registry = Registry.load()
    registry.register(_Initials(), "initials")
    declared, pretender = variants(registry, "signature=initial,pretender")
    counted = {
        name: dict(count_anagrams(TEXT, signature=name, registry=registry).anagram_counts)
        for name in ("initial", "pretender")
    }
    assert FreshText.of(TEXT).judged_by(declared.rules).expected == counted["initial"]
    assert pretender.rules is EXERCISE
    assert FreshText.of(TEXT).judged_by(pretender.rules).expected != counted["pretender"]


@pytest.mark.slow
def test_a_variant_is_measured_and_right(registry: Registry) -> None:
    """A process runs the components that the name says, under faults, and is held against its own oracle."""
    (variant,) = variants(registry, "tokenizer=whitespace", "retry=fixed", "retry.delay=0")
    sample = measure(variant, MIXED)
    assert (sample.problems, [execution.is_correct for execution in sample.executions]) == ([], [True, True])
    assert sample.retry == ["fixed delay=0"]


@pytest.mark.slow
def test_another_tokenizer_is_wrong_by_the_default_rules(registry: Registry) -> None:
    """The judge is what differs: by the exercise's rule, the same sample is wrong."""
    (variant,) = variants(registry, "tokenizer=whitespace")
    round_ = make_round(MIXED, "timed", 1, seed=7, warm_runs=1)
    raw = take_sample(order_sample(variant, round_, timeout=60.0, workers=2))
    assert not any(one.is_correct for one in assemble(raw, "", round_, order_index=0, started=0).executions)
    assert assemble(raw, "", round_.judged_by(variant.rules), order_index=0, started=0).problems == []


def test_a_kernel_is_named_where_kernels_count(registry: Registry) -> None:
    """Under faults there is no kernel, and a variant does without."""
    (variant,) = variants(registry, "kernel=python")
    assert variant.calm_arguments == {"kernel": "python"}
    for case, arguments in ((CPU, {"kernel": "python"}), (MIXED, {})):
        order = order_sample(variant, make_round(case, "timed", 1, seed=7, warm_runs=1), timeout=60.0, workers=2)
        assert order.arguments == arguments
    assert measure(variant, CPU).problems == []


def _zero(index: GroupIndex, tokenizer: Tokenizer) -> CountingKernel:
    raise AssertionError("no kernel is built before something is measured")


class _SlowKernel:
    """Offers a kernel that takes long to prepare."""

    def __init__(self) -> None:
        self.prepared = 0

    def prepare(self, announce: Callable[[str], None]) -> None:
        announce("Compiling.")
        self.prepared += 1

    @hookimpl
    def anagram_counting_kernel(self, tokenizer: str, signature: str, lexicon: str) -> KernelOffer:
        return KernelOffer(name="slow", summary="", factory=_zero, prepare=self.prepare)


def test_a_kernel_is_prepared_before_it_is_measured() -> None:
    """What workers share, such as compiled code, is there when the first sample is taken, and it is said."""
    registry = Registry.load()
    plugin, said = _SlowKernel(), list[str]()
    registry.register(plugin, "slow")
    contenders = [plugin_contender(registry, "sequential", workers=2)]
    vary(
        registry,
        contenders,
        parse_axes(["kernel=slow"]),
        retry=RetrySettings(),
        components=AnagramAxes(registry, said.append),
    )
    assert (plugin.prepared, said) == (1, ["Compiling."])


def test_files_follow_a_retry_policy_only(registry: Registry) -> None:
    """A file that calls retry_task is given the policy; which components it takes is its own affair."""
    file = file_contender(CONTENDERS / "honest.py")
    (varied,) = vary(
        registry,
        [file],
        parse_axes(["retry=fixed", "retry.delay=0"]),
        retry=RetrySettings(),
        components=AnagramAxes(registry),
    )
    assert varied.name == "honest retry=fixed retry.delay=0"
    assert measure(varied, MIXED).retry == ["fixed delay=0"]
    with pytest.raises(UsageError, match="'honest' is a file, which chooses its components itself"):
        vary(
            registry, [file], parse_axes(["tokenizer=unicode"]), retry=RetrySettings(), components=AnagramAxes(registry)
        )


def test_what_has_no_effect_is_said() -> None:
    """A note names the profile in which equals are compared; where that is everywhere, it is refused."""
    mixed, cpu = (benchmark_case("small", profile, latency_scale=0.05) for profile in ("mixed", "cpu"))
    kernel, retry = parse_axes(["kernel=python,numba", "retry=none,fixed"])
    assert effect_on([kernel], [cpu]) == effect_on([retry], [mixed]) == []
    (note,) = effect_on([kernel], [mixed, cpu])
    assert note.startswith("--vary kernel has no effect in the profile mixed: a kernel counts only where no stage")
    for axis, case in ((kernel, mixed), (retry, cpu)):
        with pytest.raises(UsageError, match=f"--vary {axis.kind} can have no effect here"):
            effect_on([axis], [case])


def test_the_orchestrator_class_takes_any_component(tmp_path: Path) -> None:
    """What a variant is made with, a program can use too."""
    words = tmp_path / "words.txt"
    words.write_text("für\n", "utf-8")
    made = TaskOrchestrator(
        tokenizer="unicode",
        signature="counts",
        lexicon="file",
        lexicon_options={"path": str(words)},
        kernel="python-generic",
    )
    assert made.process_text("Für für x")["anagram_counts"] == {"für": 2}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vary", "retry"], "--vary takes KIND=NAME,NAME or KIND.KEY=VALUE,VALUE, not 'retry'."),
        (["--vary", "retry.=1"], "--vary takes KIND=NAME,NAME"),
        (["--vary", "retry=none,,fixed"], "one of the values is empty"),
        (["--vary", "retry=none,none"], "'none' is there 2 times, and would be compared with itself."),
        (["--vary", 'lexicon="a,b'], "its quotes do not match."),
        (["--vary", 'lexicon="a"b'], "its quotes do not match."),
        (["--vary", "lexicon=a\nb"], "its quotes do not match."),
        (["--vary", "retry="], "one of the values is empty"),
        (["--vary", "retyr=none"], "there is no 'retyr'. It can be orchestrator, tokenizer, signature, retry"),
        (["--vary", "retyr=none"], "Did you mean 'retry'"),
        (["--vary", "workers=1,2"], "An option of the orchestrators is --vary orchestrator.workers=1,2."),
        (["--vary", "kernel.threads=1"], "kernels have no options"),
        (["--vary", "retry=nobody"], "Unknown retry policy 'nobody'. Installed: "),
        (["--vary", "signature=letters,nobody"], "Unknown signature 'nobody'. Installed: counts"),
        (["--vary", "lexicon=file:nowhere.txt"], "Cannot read the lexicon file:nowhere.txt"),
        (["--vary", "kernel=nobody"], "No kernel 'nobody' for this tokenizer, signature and lexicon."),
        (["--vary", "kernel=nobody"], "Installed: "),
        (["--vary", "orchestrator=threaded,nobody"], "Unknown orchestrator 'nobody'"),
        (["--vary", "orchestrator.workers=1,2"], "sequential cannot be varied in this way."),
        (["threaded", "--vary", "orchestrator.workers=0"], "must be at least 1, not 0"),
        (["threaded", "--vary", "orchestrator.workers=many"], "must be integer"),
        (["--vary", "retry=none", "--vary", "retry.delay=0"], "'none' has no options, so 'delay' cannot be set"),
        (["--vary", "kernel=python", "--profile", "mixed"], "--vary kernel can have no effect here"),
        (["--vary", "retry=none,fixed", "--profile", "latency"], "--vary retry can have no effect here"),
        (["./honest.py", "--vary", "lexicon=web2"], "'honest' is a file"),
        (["--vary", "retry=none,fixed", "--reference", "sequential retry=non"], "There is no contender"),
        (
            ["--vary", "retry=none,fixed", "--reference", "sequential"],
            "stands for several contenders. Name one: sequential retry=none, sequential retry=fixed.",
        ),
        (
            ["threaded", "--vary", "orchestrator.workers=1,2", "--scan", "workers=1..2"],
            "--scan workers and --vary orchestrator.workers exclude each other.",
        ),
    ],
)
def test_wrong_variants_are_refused(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is measured, with exit code 2 and what there is."""
    shutil.copy(CONTENDERS / "honest.py", tmp_path)
    with contextlib.chdir(tmp_path):
        assert message in " ".join(refused_here(["compare", *arguments], tmp_path, capsys).split())


def test_names_of_variants_stay_apart() -> None:
    """No two combinations have one label, whatever the order of options."""
    axes = parse_axes(["retry=none,fixed", "retry.delay=0,0.1", "tokenizer=exercise"])
    labels = [" ".join(s.label for s in settings) for settings in itertools.product(*(axis.settings for axis in axes))]
    assert len(set(labels)) == len(labels) == 4
