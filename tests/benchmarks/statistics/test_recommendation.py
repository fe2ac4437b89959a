"""The recommendation names what the comparison speaks for, as surely as it does, and never against its own tables."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from io import StringIO
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from example_results import results, sample
from number_of_examples import examples
from pipeline_optimization.benchmarks.advice import Recommendation
from pipeline_optimization.benchmarks.documents import results_to_json
from pipeline_optimization.benchmarks.reports.columns import verdict_words
from pipeline_optimization.benchmarks.reports.html import document
from pipeline_optimization.benchmarks.reports.html.document import results_to_html
from pipeline_optimization.benchmarks.reports.markdown import results_to_markdown
from pipeline_optimization.benchmarks.reports.quantities import pace
from pipeline_optimization.benchmarks.results import Results
from pipeline_optimization.benchmarks.statistics.advice import arguments_of
from pipeline_optimization.benchmarks.statistics.summary import summarise
from pipeline_optimization.benchmarks.stored import load_results
from pipeline_optimization.cli.compare.table import print_comparison

CLASSES = {"best": 0, "tied": 0, "slower": 1, "unranked": 2, "failed": 3, "wrong": 4}


def with_files(found: Results, *names: str) -> Results:
    """Return results in which some contenders are files."""
    return evolve(found, contenders=[evolve(c, kind="file") if c.name in names else c for c in found.contenders])


def with_problem(found: Results, name: str, code: str) -> Results:
    return evolve(found, samples=[*found.samples, sample(name, 0, 1.0, kind="warm_up", problems={code: "Seen."})])


def joined(*parts: Results, names: tuple[tuple[str, str], ...]) -> Results:
    """Return one comparison of several, each as a case and profile of its own."""
    cases = [evolve(p.cases[0], case=case, profile=profile) for p, (case, profile) in zip(parts, names, strict=True)]
    samples = [
        evolve(one, case=case, profile=profile)
        for part, (case, profile) in zip(parts, names, strict=True)
        for one in part.samples
    ]
    return evolve(parts[0], cases=cases, samples=samples)


def advised(found: Results) -> Recommendation:
    return summarise(found).recommendation


def test_a_certain_gain_is_a_sentence_to_act_on() -> None:
    """The sentence names the option, the gain over sequential in words, and its interval."""
    found = advised(results({"sequential": 200.0, "threaded": 150.0, "asyncio": 100.0}))
    assert (found.use, found.certain, found.caveat) == ("asyncio", True, "")
    assert re.fullmatch(
        r"Use --orchestrator asyncio: 2\.0 times as fast as sequential here \([12]\.\d to 2\.\d\)\.", found.why
    )
    (case,) = found.by_case
    assert case.times_as_fast == pytest.approx(2.0, rel=0.05)
    assert case.interval
    assert case.interval[0] < 2.0 < case.interval[1]


def test_a_tie_is_said_as_one() -> None:
    """Of two that cannot be told apart, the one that needs less is recommended, and the other is named."""
    found = advised(results({"sequential": 200.0, "threaded": 100.0, "asyncio": 100.0}))
    assert found.use == "threaded"  # the examples give each next contender more memory
    assert found.certain
    assert found.why.endswith("It cannot be told from asyncio, and is simpler.")


def test_where_nothing_is_faster_sequential_is_enough() -> None:
    """Among equals the simplest is recommended, which is no certain gain."""
    found = advised(results({"asyncio": 100.0, "sequential": 100.0, "threaded": 100.0}))
    assert (found.use, found.certain) == ("sequential", False)
    assert found.why.startswith(
        "Use --orchestrator sequential: nothing else that is installed is certainly faster here"
    )
    assert "It cannot be told from asyncio and threaded." in found.why


def test_sequential_can_be_the_best() -> None:
    """Where all others are certainly slower, that is said, with the distance to the next."""
    found = advised(results({"sequential": 100.0, "threaded": 130.0, "asyncio": 200.0}))
    assert (found.use, found.certain) == ("sequential", True)
    assert (
        "everything else that is installed is slower here. It is 1.29 times as fast as threaded, the next best"
        in found.why
    )


@given(st.lists(st.floats(50.0, 150.0), min_size=9, max_size=9))
@examples(50)
def test_what_was_seen_to_be_slower_than_sequential_is_not_recommended(times: list[float]) -> None:
    """Too few rounds for a verdict are no reason to leave sequential for what took longer than it, round by round."""
    by_name = dict(zip(("asyncio", "sequential", "threaded"), (times[:3], times[3:6], times[6:]), strict=True))
    samples = [sample(name, n, ms) for name, series in by_name.items() for n, ms in enumerate(series, start=1)]
    template = results(dict.fromkeys(by_name, 100.0), rounds=3)
    found = advised(evolve(template, samples=samples)).by_case[0]
    assert found.use == "sequential" or (found.times_as_fast or 0.0) > 1.0


def test_too_few_rounds_are_told_once() -> None:
    """With five rounds the best that was seen is named as probable, and one number of rounds would tell."""
    done = summarise(results({"sequential": 200.0, "threaded": 150.0, "asyncio": 100.0}, rounds=5))
    found = done.recommendation
    assert (found.use, found.certain) == ("asyncio", False)
    assert found.why.startswith("Probably use --orchestrator asyncio: 2.1 times as fast as sequential here")
    assert found.caveat == "5 rounds are too few for verdicts on all 3 contenders; 8 would tell: --iterations 8."
    everything = " ".join([found.why, found.caveat, *done.verdicts, *(warning.text for warning in done.warnings)])
    assert re.findall(r"--iterations \d+", everything) == ["--iterations 8"]


@pytest.mark.parametrize("code", ["wrong_counts", "timeout", "exhausted_retries"])
def test_what_has_a_fault_is_never_recommended(code: str) -> None:
    """However fast it is."""
    found = advised(with_problem(results({"sequential": 200.0, "threaded": 150.0, "hasty": 10.0}), "hasty", code))
    assert found.use == "threaded"
    assert "hasty" not in found.why


def test_nothing_got_through() -> None:
    """Where every installed orchestrator has a fault, none is recommended."""
    broken = with_problem(results({"sequential": 200.0, "threaded": 100.0}), "threaded", "wrong_counts")
    found = advised(with_problem(broken, "sequential", "timeout"))
    assert (found.use, found.certain) == ("", False)
    assert found.why == "No installed orchestrator got through this case without a fault."


def test_only_one_got_through() -> None:
    """Then it is recommended as the only one, without a gain."""
    found = advised(with_problem(results({"sequential": 200.0, "threaded": 100.0}), "sequential", "timeout"))
    assert found.why == "Use --orchestrator threaded: nothing else that is installed got through without a fault."


def test_only_one_of_an_orchestrators_variants_got_through() -> None:
    """Variants of one orchestrator are no other orchestrators: the sentence speaks of what was compared."""
    made = results({"sequential retry=none": 200.0, "sequential retry=fixed": 100.0})
    found = advised(with_problem(made, "sequential retry=none", "exhausted_retries"))
    assert found.why == (
        "Use --orchestrator sequential --retry fixed: nothing else that is installed got through without a fault."
    )


@pytest.mark.parametrize(("rounds", "is_certain"), [(12, True), (3, False)])
def test_without_the_reference_the_next_best_is_the_measure(rounds: int, *, is_certain: bool) -> None:
    """Where neither sequential nor the reference got through, the gain is over the next best."""
    made = results({"sequential": 300.0, "threaded": 200.0, "asyncio": 100.0}, rounds=rounds)
    found = advised(with_problem(made, "sequential", "exhausted_retries"))
    assert (found.use, found.certain, found.by_case[0].against) == ("asyncio", is_certain, "threaded")
    assert re.search(r"se --orchestrator asyncio: [12]\.\d+ times as fast as threaded here", found.why)


def test_files_are_told_of_beside() -> None:
    """A file is never recommended, however fast; what it shows is marked as a file's."""
    found = advised(with_files(results({"sequential": 200.0, "asyncio": 100.0, "permuting": 50.0}), "permuting"))
    assert (found.use, found.certain) == ("asyncio", True)
    assert re.fullmatch(
        r"Files, which are not installed: permuting is (2\.0|1\.9\d) times as fast as asyncio \(.* to .*\)\.",
        found.files,
    )
    slow = advised(with_files(results({"sequential": 200.0, "asyncio": 100.0, "naive": 150.0}), "naive"))
    assert slow.files == "Files, which are not installed: none is certainly faster than asyncio."


def test_one_contender_alone_needs_no_advice() -> None:
    assert advised(results({"sequential": 200.0})) == Recommendation()


def test_waiting_and_computing_work_have_their_own() -> None:
    """What waits and what computes may want different orchestrators; overall, each case weighs the same."""
    waiting = results({"sequential": 400.0, "asyncio": 100.0, "multiprocess": 140.0}, seed=2)
    computing = results({"sequential": 100.0, "asyncio": 103.0, "multiprocess": 55.0}, seed=3)
    done = summarise(joined(waiting, computing, names=(("small", "mixed"), ("small", "cpu"))))
    found = done.recommendation
    assert [(one.work, one.use, one.certain) for one in found.by_work] == [
        ("waiting", "asyncio", True),
        ("computing", "multiprocess", True),
    ]
    assert [(one.profile, one.use) for one in found.by_case] == [("mixed", "asyncio"), ("cpu", "multiprocess")]
    assert (found.use, found.certain) == ("multiprocess", True)
    # The geometric mean of 400 / 140 and 100 / 55.
    assert found.why.startswith(
        "Use --orchestrator multiprocess: 2.3 times as fast as sequential over the 2 cases below"
    )
    only = advised(waiting)
    assert [one.why for one in only.by_work][1] == "Computing work was not measured; --profile cpu measures it."


def test_a_fault_in_one_case_counts_overall() -> None:
    """Who is wrong in one case is recommended for another one at most."""
    first = with_problem(results({"sequential": 200.0, "asyncio": 100.0}), "asyncio", "wrong_counts")
    second = results({"sequential": 200.0, "asyncio": 100.0}, seed=2)
    found = advised(joined(first, second, names=(("small", "mixed"), ("large", "mixed"))))
    assert found.use == "sequential"
    assert [one.use for one in found.by_case] == ["sequential", "asyncio"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("asyncio", "--orchestrator asyncio"),
        ("asyncio retry=fixed", "--orchestrator asyncio --retry fixed"),
        ("asyncio retry.delay=0.1", "--orchestrator asyncio -o retry.delay=0.1"),
        ("multiprocess orchestrator.workers=2", "--orchestrator multiprocess -o workers=2"),
        (
            "asyncio lexicon=file:my a=b,c.txt retry=none",
            "--orchestrator asyncio --lexicon 'file:my a=b,c.txt' --retry none",
        ),
    ],
)
def test_a_variant_is_told_as_options(name: str, arguments: str) -> None:
    """The sentence can be typed as it stands."""
    assert arguments_of(name) == arguments


times = st.fixed_dictionaries(
    {name: st.sampled_from([50.0, 98.0, 100.0, 102.0, 110.0, 150.0]) for name in ("sequential", "asyncio", "threaded")},
    optional={"multiprocess": st.just(100.0), "file": st.sampled_from([40.0, 100.0, 200.0])},
)


@examples(60)
@given(times, st.integers(1, 13), st.floats(0.001, 0.2), st.integers(0, 10_000), st.sampled_from(["", "asyncio"]))
def test_no_plugin_has_a_better_verdict(
    found: Mapping[str, float], rounds: int, noise: float, seed: int, faulty: str
) -> None:
    """In no table does what is recommended stand below another plugin; what is certain has an interval that says so."""
    made = with_files(results(found, rounds=rounds, noise=noise, seed=seed), "file")
    done = summarise(with_problem(made, faulty, "wrong_counts") if faulty else made)
    advice = done.recommendation.by_case[0]
    installed = [row for row in done.summary if row.contender != "file"]
    used = next(row for row in installed if row.contender == advice.use)
    assert not used.problems
    assert CLASSES[used.verdict] == min(CLASSES[row.verdict] for row in installed)
    if advice.certain and advice.interval:
        assert advice.interval[0] > 1.0
    assert "file" not in done.recommendation.why


@examples(25)
@given(st.lists(times, min_size=2, max_size=3), st.integers(7, 12), st.integers(0, 10_000))
def test_no_plugin_is_better_in_every_case(cases: list[Mapping[str, float]], rounds: int, seed: int) -> None:
    """Over several cases, no other plugin stands at least as high in each and higher in one."""
    names = ("sequential", "asyncio", "threaded")
    parts = [
        results({name: case[name] for name in names}, rounds=rounds, noise=0.03, seed=seed + i)
        for i, case in enumerate(cases)
    ]
    done = summarise(joined(*parts, names=tuple((f"case{i}", "mixed") for i in range(len(parts)))))
    stands = {name: [CLASSES[row.verdict] for row in done.summary if row.contender == name] for name in names}
    used = stands[done.recommendation.use]
    for other in stands.values():
        assert not (all(a <= b for a, b in zip(other, used, strict=True)) and other != used)


@pytest.mark.slow
def test_equals_are_seldom_a_certain_gain() -> None:
    """Of 100 comparisons of four equals, at most 5 call anything certain."""
    found = [
        advised(results(dict.fromkeys(("sequential", "asyncio", "threaded", "hedged"), 100.0), seed=seed))
        for seed in range(100)
    ]
    assert sum(one.certain for one in found) <= 5


@pytest.fixture
def short_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the charts' library, which takes seconds to make, out of these tests."""
    monkeypatch.setattr(document, "chart_library", lambda: "window.vegaEmbed = () => {};")


def printed(found: Results) -> str:
    stream = StringIO()
    print_comparison(found, stream, detailed=False)
    return stream.getvalue()


@pytest.mark.usefixtures("short_library")
@pytest.mark.parametrize("rounds", [3, 12])
def test_no_output_contradicts_another(rounds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Terminal, Markdown, HTML and JSON begin with the same sentence, and have the same verdict and direction of each."""
    monkeypatch.setenv("COLUMNS", "1000")
    made = results(
        {"sequential": 200.0, "threaded": 99.0, "asyncio": 100.0, "slow": 300.0, "liar": 10.0}, rounds=rounds
    )
    done = summarise(with_problem(made, "liar", "wrong_counts"))
    terminal, markdown = printed(done), results_to_markdown(done).replace("\\", "")
    page = re.sub(r"\s*<[^>]*>\s*", "|", unescape(results_to_html(done).partition("<body>")[2].partition("<script")[0]))
    why = done.recommendation.why
    assert terminal.strip().startswith(why)
    assert markdown.partition("\n\n")[2].startswith(f"**{why}**")
    assert page.index(why) < page.index("undecided" if rounds == 3 else "slower")
    first, value = next(iter(json.loads(results_to_json(done)).items()))
    assert (first, value["why"]) == ("recommendation", why)
    for row in done.summary:
        verdict = verdict_words(row, done.summary)
        direction = "reference" if row.contender == "sequential" else pace(row.ratio)
        marks = r"[\s|*★≈]*"
        for text in (terminal, markdown, page):
            line = re.search(rf"(?:^|\|){marks}{row.contender}{marks}{verdict}\b.*", text, re.MULTILINE)
            assert line, (row.contender, verdict, text)
            assert direction in line[0], (direction, line[0])


def test_files_of_older_versions_are_advised_on(tmp_path: Path) -> None:
    """A file without a recommendation gets one when it is read."""
    stored = json.loads(results_to_json(summarise(results({"sequential": 200.0, "asyncio": 100.0}))))
    del stored["recommendation"]
    (tmp_path / "old.json").write_text(json.dumps(stored), "utf-8")
    assert load_results(str(tmp_path / "old.json")).recommendation.use == "asyncio"
