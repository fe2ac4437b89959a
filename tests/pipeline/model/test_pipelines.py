"""Pipelines of users' own functions give what plain Python gives, whoever runs them, and whatever fails."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
import math
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline_functions as f
from command import anagram
from engine_simulation import FAST_DIRECTORY
from number_of_examples import examples
from pipeline_optimization import Pipeline, PipelineReport, run, run_async, task
from pipeline_optimization.ends import Count, Sum
from pipeline_optimization.engine.virtual import VirtualOrchestrator
from pipeline_optimization.errors import CheckpointError, InputError, OptionError, RunInterrupted
from pipeline_optimization.pipeline.model.codec import PLAIN
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.sources import TextSource
from project_files import ROOT
from similar_cases import some

LOCAL = ("sequential", "threaded", "asyncio", "multiprocess")
AT_ONCE = {"base": 0.0}
TEXT = "the cat sat\nxenon on a mat\r\n\nno xylophone, no cat\n"

STEPS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "words": ("flat_map", f.words),
    "letters": ("flat_map", f.letters),
    "upper": ("map", f.upper),
    "is_long": ("filter", f.is_long),
    "picky": ("map", f.picky),
    "strict": ("map", f.strict),
    "flaky": ("map", f.flaky),
}
ENDS = ("count", "collect", "top", "group", "reduce")


def build(steps: Sequence[str], end: str) -> CompletePipeline[Any, Any]:
    """Return a pipeline over lines of some of the steps, in this order."""
    pipeline: Any = Pipeline("some").lines()
    for name in steps:
        kind, function = STEPS[name]
        pipeline = getattr(pipeline, kind)(function)
    if end == "top":
        return pipeline.top(3)  # type: ignore[no-any-return]  # as is all that is built by names
    if end == "group":
        return pipeline.group(len, Count())  # type: ignore[no-any-return]
    if end == "reduce":
        return pipeline.map(len).reduce(f.nothing, f.ADD, f.ADD)  # type: ignore[no-any-return]
    return getattr(pipeline, end)()  # type: ignore[no-any-return]


def by_hand(text: str, steps: Sequence[str], end: str) -> Any:
    """Return what plain Python makes of a text."""
    values: list[str] = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
    for name in steps:
        kind, function = STEPS[name]
        plain = getattr(function, "plain", function)
        if name in {"picky", "strict"}:
            values = [value for value in values if not value.lower().startswith("x")]
        if kind == "map":
            values = [plain(value) for value in values]
        elif kind == "filter":
            values = [value for value in values if plain(value)]
        else:
            values = [one for value in values for one in plain(value)]
    if end == "top":
        return sorted(values, reverse=True)[:3]
    if end == "group":
        return {size: Counter(value for value in values if len(value) == size) for size in set(map(len, values))}
    if end == "reduce":
        return sum(map(len, values))
    return Counter(values) if end == "count" else values


TEXTS = st.lists(st.text("abx \t", max_size=8), max_size=12).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n"]).map(lambda end: end.join(lines))
)


@given(
    text=TEXTS, steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=4), end=st.sampled_from(ENDS), data=st.data()
)
@examples(12)
def test_a_run_that_was_stopped_goes_on(text: str, steps: list[str], end: str, data: st.DataObject) -> None:
    """As often as it is stopped, at any moment: in the end the result is that of plain Python."""
    pipeline = build(steps, end)
    faults = data.draw(st.sampled_from(["none", "exercise"]))
    chunk_size, seed = data.draw(st.integers(1, 40)), data.draw(st.integers(0, 999))
    with tempfile.TemporaryDirectory(dir=FAST_DIRECTORY) as directory:
        path = Path(directory) / "text.txt"
        path.write_bytes(text.encode())

        def go_on(most: int) -> PipelineReport[Any]:
            left = iter(range(most))
            return run(
                pipeline,
                path,
                orchestrator=VirtualOrchestrator(3),
                retry_options={"attempts": 40},
                faults=faults,
                seed=seed,
                chunk_size=chunk_size,
                checkpoint=Path(directory) / "checkpoint",
                resume=True,
                should_stop=lambda: next(left, None) is None,
            )

        for most in data.draw(st.lists(st.integers(0, 9), max_size=3)):
            with suppress(RunInterrupted):
                go_on(most)
        report = go_on(100_000)
        assert report.result == by_hand(text, steps, end)
        again = go_on(100_000)
        assert (again.result, again.attempts, len(again.failed_items)) == (report.result, 0, len(report.failed_items))


def test_what_failed_is_tried_again_when_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not without: a resumed run reports it as it was. Then just that runs again, and the result is whole."""
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    arguments: dict[str, Any] = {"checkpoint": tmp_path / "checkpoint", "resume": True, "retry": "none"}
    pipeline = f.WORDS.map(f.moody).count()
    monkeypatch.setenv("MOOD", "bad")
    first = run(pipeline, path, **arguments)
    places = [f"{path}, line 2: 'xenon'", f"{path}, line 4: 'xylophone,'"]
    assert [failed.place for failed in first.failed_items] == places
    monkeypatch.delenv("MOOD")
    second = run(pipeline, path, **arguments)
    assert (second.attempts, second.result, len(second.failed_items)) == (0, first.result, 2)
    third = run(pipeline, path, retries_failed=True, **arguments)
    assert (third.attempts, third.failed_items) == (2, ())
    assert third.result == {**first.result, "xenon": 1, "xylophone,": 1}


def test_a_checkpoint_is_of_one_pipeline(tmp_path: Path) -> None:
    """Another one, another step, other code or another input is refused, and the message names what differs."""
    path, checkpoint = tmp_path / "text.txt", tmp_path / "checkpoint"
    path.write_text(TEXT)
    run(f.WORDS.map(f.picky).count(), path, checkpoint=checkpoint, retry_options=AT_ONCE)
    others: tuple[tuple[CompletePipeline[Any, Any], str], ...] = (
        (f.WORDS.count(), "the steps"),
        (Pipeline("other").lines().count(), "the pipeline"),
    )
    for pipeline, words in others:
        with pytest.raises(CheckpointError, match=words):
            run(pipeline, path, checkpoint=checkpoint, resume=True)
    path.write_text(TEXT + "more")
    with pytest.raises(CheckpointError):
        run(f.WORDS.map(f.picky).count(), path, checkpoint=checkpoint, resume=True)
    with pytest.raises(OptionError, match="values"):
        run(Pipeline("p").values(int).sum(), [1], checkpoint=tmp_path / "other")


def test_changed_code_is_another_pipeline(workplace: Path) -> None:
    """A function whose source was edited is refused by its name."""
    arguments = ("run", "--pipeline", "codes.py", "server.log", "--checkpoint", "kept", "--resume")
    assert anagram(*arguments, cwd=workplace).returncode == 1
    file = workplace / "codes.py"
    file.write_text(file.read_text().replace("400", "500"))
    done = anagram(*arguments, cwd=workplace)
    assert done.returncode == 2
    assert "the code of is_error" in done.stderr.decode()


def test_the_command_goes_on(workplace: Path) -> None:
    """It says with which command, and that does it."""
    arguments = ("run", "--pipeline", "codes.py", "server.log", "--checkpoint", "kept")
    done = anagram(*arguments, "--format", "csv", cwd=workplace)
    (command,) = re.findall(r"again with: anagram (.*)", done.stderr.decode())
    log = workplace / "server.log"
    assert command.endswith("--resume --retry-failed")
    again = anagram(*command.split(), cwd=workplace)
    assert (again.returncode, again.stdout) == (1, done.stdout)
    assert log.read_text().endswith("not a line of a log\n")


def test_a_finished_run_tells_its_failures_again(workplace: Path) -> None:
    """The same command, once all is done, has the same result, and names what failed."""
    with (workplace / "server.log").open("a") as log:
        log.write("another line that is none\n")
    arguments = ("run", "--pipeline", "codes.py", "server.log", "--checkpoint", "kept", "--resume", "--format", "csv")
    first, again = (anagram(*arguments, cwd=workplace) for _ in range(2))
    assert "2 elements failed for good at parse" in first.stderr.decode()
    assert (again.returncode, again.stdout) == (1, first.stdout), again.stderr.decode()
    assert "2 elements failed for good at parse" in again.stderr.decode()


def test_what_a_checkpoint_cannot_keep_is_named(tmp_path: Path) -> None:
    """It costs its own element, with a message that says what can be kept."""
    path = tmp_path / "text.txt"
    path.write_text("1\n13\n")
    pipeline = Pipeline("p").lines().map(f.number).map(f.imaginary).collect()
    report = run(pipeline, path, checkpoint=tmp_path / "checkpoint")
    assert report.result == [1]
    assert "kept in a checkpoint (a checkpoint keeps numbers" in report.failed_items[0].error.message


@pytest.mark.parametrize("function", [f.weights, f.huge])
def test_a_checkpoint_keeps_numbers_of_all_kinds(function: Any, tmp_path: Path) -> None:
    """Counters of weights and integers of any size, without a loss to the others of their bundle; a resumed run has them, too."""
    path = tmp_path / "text.txt"
    path.write_text("1\n2\n3\n4\n5\n")
    pipeline = Pipeline("p").lines().map(function).collect()
    for attempts in (5, 0):
        report = run(pipeline, path, orchestrator="sequential", checkpoint=tmp_path / "checkpoint", resume=True)
        assert report.result == [function(line) for line in "12345"]
        assert report.attempts == attempts


def test_a_checkpoint_keeps_a_huge_sum(tmp_path: Path) -> None:
    """What all add up to may be an integer that Python writes no digits of."""
    path = tmp_path / "text.txt"
    path.write_text("1\n2\n3\n")
    report = run(Pipeline("p").lines().map(f.huge).sum(), path, checkpoint=tmp_path / "checkpoint")
    assert report.result == 3 + 10**5000


WRITTEN = (
    st.dates()
    | st.datetimes(
        timezones=st.none() | st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23)).map(dt.timezone)
    )
    | st.times()
    | st.decimals(allow_nan=False)
    | st.uuids()
)
INTEGERS = st.integers() | st.builds(
    lambda digits, sign: sign * 10**digits, st.integers(600, 6000), st.sampled_from([-1, 1])
)


@given(
    st.recursive(
        st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False) | st.text() | st.binary() | WRITTEN,
        lambda inner: (
            st.lists(inner)
            | st.lists(inner).map(tuple)
            | st.sets(st.text() | INTEGERS | st.tuples(st.text()))
            | st.dictionaries(st.text() | st.tuples(INTEGERS, st.text()), inner)
            | st.dictionaries(st.text(), INTEGERS | st.floats(allow_nan=False)).map(Counter)
            | st.dictionaries(st.text(), INTEGERS | st.floats(allow_nan=False) | st.text())
        ),
        max_leaves=8,
    )
)
@examples(50)
def test_plain_data_are_the_same_again(value: object) -> None:
    """Whatever a checkpoint keeps is found as it was, types included."""
    found = PLAIN.decode(PLAIN.encode([value, math.nan]))
    assert found[0] == value
    assert type(found[0]) is type(value)
    assert math.isnan(found[1])


@pytest.mark.parametrize(
    "text",
    [
        '["decimal.Decimal", "x"]',
        '["uuid.UUID"]',
        '["datetime.date", "soon"]',
        '{"a": [1]}',
        '["os.system", "ls"]',
        '["date", 5]',
        '["int", "x"]',
        '["int", 5]',
    ],
)
def test_what_are_no_plain_data(text: str) -> None:
    """What a checkpoint cannot have written is damage, and runs nothing."""
    with pytest.raises((ValueError, LookupError)):
        PLAIN.decode(text.encode())


@given(
    text=TEXTS, steps=st.lists(st.sampled_from(sorted(STEPS)), max_size=4), end=st.sampled_from(ENDS), data=st.data()
)
@examples(80)
def test_any_pipeline_is_what_plain_python_makes(text: str, steps: list[str], end: str, data: st.DataObject) -> None:
    """Under any faults, with any chunk size and number of workers, and with the same ledger: in virtual time."""
    pipeline = build(steps, end)
    faults = data.draw(st.sampled_from(["none", "exercise", "heavy"]))
    seed = data.draw(st.integers(0, 999))
    found = []
    for chunk_size, slots in ((1 << 20, 1), (data.draw(st.integers(1, 40)), data.draw(st.integers(1, 9)))):
        report = run(
            pipeline,
            TextSource(text),
            orchestrator=VirtualOrchestrator(slots),
            retry_options={"attempts": 40},
            faults=faults,
            seed=seed,
            chunk_size=chunk_size,
        )
        assert report.result == by_hand(text, steps, end)
        assert {error for _, error in report.failures} <= {"ValueError"}
        found.append((report.ledger_digest, report.attempts, report.retries, sorted(report.failures.items())))
    assert found[0] == found[1]


@pytest.mark.parametrize("faults", [pytest.param("none", marks=pytest.mark.slow), "exercise"])
def test_one_word_changes_the_orchestrator(tmp_path: Path, faults: str) -> None:
    """Result, ledger and failures are the same for all, with few parts and with many, read by workers or sent to them."""
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT.encode() * 6)
    pipeline = f.WORDS.map(f.picky).map(f.flaky).filter(f.is_long).map(f.upper).count()
    found = set()
    for name in LOCAL:
        for chunk_size, source in ((1 << 20, path), (50, path), (70, TextSource(TEXT * 6))):
            report = run(
                pipeline,
                source,
                orchestrator=name,
                retry_options={"attempts": 20, **AT_ONCE},
                faults=faults,
                latency_scale=0.0,
                seed=7,
                chunk_size=chunk_size,
            )
            found.add((str(report.result), report.ledger_digest, report.attempts, str(report.failures)))
    assert len(found) == 1
    assert run(pipeline, path, retry="none").result == {}  # no word of more than three letters but those that fail
    ((_, _, attempts, failures),) = found
    assert attempts > 200
    assert failures == "{('picky', 'ValueError'): 12}"


LINES = {
    "nothing": ("", []),
    "one": ("a", ["a"]),
    "ends": ("a\nb\r\nc\n", ["a", "b", "c"]),
    "empty lines": ("\n\na\n\n", ["", "", "a", ""]),
    "other ends": ("a\rb\x0cc\x85d\u2028e\n", ["a\rb\x0cc\x85d\u2028e"]),
    "long": ("a" * 500 + "\nb\n" + "c" * 500, ["a" * 500, "b", "c" * 500]),
    "marked": ("\ufeffa\nb", ["a", "b"]),
    "wide": ("ä€😀\nü", ["ä€😀", "ü"]),
}


@pytest.mark.parametrize(("name", "chunk_size"), some(product(LINES, [1, 2, 3, 7, 100, 1 << 20]), every=5))
def test_lines_end_where_they_end(tmp_path: Path, name: str, chunk_size: int) -> None:
    r"""At ``\n`` and ``\r\n`` and nowhere else, a last line without an end counts, and no border of a part matters."""
    text, expected = LINES[name]
    pipeline = Pipeline("lines").lines().collect()
    plain, packed, wide = tmp_path / "plain.txt", tmp_path / "packed.gz", tmp_path / "wide.txt"
    plain.write_bytes(text.encode())
    packed.write_bytes(gzip.compress(text.encode()))
    wide.write_bytes(text.removeprefix("\ufeff").encode("utf-16"))
    for source in (plain, packed, wide):
        report = run(pipeline, source, chunk_size=chunk_size)
        assert (report.result, report.elements) == (expected, len(expected))


def test_a_file_that_changes_ends_the_run(tmp_path: Path) -> None:
    """Never a mixture of two files."""
    path = tmp_path / "text.txt"
    path.write_text("1\n" * 1000)

    def change(progress: object) -> None:
        path.write_text("2\n" * 1000)

    with pytest.raises(InputError, match="changed"):
        run(Pipeline("sum").lines().map(f.number).sum(), path, chunk_size=10, on_progress=change)


def test_records_of_each_form(tmp_path: Path) -> None:
    """Rows of CSV, with quoted line ends, and JSON lines are dictionaries; what is none fails alone, at once, and says where."""
    (tmp_path / "a.csv").write_text('name,age\n"Ann\nLee",3\nBob\nCy,5\n')
    (tmp_path / "b.jsonl").write_text('{"name": "Dot", "age": 7}\n{"name": \n[1]\n')
    pipeline = Pipeline("ages").records().collect()
    report = run(pipeline, [tmp_path / "a.csv", tmp_path / "b.jsonl"])
    assert report.result == [{"name": "Ann\nLee", "age": "3"}, {"name": "Cy", "age": "5"}, {"name": "Dot", "age": 7}]
    places = sorted(failed.place.removeprefix(f"{tmp_path}/") for failed in report.failed_items)
    assert places == [
        "a.csv, record 2: (['name', 'age'], ['Bob'])",
        "b.jsonl, line 2: '{\"name\": '",
        "b.jsonl, line 3: '[1]'",
    ]
    assert [failed.attempts for failed in report.failed_items] == [1, 1, 1]
    with pytest.raises(OptionError, match=r"records\('csv'\)"):
        run(pipeline, TextSource("a,b\n1,2\n"))
    assert run(Pipeline("text").records("csv").collect(), TextSource("a,b\n1,2\n")).result == [{"a": "1", "b": "2"}]


def test_bad_records_are_not_tried_again() -> None:
    """Neither what is no record nor a blank line before the header costs an attempt more."""
    report = run(Pipeline("rows").records("csv").collect(), TextSource("\na,b\n1\n1,2\n"))
    assert report.result == [{"a": "1", "b": "2"}]
    assert (report.retries, len(report.failed_items)) == (0, 1)
    report = run(Pipeline("rows").records("jsonl").collect(), TextSource("{\n" + "[" * 100_000 + "\n"))
    assert (report.retries, len(report.failed_items)) == (0, 2)


def test_columns_of_one_name_are_refused() -> None:
    """A record would have only one of them."""
    with pytest.raises(InputError, match="names the column 'a' more than once"):
        run(Pipeline("rows").records("csv").collect(), TextSource("a,b,a\n1,2,3\n"))


def test_values_files_and_chunks(tmp_path: Path) -> None:
    """Any iterable, files unread, and pieces of texts."""
    values = run(Pipeline("sum").values(int).map(f.half).sum(), iter(range(5000)), orchestrator="threaded")
    assert (values.result, values.elements) == (sum(range(5000)) / 2, 5000)
    paths = [tmp_path / name for name in ("b", "a")]
    for path in paths:
        path.write_text("some words\nhere")
    assert run(Pipeline("names").files().collect(), paths).result == paths
    assert run(Pipeline("size").chunks().map(len).sum(), paths).result == 30


def test_sums_of_floats_are_exact() -> None:
    """Rounded once, whoever adds up what: the same for each order and each part."""
    random = Random(1)
    values = [random.uniform(-1, 1) * 10 ** random.randint(-20, 20) for _ in range(3000)]
    pipeline = Pipeline("sum").values(float).sum()
    for _ in range(3):
        random.shuffle(values)
        assert run(pipeline, values, orchestrator="threaded").result == math.fsum(values)
    assert run(Pipeline("sum").values(object).sum(), [1, 0.5, 1 << 60]).result == float((1 << 60) + 1)


def test_groups_and_tops() -> None:
    """Ends by keys, and the largest by a key, of equal ones the first."""
    grouped = Pipeline("parities").values(int).group(f.parity, Sum())
    assert run(grouped, range(10)).result == {"even": 20, "odd": 25}
    longest = Pipeline("longest").values(str).top(2, len)
    assert run(longest, ["a", "bbb", "ccc", "dd"]).result == ["bbb", "ccc"]
    assert list(run(Pipeline("often").values(str).count(), "abcbc").result.items()) == [("b", 2), ("c", 2), ("a", 1)]


FAILING: dict[str, tuple[CompletePipeline[int, Any], str]] = {
    "exits": (Pipeline("p").values(int).map(f.exits).sum(), "SystemExit"),
    "generators": (Pipeline("p").values(int).flat_map(f.stops_generating).sum(), "ValueError"),
}


@pytest.mark.parametrize("name", FAILING)
def test_who_fails_costs_itself_only(name: str) -> None:
    """Whatever a function raises; the report names the element, the function's file and its line."""
    pipeline, error = FAILING[name]
    report = run(pipeline, range(100), retry_options={"attempts": 2, **AT_ONCE})
    assert report.result == sum(range(100)) - 13
    (failed,) = report.failed_items
    assert (failed.error.type, failed.attempts, failed.place) == (error, 2, "value 14: 13")
    assert "pipeline_functions.py" in failed.error.traceback
    assert not report.is_complete


def test_permanent_errors_are_not_tried_again() -> None:
    """Others are, as the policy says."""
    options = {"attempts": 5, **AT_ONCE}
    for function, attempts in ((f.picky, 5), (f.strict, 1)):
        report = run(Pipeline("p").values(str).map(function).collect(), ["a", "x"], retry_options=options)
        assert [failed.attempts for failed in report.failed_items] == [attempts]


def test_many_bad_elements_are_no_outage() -> None:
    """The circuit breaker stops a run whose step always fails, not one in which many elements are bad, each tried often."""
    values = ["x", "a", "b"] * 60
    report = run(Pipeline("p").values(str).map(f.picky).count(), values, retry_options=AT_ONCE)
    assert (report.stop, report.result) == (None, {"a": 60, "b": 60})
    report = run(Pipeline("p").values(str).map(f.picky).count(), ["x"] * 300, retry_options=AT_ONCE)
    assert report.stop is not None
    assert report.stop.kind == "circuit_breaker"


def test_who_kills_its_worker_is_found() -> None:
    """The bundle of a worker that died is split until only the killer is left, and nobody else is given up."""
    report = run(
        Pipeline("p").values(int).map(f.kills).sum(),
        range(40),
        orchestrator="multiprocess",
        orchestrator_options={"workers": 2},
    )
    assert report.result == sum(range(40)) - 13
    (failed,) = report.failed_items
    assert failed.is_poison
    assert failed.place == "value 14: 13"


@pytest.mark.parametrize("faults", ["none", "exercise"])
def test_what_cannot_be_sent_is_named(faults: str) -> None:
    """The function that returned it, with its file and line, and what to do; only its own element is lost."""
    pipeline = Pipeline("p").values(int).map(f.unsendable).map(f.after).count()
    options = {"attempts": 2, **AT_ONCE}
    report = run(pipeline, range(20), faults=faults, latency_scale=0.001, retry_options=options)
    assert len(report.result) == 19
    (failed,) = report.failed_items
    name = "unsendable" if faults == "exercise" else "after"
    assert f"{name} (" in failed.error.message
    assert "pipeline_functions.py, line" in failed.error.message
    assert failed.place.startswith("value 14: <function")


def test_what_the_end_cannot_add_is_lost_alone() -> None:
    """A value that a sum does not take is one failure, with its error."""
    report = run(Pipeline("p").values(object).map(f.after).sum(), [1, "two", 3])
    assert report.result == 4
    (failed,) = report.failed_items
    assert (failed.error.type, failed.task, failed.place) == ("TypeError", "after", "value 2: 'two'")


@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize("faults", ["none", "exercise"])
@pytest.mark.parametrize(
    ("pipeline", "calls"),
    [
        (Pipeline("p").values(int).map(f.textual).sum(), 20),  # the end cannot add a text
        (Pipeline("p").values(int).map(f.textual).filter(bool).sum(), 40),
        (Pipeline("p").values(int).map(task(timeout=60)(f.textual)).sum(), 20),
        (Pipeline("p").values(int).map(f.locked).map(f.slowly).sum(), 39),
    ],
    ids=["end", "filtered", "timed", "sent"],
)
def test_a_value_with_which_nobody_can_go_on_is_one_failed_call(
    pipeline: CompletePipeline[int, Any], calls: int, faults: str, name: str
) -> None:
    """Its call is not counted as done as well, whether it was made in a bundle or alone, at the first attempt or at a later one."""
    options: dict[str, Any] = {"faults": faults, "latency_scale": 0.0, "seed": 3, "retry_options": AT_ONCE}
    report = run(pipeline, range(20), orchestrator=name, **options)
    assert len(report.failed_items) == 1
    assert sum(one.items for one in report.tasks.values()) == calls
    assert report.attempts - report.retries == calls
    assert (
        report.ledger_digest == run(pipeline, range(20), orchestrator=VirtualOrchestrator(3), **options).ledger_digest
    )


@pytest.mark.parametrize("source", ["range", "piece"])
def test_a_line_that_kills_is_found(tmp_path: Path, source: str) -> None:
    """In a file that workers read themselves, and in lines that are sent to them."""
    text = "".join(f"{value}\n" for value in range(40))
    path = tmp_path / "numbers.txt"
    path.write_text(text)
    report = run(
        Pipeline("p").lines().map(f.number).map(f.kills).sum(),
        path if source == "range" else TextSource(text),
        orchestrator="multiprocess",
        orchestrator_options={"workers": 2},
    )
    assert report.result == sum(range(40)) - 13
    assert [failed.is_poison for failed in report.failed_items] == [True]


def test_coroutine_functions_run_everywhere() -> None:
    """An event loop awaits many at once; others run each in a loop of its own."""
    pipeline = f.WORDS.map(f.far).map(f.picky).count()
    found = {
        (str(report.result), report.ledger_digest)
        for name in ("sequential", "threaded", "asyncio")
        for report in [
            run(
                pipeline,
                TextSource(TEXT),
                orchestrator=name,
                faults="exercise",
                latency_scale=0.0,
                seed=2,
                retry_options=AT_ONCE,
            )
        ]
    }
    assert len(found) == 1


def test_a_running_event_loop_goes_on() -> None:
    """``run`` works beside one, and ``run_async`` lets it go on."""

    async def both() -> tuple[PipelineReport[int], PipelineReport[int]]:
        pipeline = Pipeline("sum").values(int).sum()
        return run(pipeline, range(10), orchestrator="asyncio"), await run_async(pipeline, range(10))

    first, second = asyncio.run(both())
    assert (first.result, second.result) == (45, 45)


def test_a_text_that_names_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a text, with a warning that shows the caller's line and how to run over the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cat").write_text("dog")
    with pytest.warns(UserWarning, match=r"'cat' is counted itself.* run\(pipeline, pathlib\.Path\('cat'\)\)") as told:
        assert run(f.WORDS.collect(), "cat").result == ["cat"]
    assert told[0].filename == __file__


def test_mistakes_are_told_at_once() -> None:
    """A pipeline without an end, steps that are no functions, and functions that no worker can import."""
    with pytest.raises(OptionError, match=r"no end.*\.count\(\)"):
        run(Pipeline("p").lines(), TextSource("a"))  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(OptionError, match="takes a function"):
        Pipeline("p").lines().map("upper")  # type: ignore[call-overload]  # as above
    with pytest.raises(OptionError, match="at least 1"):
        Pipeline("p").lines().top(0)
    with pytest.raises(OptionError, match="name"):
        Pipeline(" ")
    with pytest.raises(OptionError, match="Add --resume, or leave --retry-failed out"):
        run(Pipeline("p").lines().count(), "a b", retries_failed=True)


@pytest.mark.parametrize("orchestrator", ["sequential", "multiprocess"])
def test_an_end_without_steps_loses_one_element(orchestrator: str) -> None:
    """Its functions may fail as those of steps do."""
    lines = Pipeline("p").lines()
    ends: list[tuple[Any, object]] = [
        (lines.group(int, Count()), {1: {"1": 1}, 3: {"3": 1}}),
        (lines.top(1, key=int), ["3"]),
        (lines.sum(), None),
    ]
    for pipeline, result in ends:
        report = run(pipeline, TextSource("1\nx\n3\n"), orchestrator=orchestrator)
        assert report.elements == 3
        if result is None:  # no line can be added to 0
            assert [failed.error.type for failed in report.failed_items] == ["TypeError"] * 3
            continue
        assert report.result == result
        (failed,) = report.failed_items
        assert (failed.task, failed.error.type, failed.place) == ("deliver", "ValueError", "text, line 2: 'x'")


@pytest.mark.parametrize("inputs", [None, 3, len])
def test_values_are_iterables(inputs: Any) -> None:
    """Nothing at all is no empty input."""
    with pytest.raises(InputError, match=r"The pipeline 'p' runs over values\. Give an iterable of them, not"):
        run(Pipeline("p").values(int).sum(), inputs)


def test_reports_are_plain_data(tmp_path: Path) -> None:
    """``to_dict`` is JSON whatever the values are; keys that are no texts come as pairs."""
    report = run(Pipeline("p").values(int).count(), [1, 1, 2])
    data = json.loads(json.dumps(report.to_dict()))
    assert data["result"] == [[1, 2], [2, 1]]
    assert list(data)[:3] == ["pipeline", "result", "runtime"]
    assert (data["pipeline"], data["elements"], data["complete"]) == ("p", 3, True)


OWN_PIPELINE = ROOT / "docs" / "how-to" / "own-pipeline.md"


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the how-to's pipeline and a log."""
    blocks = dict(re.findall(r'```\w+ title="(.*?)"\n(.*?)```', OWN_PIPELINE.read_text("utf-8"), re.DOTALL))
    (tmp_path / "codes.py").write_text(blocks["codes.py"])
    (tmp_path / "server.log").write_text(blocks["server.log"])
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("reference", ["codes.py", "codes.py:pipeline", "codes:pipeline"])
@pytest.mark.parametrize("orchestrator", ["sequential", "multiprocess"])
def test_the_command_runs_pipelines(workplace: Path, reference: str, orchestrator: str) -> None:
    """By their files or modules, in other processes too; what failed is told, and the exit code says so."""
    arguments = ("run", "--pipeline", reference, "server.log", "--orchestrator", orchestrator)
    done = anagram(*arguments, "--format", "csv", cwd=workplace)
    assert (done.returncode, done.stdout.decode()) == (1, "10,404,2\n11,500,1\n")
    assert "1 element failed for good at parse (ValueError" in done.stderr.decode()
    assert "server.log, line 5: 'not a line of a log'" in done.stderr.decode()


def test_results_have_the_usual_formats(workplace: Path) -> None:
    """JSON is the whole report, a table fits 80 columns, and lines of JSON have a row each."""
    arguments = ("run", "--pipeline", "codes.py", "server.log")
    data = json.loads(anagram(*arguments, "--format", "json", cwd=workplace).stdout)
    assert data["result"] == [[["10", 404], 2], [["11", 500], 1]]
    assert data["failed_items"][0]["place"] == "server.log, line 5: 'not a line of a log'"
    table = anagram(*arguments, cwd=workplace, env={"COLUMNS": "80"}).stdout.decode()
    assert "errors-by-hour: sequential" in table
    assert "10  404  2" in table
    assert max(map(len, table.splitlines())) <= 80
    done = anagram(*arguments, "--format", "ndjson", "--top", "1", cwd=workplace)
    assert done.stdout == b'["10", 404, 2]\n'


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["codes.py"], "needs an input"),
        (["missing.py", "server.log"], "missing.py' cannot be read"),
        (["codes.py:pipelin", "server.log"], "Did you mean 'pipeline'"),
        (["codes.py:parse", "server.log"], "is no pipeline"),
        (["codes", "server.log"], "Unknown pipeline 'codes'. Installed: anagrams. Or is it the file codes.py?"),
        (["errors", "server.log"], "A file is named by FILE.py or FILE.py:NAME"),
        (["nowhere:pipeline", "server.log"], "cannot be imported"),
        (["broken.py", "server.log"], "broken.py"),
        (["endless.py", "server.log"], "has no end"),
        (["two.py", "server.log"], "two.py:first"),
        (["codes.py", "server.log", "--tokenizer", "exercise"], "leave it out"),
        (["codes.py", "server.log", "--checkpoint", "server.log"], "over an input"),
        (["codes.py", "server.log", "--output", "server.log"], "take the place of an input"),
    ],
)
def test_mistakes_of_the_command(workplace: Path, arguments: list[str], words: str) -> None:
    """Each is one message that says what to do, and no traceback."""
    (workplace / "broken.py").write_text("1 / 0\n")
    (workplace / "endless.py").write_text(
        "from pipeline_optimization import Pipeline\npipeline = Pipeline('p').lines()\n"
    )
    (workplace / "two.py").write_text(
        "from pipeline_optimization import Pipeline\nfirst = Pipeline('p').lines().count()\nsecond = first\n"
    )
    done = anagram("run", "--pipeline", *arguments, cwd=workplace)
    assert done.returncode == 2
    assert words in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert done.stdout == b""
