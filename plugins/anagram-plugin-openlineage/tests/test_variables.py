"""The client's variables decide where events go; a value that cannot be used is told, and the run goes on."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest

from anagram_plugin_openlineage.asking import is_asked_for
from command import anagram
from lineage_schema import check_event
from pipeline_optimization import count_anagrams


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"OPENLINEAGE_URL": " "}, False),
        ({"OPENLINEAGE_NAMESPACE": "shop"}, False),
        ({"OPENLINEAGE_URL": "http://h"}, True),
        ({"OPENLINEAGE_CONFIG": "c.yml"}, True),
        ({"OPENLINEAGE__TRANSPORT__TYPE": "console"}, True),
        ({"OPENLINEAGE_URL": "http://h", "OPENLINEAGE_DISABLED": "True"}, False),
    ],
)
def test_what_asks_for_events(environment: dict[str, str], expected: bool) -> None:
    """A variable that says where they go does; one that says how does not."""
    assert is_asked_for(environment) is expected


def test_nothing_is_imported_unasked(tmp_path: Path) -> None:
    """A run without a variable does not load the client."""
    code = "import sys; from pipeline_optimization import count_anagrams; count_anagrams('cat')\n"
    (tmp_path / "a.py").write_text(code + "print([one for one in sys.modules if one.startswith('openlineage')])")
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "a.py"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_file_of_events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's transport ``file`` gets them, by variables and by a file of settings."""
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__TYPE", "file")
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__LOG_FILE_PATH", str(tmp_path / "a.jsonl"))
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__APPEND", "true")
    count_anagrams("cat")
    for name in [one for one in os.environ if one.startswith("OPENLINEAGE__")]:
        monkeypatch.delenv(name)
    settings = {"transport": {"type": "file", "log_file_path": str(tmp_path / "b.jsonl"), "append": True}}
    (tmp_path / "c.yml").write_text(json.dumps(settings))
    monkeypatch.setenv("OPENLINEAGE_CONFIG", str(tmp_path / "c.yml"))
    count_anagrams("cat")
    for name in ("a.jsonl", "b.jsonl"):
        events = [json.loads(line) for line in (tmp_path / name).read_text().splitlines()]
        for event in events:
            check_event(event)
        assert [event["eventType"] for event in events] == ["START", "COMPLETE"]


def test_the_console(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """The client's transport ``console`` logs them; results on standard output stay clean."""
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__TYPE", "console")
    with caplog.at_level(logging.INFO, "openlineage"):
        count_anagrams("cat")
    assert sum('"eventType"' in one.getMessage() for one in caplog.records) == 2
    assert not capsys.readouterr().out


def test_a_key_is_sent_and_told_nowhere_else(
    receiver: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server's key is in the header that the client makes, and in no event."""
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "sesame")
    count_anagrams("cat")
    assert receiver.headers[0]["authorization"] == "Bearer sesame"
    assert "sesame" not in json.dumps(receiver.events)
    assert not capsys.readouterr().err


WRONG = [
    ({"OPENLINEAGE_URL": "nowhere"}, "nowhere"),
    ({"OPENLINEAGE_CONFIG": "gone.yml"}, "OPENLINEAGE_CONFIG is 'gone.yml', which is no file that can be read"),
    ({"OPENLINEAGE_URL": "http://h", "OPENLINEAGE_PARENT_ID": "a/b"}, "OPENLINEAGE_PARENT_ID is 'a/b', and must be"),
    ({"OPENLINEAGE_URL": "http://h", "OPENLINEAGE_PARENT_ID": "a/b/c"}, "must be NAMESPACE/NAME/UUID"),
    ({"OPENLINEAGE__TRANSPORT__TYPE": "pigeon"}, "pigeon"),
    ({"OPENLINEAGE__TRANSPORT__TYPE": "file"}, "log_file_path"),
]


@pytest.mark.parametrize(("variables", "message"), WRONG, ids=lambda one: str(one) if isinstance(one, str) else "")
def test_values_that_cannot_be_used(
    variables: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says which and why, nothing is told of the run, and the result is there."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = count_anagrams("cat")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("openlineage: Nothing is told of this run: ")
    assert message in line
    assert found.is_complete
    assert not found.warnings


def test_settings_that_are_no_yaml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are told in one line, without the client's traceback."""
    (tmp_path / "c.yml").write_text("transport: [")
    monkeypatch.setenv("OPENLINEAGE_CONFIG", str(tmp_path / "c.yml"))
    count_anagrams("cat")
    (line,) = capsys.readouterr().err.splitlines()
    assert "c.yml" in line


@pytest.mark.slow
def test_a_command(receiver: Any, tmp_path: Path) -> None:
    """The command tells the server, and its own output is that of any run."""
    done = anagram("run", "--text", "cat", "--format", "csv", env={"OPENLINEAGE_URL": receiver.url}, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert receiver.types == ["START", "COMPLETE"]
