"""What people see of a pipeline's run: its result in each format, whatever its end, and what went wrong."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from command import ANAGRAM, anagram, ended_here, environment, refused_here
from forgotten_modules import forgetting_modules

ENDS = """
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from pipeline_optimization import Pipeline, task
from pipeline_optimization.ends import Collect, Count, Sum


def words(line): return line.split()
def pair(word): return len(word), word
def record(word): return {"word": word, "size": len(word)}
def uneven(word): return {word: len(word)}
def halves(word): return [word[:1], word[1:]]
def odd(word): return Decimal("1.50"), date(2026, 1, 2), float("nan"), {"b", "a", "c"}
def alone(word): return [word]
def first(word): return word[0]
def wide(word): return word * 1000
def huge(word): return 10 ** 5000 + len(word)
def fails(word): return {}["key"]
def picky(word):
    if word == "mat":
        raise ValueError("no mat\\nat all")
    return word
def colours(word): raise ValueError(f"\\x1b[31m{word}\\a")
def rambles(word): raise ValueError("x" * 100_000)
@contextmanager
def broken():
    raise OSError("no server")
    yield
@task(using=broken)
def asking(word, server): return word


split = Pipeline("split").lines().flat_map(words).map(halves).collect()
odds = Pipeline("odd").lines().map(odd).collect()
lone = Pipeline("lone").lines().flat_map(words).map(alone).collect()
given = Pipeline("some").lines().flat_map(words)
counts = given.count()
number = given.map(len).sum()
listed = given.collect()
pairs = given.map(pair).count()
nested = given.group(len, Count())
sums = given.group(first, Sum(len))
lists = given.group(first, Collect())
records = given.map(record).collect()
mixed = given.map(uneven).collect()
long = given.map(wide).collect()
large = given.map(huge).collect()
failing = given.map(fails).count()
partly = given.map(picky).count()
wordy = given.map(rambles).count()
closed = given.map(asking).count()
coloured = given.map(colours).count()
objects = Pipeline("objects").records().collect()
"""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory with pipelines of every end, and their input."""
    (tmp_path / "ends.py").write_text(ENDS)
    (tmp_path / "in.txt").write_text("the cat\na mat\nthe\n")
    monkeypatch.chdir(tmp_path)
    with forgetting_modules(tmp_path):
        yield tmp_path


@pytest.mark.parametrize(
    ("name", "table", "csv", "lines"),
    [
        ("counts", "the  2\na    1\n", "the,2\na,1\ncat,1\nmat,1\n", '["the", 2]\n["a", 1]\n'),
        ("number", "13\n", "13\n", "13\n"),
        ("listed", "the\ncat\na  \n", "the\ncat\na\nmat\nthe\n", '"the"\n"cat"\n'),
        ("pairs", "3  the  2\n1  a    1\n", "3,the,2\n1,a,1\n", '[3, "the", 2]\n[1, "a", 1]\n'),
        ("nested", "1  a    1\n3  the  2\n", "1,a,1\n3,the,2\n3,cat,1\n", '[1, "a", 1]\n[3, "the", 2]\n'),
        ("sums", "a  1\nc  3\n", "a,1\nc,3\nm,3\nt,6\n", '["a", 1]\n["c", 3]\n'),
        ("lists", "a  ['a']         \n", 'a,"[""a""]"\n', '["a", ["a"]]\n'),
        (
            "records",
            "word  size\nthe      3\ncat      3\n",
            "word,size\nthe,3\ncat,3\n",
            '{"word": "the", "size": 3}\n',
        ),
        ("split", "t  he\nc  at\na    \n", "t,he\nc,at\na,\n", '["t", "he"]\n["c", "at"]\n["a", ""]\n'),
        ("lone", "the\ncat\n", "the\ncat\n", '["the"]\n["cat"]\n'),
        (
            "odds",
            "1.50  2026-01-02  nan  ",
            '1.50,2026-01-02,nan,"[""a"", ""b"", ""c""]"\n',
            '["1.50", "2026-01-02", "nan", ["a", "b", "c"]]\n',
        ),
        ("mixed", "{'the': 3}\n", '"{""the"": 3}"\n', '{"the": 3}\n{"cat": 3}\n'),
    ],
)
def test_every_end_has_every_format(
    workplace: Path, name: str, table: str, csv: str, lines: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Entries of dictionaries are rows with all their keys, records have a header, and anything else stands for itself."""
    arguments = ["run", "--pipeline", f"ends.py:{name}", "in.txt"]
    code, out, err = ended_here(arguments, capsys)
    assert (code, err) == (0, "")
    assert table in out
    for form, expected in (("csv", csv), ("ndjson", lines)):
        code, out, err = ended_here([*arguments, "--format", form], capsys)
        assert (code, err) == (0, "")
        assert out.startswith(expected)


def test_integers_of_any_size(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All digits of a number are written, also where Python writes none of its own accord; a table cuts it as any long value."""
    arguments = ["run", "--pipeline", "ends.py:large", "in.txt", "--top", "1"]
    for form, expected in (("csv", f"1{3:05000}\n"), ("ndjson", f"1{3:05000}\n"), ("json", f"1{3:05000}")):
        code, out, err = ended_here([*arguments, "--format", form], capsys)
        assert (code, err, expected in out) == (0, "", True)
    code, out, err = ended_here(arguments, capsys)
    assert (code, err, ",000…" in "".join(out.split())) == (0, "", True)
    with pytest.raises(ValueError, match="4300"):
        str(10**5000)


def test_rows_are_counted_whole(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--top`` shows the first, and a table says how many there are besides, those of dictionaries in dictionaries too."""
    arguments = ["run", "--pipeline", "ends.py:nested", "in.txt", "--top", "1"]
    assert "1  a  1\n... and 3 more (--top N, or --format json for all)" in ended_here(arguments, capsys)[1]
    assert ended_here([*arguments, "--format", "csv"], capsys)[1] == "1,a,1\n"


def test_a_table_is_for_people(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A long value is cut, an empty result is said, and nothing is wider than the terminal."""
    _, out, _ = ended_here(["run", "--pipeline", "ends.py:long", "in.txt", "--top", "1"], capsys)
    assert "thet…" in "".join(out.split())
    assert (max(map(len, out.splitlines())), len(out.splitlines()) < 12) == (80, True)
    code, out, _ = ended_here(["run", "--pipeline", "ends.py:counts", "--text", ""], capsys)
    assert (code, out.splitlines()[-1]) == (0, "The result is empty.")
    arguments = ["run", "--pipeline", "ends.py:counts", "in.txt", "--checkpoint", "c"]
    ended_here(arguments, capsys)
    assert "resumed   1 part of an earlier run, taken over from c" in ended_here([*arguments, "--resume"], capsys)[1]


def test_json_has_what_the_default_pipeline_has(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each key that is not about words is there, besides the pipeline, its options and its result."""
    report = json.loads(ended_here(["run", "--pipeline", "ends.py:counts", "in.txt", "--format", "json"], capsys)[1])
    counted = json.loads(ended_here(["run", "in.txt", "--format", "json"], capsys)[1])
    of_words = {"anagram_counts", "words", "distinct_words", "distinct_words_is_exact", "matched_words", "looks_like"}
    of_words |= {"tokenizer", "signature", "relation", "lexicon", "kernel", "invalid_bytes", "bytes_read"}
    assert counted.keys() - report.keys() == of_words
    assert report.keys() - counted.keys() == {"pipeline", "options", "result", "elements", "cache_hits"}
    assert list(report)[:3] == ["pipeline", "result", "runtime"]


def test_what_a_module_prints_is_no_result(workplace: Path) -> None:
    """It goes to standard error when the pipeline is found, as what its functions print does when it runs."""
    (workplace / "loud.py").write_text("from ends import counts as pipeline\nprint('imported')\n")
    for arguments in (
        ["run", "--pipeline", "loud.py", "in.txt", "--checkpoint", "c"],
        ["retry", "c", "--pipeline", "loud.py"],
    ):
        done = anagram(*arguments, "--format", "csv", cwd=workplace)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"the,2\na,1\ncat,1\nmat,1\n", b"imported\n")


def problems(workplace: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the exit code and what standard error says, on one line."""
    code, _, err = ended_here(["run", "--pipeline", *arguments, "--format", "csv"], capsys)
    return code, " ".join(err.split())


def test_failures_name_the_line_of_code(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where in the input, and where in the user's own file; a message of several lines stands on one."""
    line = 1 + next(number for number, text in enumerate(ENDS.splitlines()) if "no mat" in text)
    code, said = problems(workplace, ["ends.py:partly", "in.txt", "--retry", "none"], capsys)
    cause = f"ValueError: no mat at all; ends.py, line {line}"
    assert code == 1
    assert said == f"Incomplete: 1 element failed for good at picky ({cause}), the first at in.txt, line 2: 'mat'."


def test_a_function_that_never_works(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Few elements: nothing got through, and what to do. Many: the run stops early, and says with what and where."""
    line = 1 + next(number for number, text in enumerate(ENDS.splitlines()) if "def fails" in text)
    code, said = problems(workplace, ["ends.py:failing", "in.txt", "--retry", "none"], capsys)
    assert code == 1
    assert f"5 elements failed for good at fails (KeyError: 'key'; ends.py, line {line})" in said
    assert "No element got through it: mend the function first" in said
    (workplace / "long.txt").write_text("cat\n" * 1000)
    code, said = problems(workplace, ["ends.py:failing", "long.txt"], capsys)
    assert code == 75
    assert re.search(r"The last one at long\.txt, line \d+: 'cat' \(KeyError: 'key'; ends\.py, line", said)


@pytest.mark.parametrize(
    "option", ["--output", "--report", "--trace", "--metrics", "--events", "--checkpoint", "--sink"]
)
def test_the_pipelines_file_stays(workplace: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that a run writes takes the place of its functions, also if the user names their module instead of the file."""
    target = "csv:ends.py" if option == "--sink" else "ends.py"
    refused_here(["run", "--pipeline", "ends.py:listed", "in.txt", option, target], workplace, capsys)
    if option in {"--output", "--events", "--sink"}:
        refused_here(["run", "--pipeline", "ends:listed", "in.txt", option, target], workplace, capsys)
    assert (workplace / "ends.py").read_text() == ENDS


def test_two_results_in_one_file(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither exists yet; the second one would take the place of the first."""
    run = ["run", "--pipeline", "ends.py:listed", "in.txt"]
    said = refused_here([*run, "--output", "one.html", "--report", "one.html"], workplace, capsys)
    assert "one.html' is written twice, also as --report. Name another file." in said
    said = refused_here([*run, "--trace", "one", "--metrics", "one"], workplace, capsys)
    assert "one' is written twice, also as --metrics. Name another file." in said


def test_long_messages_are_shortened(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard error has the beginning of a message; the report has all of it."""
    arguments = ["ends.py:wordy", "in.txt", "--retry", "none"]
    code, said = problems(workplace, arguments, capsys)
    assert (code, "xxx…; ends.py, line" in said, len(said) < 1000) == (1, True, True)
    _, out, _ = ended_here(["run", "--pipeline", *arguments, "--format", "json"], capsys)
    assert json.loads(out)["failed_items"][0]["message"] == "x" * 100_000


def test_what_cannot_be_seen_is_escaped(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A message, or the name of a file, could otherwise change the terminal, or lose a part of itself."""
    (workplace / "a\x1b[2Jb.txt").write_text("the\n")
    _, said = problems(workplace, ["ends.py:coloured", "a\x1b[2Jb.txt", "--retry", "none"], capsys)
    assert r"(ValueError: \x1b[31mthe\x07; ends.py, line" in said
    assert r"the first at a\x1b[2Jb.txt, line 1: 'the'." in said
    assert r"'gone\x1b[2J'" in refused_here(["run", "--pipeline", "ends.py:coloured", "gone\x1b[2J"], workplace, capsys)


def test_the_place_of_an_error_is_the_users(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """If Python calls the user's function, as it does to open a resource, Python's own file does not help."""
    line = 1 + next(number for number, text in enumerate(ENDS.splitlines()) if "no server" in text)
    _, said = problems(workplace, ["ends.py:closed", "in.txt", "--retry", "none"], capsys)
    assert f"(OSError: no server; ends.py, line {line})" in said
    (workplace / "bad.jsonl").write_text("{\n")
    _, said = problems(workplace, ["ends.py:objects", "bad.jsonl"], capsys)
    assert "double quotes: line 1 column 2 (char 1)), the first at bad.jsonl, line 1: '{'." in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["end.py", "in.txt"], "'end.py' cannot be read: No such file or directory. Did you mean 'ends.py'?"),
        (["nowhere.py", "in.txt"], "No such file or directory. Check the name."),
        (["ends.py:cunts", "in.txt"], "'ends.py' has no 'cunts'. Did you mean 'counts'?"),
        (["ends.py:x", "in.txt"], "'ends.py' has no 'x'. It has split, odds, lone, counts"),
        (["no.such:x", "in.txt"], "No module named 'no'. Run the command where the module is, or name its file."),
        (["optional.py", "in.txt", "-o", "size=3"], "'size' is an option of the pipeline: -o pipeline.size=VALUE."),
        (["ends.py:counts", "in.txt", "-o", "cap=3"], "'cap' is an option of the retry policy: -o retry.cap=VALUE."),
    ],
)
def test_mistakes_say_what_to_do(
    workplace: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file or a name that is not there, and an option that was given to somebody else."""
    (workplace / "optional.py").write_text("import ends\ndef pipeline(size: int = 1): return ends.counts\n")
    assert words in " ".join(refused_here(["run", "--pipeline", *arguments], workplace, capsys).split())


def test_a_reader_that_goes_away(workplace: Path) -> None:
    """``| head`` ends the command as it ends any program, with nothing on standard error."""
    (workplace / "long.txt").write_text("".join(f"word{number}\n" for number in range(30_000)))
    for form in ("csv", "ndjson", "json"):
        command = ["run", "--pipeline", "ends.py:counts", "long.txt", "--format", form]
        assert read_one_line(command, workplace) == (141, b""), form


def read_one_line(command: list[str], cwd: Path) -> tuple[int, bytes]:
    """Run a command whose reader takes one line; return its exit code and standard error."""
    with subprocess.Popen(
        [*ANAGRAM, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    return process.returncode, said
