"""``anagram run --pipeline … --output FILE`` and ``--sink NAME``: rows that are delivered, and what is said of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from command import ended_here, refused_here
from forgotten_modules import forgetting_modules

RECORDS = """
import os

from pipeline_optimization import Pipeline


def record(line):
    if line == "13" and os.environ.get("MOOD") == "bad":
        raise ValueError("not today")
    return {"n": int(line), "half": int(line) / 2}


def pair(line):
    return line, int(line)


records = Pipeline("records").lines().map(record).collect()
pairs = Pipeline("pairs").lines().map(pair).collect()
total = Pipeline("total").lines().map(int).sum()
"""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory with pipelines and their input, in which commands run."""
    (tmp_path / "p.py").write_text(RECORDS)
    (tmp_path / "in.txt").write_text("".join(f"{number}\n" for number in range(20)))
    monkeypatch.chdir(tmp_path)
    with forgetting_modules(tmp_path):
        yield tmp_path


RUN = ["run", "--pipeline", "p.py:records", "in.txt", "--retry", "none"]
LINES = [{"n": number, "half": number / 2} for number in range(20)]


def lines_of(path: Path) -> list[object]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_file_is_delivered(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output stays empty, standard error says how many rows there are, and nothing else is left."""
    code, out, err = ended_here([*RUN, "--output", "rows.ndjson"], capsys)
    assert (code, out, err) == (0, "", "Delivered 20 rows to rows.ndjson.\n")
    assert lines_of(workplace / "rows.ndjson") == LINES
    assert sorted(path.name for path in workplace.glob("rows*")) == ["rows.ndjson"]
    code, _, _ = ended_here(["run", "--pipeline", "p.py:pairs", "in.txt", "--output", "pairs.csv"], capsys)
    assert (code, (workplace / "pairs.csv").read_text().splitlines()[:2]) == (0, ["0,0", "1,1"])


def test_the_report_of_a_named_sink(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--sink`` takes the rows, and the report goes where reports go, with their number in their place."""
    code, out, _ = ended_here([*RUN, "--sink", "csv:rows.csv", "--format", "json"], capsys)
    report = json.loads(out)
    assert (code, report["delivered"], report["result"]) == (0, 20, None)
    assert (workplace / "rows.csv").read_text().splitlines()[:2] == ["n,half", "0,0.0"]
    code, out, _ = ended_here([*RUN, "--sink", "json", "-o", "sink.path=rows.json", "--format", "table"], capsys)
    assert "delivered 20 rows" in " ".join(out.split())
    assert json.loads((workplace / "rows.json").read_text()) == LINES


def test_what_only_the_whole_result_has(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--format`` and ``--top`` write the result as they always did: a report as JSON, some rows, in the order of the input."""
    code, _, _ = ended_here([*RUN, "--format", "json", "--output", "report.json"], capsys)
    assert (code, json.loads((workplace / "report.json").read_text())["result"]) == (0, LINES)
    code, _, _ = ended_here([*RUN, "--top", "2", "--output", "some.ndjson"], capsys)
    assert (code, lines_of(workplace / "some.ndjson")) == (0, LINES[:2])
    code, _, _ = ended_here(["run", "--pipeline", "p.py:total", "in.txt", "--output", "total.csv"], capsys)
    assert (code, (workplace / "total.csv").read_text()) == (0, "190\n")


def test_failures_and_their_retry(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file has what succeeded; a retry delivers what it mends, and a run that goes on adds nothing twice."""
    monkeypatch.setenv("MOOD", "bad")
    kept = [*RUN, "--output", "rows.ndjson", "--checkpoint", "c"]
    code, _, err = ended_here(kept, capsys)
    assert (code, len(lines_of(workplace / "rows.ndjson"))) == (1, 19)
    assert "Delivered 19 rows to rows.ndjson." in err
    assert "Try the failed elements again with: anagram run --pipeline p.py:records" in err
    code, _, _ = ended_here([*kept, "--resume"], capsys)
    assert (code, len(lines_of(workplace / "rows.ndjson"))) == (1, 19)
    monkeypatch.delenv("MOOD")
    code, _, err = ended_here(["retry", "c", "--pipeline", "p.py:records", "--output", "rows.ndjson"], capsys)
    assert (code, err) == (0, f"Delivered 20 rows to {workplace / 'rows.ndjson'}.\n")
    assert lines_of(workplace / "rows.ndjson") == [*LINES[:13], *LINES[14:], LINES[13]]
    code, _, _ = ended_here([*kept, "--resume"], capsys)
    assert (code, len(lines_of(workplace / "rows.ndjson"))) == (0, 20)


def test_a_checkpoint_that_keeps_values(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that was begun without a sink is finished without one, and one with a sink only with it."""
    ended_here([*RUN, "--checkpoint", "shown"], capsys)
    code, _, _ = ended_here([*RUN, "--checkpoint", "shown", "--resume", "--output", "rows.ndjson"], capsys)
    assert (code, lines_of(workplace / "rows.ndjson")) == (0, LINES)
    ended_here([*RUN, "--checkpoint", "delivered", "--output", "other.ndjson"], capsys)
    for others, seen in ((["--sink", "csv:x.csv"], "and is csv"), ([], "and is not given")):
        err = refused_here([*RUN, "--checkpoint", "delivered", "--resume", *others], workplace, capsys)
        assert f"the sink was ndjson, {seen}. Send the rows to the same place" in " ".join(err.split())
    (workplace / "other.ndjson").unlink()
    again = [*RUN, "--checkpoint", "delivered", "--resume", "--output", "other.ndjson"]
    assert "The sink has 0 deliveries of the run" in " ".join(refused_here(again, workplace, capsys).split())


def test_a_checkpoint_that_keeps_nothing_yet(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that was killed while it made its checkpoint delivers its rows, as if there were none."""
    (workplace / "c").touch()
    again = [*RUN, "--checkpoint", "c", "--resume", "--output", "rows.ndjson"]
    code, _, err = ended_here(again, capsys)
    assert (code, err, lines_of(workplace / "rows.ndjson")) == (0, "Delivered 20 rows to rows.ndjson.\n", LINES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sink", "nothing"], "Unknown sink 'nothing'. Installed: csv, json, ndjson, parquet"),
        (["--sink", "csv"], "A sink that is a file needs its path"),
        (["--sink", "csv:no/rows.csv"], "The directory of 'no/rows.csv' does not exist"),
        (["--sink", "csv:."], "'.' is no regular file"),
        (["--sink", "csv:x", "-o", "sink.size=1"], "The sink 'csv' has no option 'size'. Its options: path."),
        (["-o", "sink.path=x"], "-o sink.path is for a sink: name it with --sink."),
        (["--output", "in.txt"], "The results would take the place of an input"),
        (["--sink", "csv:in.txt"], "The results would take the place of an input"),
        (["--checkpoint", "c.csv", "--output", "c.csv"], "The checkpoint cannot be the output too"),
        (["--checkpoint", "c.csv.partial", "--output", "c.csv"], "The checkpoint cannot be the output too"),
        (["--sink", "csv:rows.csv", "--events", "rows.csv"], "The results would take the place of the events"),
        (["--output", "no/rows.csv"], "The directory of 'no/rows.csv' does not exist"),
    ],
)
def test_what_cannot_be(
    arguments: list[str], message: str, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What no sink can do is refused with the reason, and nothing is written."""
    code, out, err = ended_here([*RUN, *arguments], capsys)
    assert message in " ".join(err.split())
    assert (code != 0, out) == (True, "")
    assert sorted(path.name for path in workplace.iterdir()) == ["in.txt", "p.py"]


def test_sinks_are_for_rows(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipeline that ends in one value has no rows, and counts of words have no sink."""
    arguments = ["run", "--pipeline", "p.py:total", "in.txt", "--sink", "csv:x.csv"]
    assert "let it end in .collect(), or leave the sink out" in " ".join(
        refused_here(arguments, workplace, capsys).split()
    )
    assert "name one with --pipeline" in refused_here(
        ["run", "--text", "cat", "--sink", "csv:x.csv"], workplace, capsys
    )
    assert not list(workplace.glob("x*"))


def test_a_stopped_run_says_where_its_rows_are(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file appears when it is whole; until then its rows are beside it."""
    (workplace / "in.txt").write_text("0\n1\nx\n3\n")
    kept = [*RUN, "--output", "rows.csv", "--checkpoint", "c", "--on-failure", "stop"]
    code, _, err = ended_here(kept, capsys)
    assert "so far are in rows.csv.partial." in err
    assert code not in {0, 1}
    assert not (workplace / "rows.csv").exists()


def test_refused_rows(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row that does not fit a file's columns is told with its place, and the others are there."""
    (workplace / "q.py").write_text(
        "from pipeline_optimization import Pipeline\n"
        "def row(line):\n    return {'n': int(line)} if line != '7' else {'n': 7, 'more': 1}\n"
        "pipeline = Pipeline('rows').lines().map(row).collect()\n"
    )
    code, _, err = ended_here(["run", "--pipeline", "q.py", "in.txt", "--output", "rows.csv"], capsys)
    assert code == 1
    text = " ".join(err.split())
    assert (
        "1 element failed for good at deliver (RefusedRow: it has the keys n, more; the file has the columns n)" in text
    )
    assert "the first at in.txt, line 8: {'n': 7, 'more': 1}." in text
    (workplace / "r.py").write_text((workplace / "q.py").read_text().replace("!= '7'", "not in '78'"))
    code, _, err = ended_here(["run", "--pipeline", "r.py", "in.txt", "--output", "rows.csv"], capsys)
    assert "2 elements failed for good at deliver" in err
    assert "mend the function" not in err  # eighteen rows are written
    assert len((workplace / "rows.csv").read_text().splitlines()) == 19


def test_a_refused_row_that_no_checkpoint_keeps(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It cannot be tried again, and the message says what to do. No function is to blame."""
    (workplace / "q.py").write_text(
        "from pipeline_optimization import Pipeline\n"
        "def row(line):\n    return complex(1, 2) if line in '78' else line\n"
        "pipeline = Pipeline('rows').lines().map(row).collect()\n"
    )
    kept = ["run", "--pipeline", "q.py", "in.txt", "--output", "rows.ndjson", "--checkpoint", "c", "--resume"]
    ended_here(kept, capsys)
    code, _, err = ended_here([*kept, "--retry-failed"], capsys)
    assert code == 1
    assert "2 elements failed for good at deliver" in err
    assert "start anew for it" in " ".join(err.split())
    assert "mend the function" not in err


def test_parquet(workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A table of the rows; a retry adds to it, what has no rows is refused, and without pyarrow the message says what to install."""
    parquet = import_module("pyarrow.parquet")

    monkeypatch.setenv("MOOD", "bad")
    code, _, _ = ended_here([*RUN, "--output", "rows.parquet", "--checkpoint", "c"], capsys)
    table = parquet.read_table(workplace / "rows.parquet")
    assert (code, table.num_rows, str(table.schema.field("half").type)) == (1, 19, "double")
    monkeypatch.delenv("MOOD")
    code, _, _ = ended_here(["retry", "c", "--pipeline", "p.py:records", "--output", "rows.parquet"], capsys)
    assert (code, parquet.read_table(workplace / "rows.parquet").to_pylist()) == (
        0,
        [*LINES[:13], *LINES[14:], LINES[13]],
    )
    assert sorted(path.name for path in workplace.glob("rows*")) == ["rows.parquet"]
    arguments = ["run", "--pipeline", "p.py:total", "in.txt", "--output", "total.parquet"]
    assert "ends in one result" in refused_here(arguments, workplace, capsys)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    missing = refused_here([*RUN, "--output", "other.parquet"], workplace, capsys)
    assert "needs pyarrow: pip install 'pyarrow>=" in " ".join(missing.split())
