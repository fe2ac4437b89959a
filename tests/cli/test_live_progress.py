"""The foot of a terminal on which a run goes on: its tasks as rows, and everything else above them."""

from __future__ import annotations

import errno
import io
import os
import re
import sys
import time
from collections.abc import Sequence
from contextlib import redirect_stderr
from typing import Any

import pytest

import pipeline_functions as f
from pipeline_optimization import Limits, Pipeline, count_anagrams, run
from pipeline_optimization.cli.advise.progress import foreseen_line
from pipeline_optimization.cli.live_region import LiveRegion
from pipeline_optimization.cli.run.progress import ProgressLine
from pipeline_optimization.cli.task_rows import TaskRow, lines_of
from pipeline_optimization.engine.progress import TaskProgress
from pipeline_optimization.pipeline.run import Progress
from pipeline_optimization.sources import TextSource

ROWS = [
    TaskRow(task="filter_input", done=1, total=1, rate=0.1, failed=0, in_flight=0),
    TaskRow(
        task="find_anagrams_of_a_very_long_name_indeed",
        done=12_345,
        rate=81.2,
        errors=7,
        retries=5,
        failed=2,
        in_flight=8,
    ),
]
HEADER = "1.7 of 2.3 MB ( 74%) read, 883 items done, 8 s, about 3 s left"


class Screen(io.StringIO):
    """A terminal, as far as the region uses one."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.columns = columns
        self.lines = [""]
        self.at = self.column = 0

    def fileno(self) -> int:
        return 99

    def isatty(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        for part in re.findall(r"\x1b\[\d*[AJK]|\r|\n|[^\x1b\r\n]+", text):
            if part in {"\r", "\n"}:
                self.column = 0
                self.at += part == "\n"
                self.lines += [""] * (self.at + 1 - len(self.lines))
            elif part == "\x1b[J":
                self.lines[self.at :] = [self.lines[self.at][: self.column]]
            elif part == "\x1b[K":
                self.lines[self.at] = self.lines[self.at][: self.column]
            elif part.startswith("\x1b"):
                self.at -= int(part[2:-1])
                assert self.at >= 0
            else:
                line = self.lines[self.at]
                self.lines[self.at] = line[: self.column] + part + line[self.column + len(part) :]
                self.column += len(part)
                assert self.column <= self.columns, "a line was wrapped"
        return len(text)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Return a terminal of 40 columns, for tests to put in the place of standard error."""
    found = Screen(40)
    monkeypatch.setattr(os, "get_terminal_size", lambda handle: os.terminal_size((found.columns, 24)))
    monkeypatch.delenv("COLUMNS", raising=False)
    return found


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (160, ["done", "of", "a second", "failed", "errors", "retries", "in flight"]),
        (79, ["done", "of", "a second", "failed", "errors", "retries", "in flight"]),
        (39, ["done", "of", "a second"]),
        (20, ["done"]),
    ],
)
def test_narrow_terminals_have_fewer_columns(width: int, columns: Sequence[str]) -> None:
    """The most wanted ones stay, names are cut, the header takes the lines that it needs, and no line is too long."""
    lines = lines_of(HEADER, ROWS, width)
    *head, titles, first, second = lines
    assert " ".join(head) == HEADER
    assert re.split(r"\s{2,}", titles.strip()) == ["task", *columns]
    assert first.startswith("filter_input"[:width])
    assert second.startswith("find_anagram" if width > 20 else "find_anagra")
    assert max(map(len, lines)) <= width


def test_what_nobody_knows_has_no_column() -> None:
    """As for who watches a run by its events, and so sees no attempt that is in flight."""
    titles = lines_of("", [TaskRow(task="a", done=1, median=0.25)], 80)[-2]
    assert re.split(r"\s{2,}", titles) == ["task", "done", "errors", "retries", "median"]


def test_names_cannot_move_the_cursor() -> None:
    """A task's name may come from anywhere."""
    assert "\x1b" not in "".join(lines_of("a\x1b[2J", [TaskRow(task="b\x1b[2J", done=1)], 80))


def test_many_tasks_take_as_long_as_they_are_many() -> None:
    """A hostile record may name as many as it has lines. Twenty thousand rows take a fraction of a second, and not twenty."""
    rows = [TaskRow(task=f"task {number}", done=number) for number in range(20_000)]
    before = time.process_time()
    assert len(lines_of(HEADER, rows, 80)) == 20_002
    assert time.process_time() - before < 5


def test_everything_else_goes_above(screen: Screen) -> None:
    """Neither the region nor what is written meanwhile is torn, and nothing of the region is left."""
    with redirect_stderr(screen), LiveRegion() as region:
        region.draw(["one", "two", "three" * 20])
        assert screen.lines == ["", "one", "two", ("three" * 20)[:39]]
        print("a record", file=sys.stderr)
        assert screen.lines == ["a record", ""]
        region.draw(["four"])
        assert screen.lines == ["a record", "four"]
        sys.stderr.write("begun, ")
        region.draw(["five", "six"])
        assert screen.lines == ["a record", "begun, "]
        sys.stderr.write("ended\n")
        region.draw(["five", "six"])
        assert screen.lines == ["a record", "begun, ended", "", "five", "six"]
    assert screen.lines == ["a record", "begun, ended", ""]


def test_a_long_foresight_shows_how_far_it_is(screen: Screen) -> None:
    """The line comes after a second, at most ten times a second, and goes at the end."""
    now = iter([0.0, 0.5, 1.5, 1.55, 2.5])
    seen = []
    with redirect_stderr(screen), foreseen_line(20, clock=now.__next__) as tick:
        for _ in range(4):
            tick()
            seen.append(screen.lines[-1])
    assert seen == ["", "2 of 20 runs predicted", "2 of 20 runs predicted", "4 of 20 runs predicted"]
    assert screen.lines == [""]


def test_no_line_of_a_foresight_goes_into_a_file() -> None:
    """Where errors are piped nothing is drawn."""
    with redirect_stderr(io.StringIO()) as errors, foreseen_line(2, clock=iter([0.0, 9.0]).__next__) as tick:
        tick()
    assert errors.getvalue() == ""


@pytest.mark.parametrize("is_fork", [False, True])
def test_what_others_write_is_kept(is_fork: bool, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker writes to the terminal itself; one that was forked has the region in its copy of standard error."""
    with redirect_stderr(screen), LiveRegion() as region:
        for number in range(3):
            region.draw(["one", "two"])
            with monkeypatch.context() as child:
                if is_fork:
                    child.setattr(os, "getpid", lambda: -1)
                print(f"print {number}", file=sys.stderr if is_fork else screen)
        region.draw(["one", "two"])
        assert screen.lines == ["print 0", "print 1", "print 2", "", "one", "two"]
    assert screen.lines == ["print 0", "print 1", "print 2", ""]


def test_columns_may_ask_for_fewer(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not for more than there are: the terminal would wrap."""
    for wanted, width in (("20", 20), ("400", 40), ("x", 40), ("0", 40)):
        monkeypatch.setenv("COLUMNS", wanted)
        with redirect_stderr(screen):
            assert LiveRegion().size[0] == width


def test_rows_come_after_a_second(screen: Screen) -> None:
    """On a terminal, if there are several tasks; a step that comes before reading has none."""
    now = [0.0]
    tasks = {
        "a": TaskProgress(done=5, failed=1, errors=3, retries=2, in_flight=2, total=20),
        "b": TaskProgress(done=0, failed=0, errors=0, retries=0, in_flight=1, total=None),
    }
    with redirect_stderr(screen), ProgressLine([TextSource("x" * 1000)], clock=lambda: now[0]) as line:
        line.show(Progress(step="Reading."))
        assert screen.lines == ["Reading."]
        now[0] = 1.5
        line.show(Progress(bytes_read=1000, items=6, by_task=lambda: tasks))
        assert [text.split()[:3] for text in screen.lines[-3:]] == [
            ["task", "done", "of"],
            ["a", "5", "20"],
            ["b", "0", "0"],
        ]
        now[0] = 2.0
        line.show(Progress(bytes_read=1000, items=6, by_task=lambda: {"a": tasks["a"]}))
        assert "task" not in " ".join(screen.lines)
    assert screen.lines == [""]


@pytest.mark.parametrize("refused", ["get_terminal_size", "write"])
def test_a_terminal_that_goes_away(refused: str, screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs the display, which is not tried again, and nothing of the run."""
    now, tries = [0.0], []

    def fail(*_: object) -> Any:
        tries.append(now[0])
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with redirect_stderr(screen):
        with ProgressLine([TextSource("x" * 1000)], clock=lambda: now[0]) as line:
            line.show(Progress(step="Reading."))
            monkeypatch.setattr(os if refused == "get_terminal_size" else screen, refused, fail)
            for seconds in (1.5, 2.0):
                now[0] = seconds
                line.show(Progress(bytes_read=1000, items=6))
            assert tries == [1.5]
        assert sys.stderr is screen


def test_the_end_is_estimated_by_tasks(capsys: pytest.CaptureFixture[str]) -> None:
    """Once all is read, from half-way on within a fifth of what is left for steady work."""
    now = [0.0]
    with ProgressLine([TextSource("x" * 1000)], "plain", clock=lambda: now[0]) as line:
        while now[0] < 100:
            done = int(now[0] * 5)
            task = TaskProgress(done=done, failed=0, errors=0, retries=0, in_flight=3, total=500)
            line.show(Progress(bytes_read=1000, items=done, by_task=lambda task=task: {"a": task}))  # type: ignore[misc]
            now[0] += 0.25
    late = [line for line in capsys.readouterr().err.splitlines() if ", 50 s" in line or ", 80 s" in line]
    assert [int(re.findall(r"about (\d+) s left", line)[0]) for line in late] == pytest.approx([50, 20], rel=0.2)


def test_tasks_are_counted_while_the_run_goes_on() -> None:
    """Stage by stage: never more is done than there is, a total does not change once it is known, and all is done at the end."""
    seen: list[dict[str, TaskProgress]] = []
    report = count_anagrams(
        "the cat sat on a mat and saw the star act as arts",
        faults="exercise",
        latency_scale=0.0,
        seed=3,
        on_progress=lambda progress: seen.append(dict(progress.by_task())),
    )
    totals: dict[str, set[int]] = {}
    for tasks in seen:
        for name, task in tasks.items():
            if task.total is not None:
                assert task.done + task.failed + task.in_flight <= task.total
                totals.setdefault(name, set()).add(task.total)
    assert totals == {name: {stats.items} for name, stats in report.tasks.items()}
    assert list(seen[-1]) == ["filter_input", "get_words", "find_anagrams"]
    last = seen[-1]["find_anagrams"]
    stats = report.tasks["find_anagrams"]
    assert last.done + last.failed >= stats.items - 1  # what the last step did is told by no further one
    early = next(tasks for tasks in seen if "find_anagrams" in tasks)["find_anagrams"]
    assert early.total == stats.items  # as soon as its first item begins


def test_bundles_are_in_flight() -> None:
    """Those of a pipeline's input are the first row, and no total is known as long as they are under way."""
    seen: list[dict[str, TaskProgress]] = []
    run(
        f.WORDS.map(f.flaky).count(),
        TextSource("the cat sat\n" * 50),
        chunk_size=50,
        faults="exercise",
        latency_scale=0.0,
        retry_options={"attempts": 20, "base": 0.0},
        on_progress=lambda progress: seen.append(dict(progress.by_task())),
    )
    under_way = [tasks for tasks in seen if tasks.get("lines") is not None and tasks["lines"].in_flight]
    assert under_way
    assert all(next(iter(tasks)) == "lines" for tasks in under_way)
    assert all(task.total is None for tasks in under_way for task in tasks.values())
    assert seen[-1]["flaky"].total == 150


@pytest.mark.parametrize("retry", ["none", "fixed"])
def test_bundles_that_fail_are_not_done(retry: str) -> None:
    """Nor do they count against what is done: a row never has fewer than none. Their errors are shown."""
    seen: list[Progress] = []
    report = run(
        Pipeline("p").values(str).map(str.upper).count(),
        ["a", "b"],
        retry=retry,
        retry_options={} if retry == "none" else {"delay": 0.0},
        limits=Limits(item_timeout=1e-9),  # each attempt takes longer, however quick it is
        on_progress=seen.append,
    )
    assert len(report.failed_items) == 2
    (row,) = seen[-1].by_task().values()
    assert (row.done, row.failed) == (0, 2)
    assert row.errors == sum(one.attempts for one in report.failed_items)
