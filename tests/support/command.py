"""Runs the command line as a user would: in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from unittest import mock

import pytest

from pipeline_optimization.cli import main
from warm_process import WarmProcess

ANAGRAM = (sys.executable, "-W", "error", "-m", "pipeline_optimization")
PATIENCE = 60.0


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which output does not depend on who runs the tests."""
    kept = {k: v for k, v in os.environ.items() if k not in {"FORCE_COLOR", "NO_COLOR", "TERM", "COLUMNS"}}
    return {**kept, "COLUMNS": "100", **(extra or {})}


def anagram(
    *arguments: str,
    stdin: bytes = b"",
    stdin_path: Path | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run ``anagram`` to its end; ``stdin_path`` is a file that standard input comes from instead of a pipe.

    It is a process of its own that has begun with its imports made, unless Python would start otherwise in this environment.
    """
    with contextlib.nullcontext() if stdin_path is None else stdin_path.open("rb") as opened:
        return _anagram(arguments, opened, stdin, cwd, env)


def _anagram(
    arguments: Sequence[str], opened: IO[bytes] | None, stdin: bytes, cwd: Path | None, env: Mapping[str, str] | None
) -> subprocess.CompletedProcess[bytes]:
    variables = environment(env)
    warm = WarmProcess.of(arguments)
    if warm.fits(variables):
        return warm.run(arguments, opened=opened, given=stdin, cwd=cwd, environment=variables, timeout=PATIENCE)
    return subprocess.run(
        [*ANAGRAM, *arguments],
        stdin=opened,
        input=stdin if opened is None else None,
        capture_output=True,
        cwd=cwd,
        env=variables,
        timeout=PATIENCE,
        check=False,
    )


def run_json(
    *arguments: str, stdin: bytes = b"", cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Run ``anagram run --format json``, which must succeed, and return the report."""
    done = anagram("run", "--format", "json", *arguments, stdin=stdin, cwd=cwd, env=env)
    assert done.returncode == 0, done.stderr.decode()
    report = json.loads(done.stdout)
    assert isinstance(report, dict)
    return report


def ended_here(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run a command in this process; return its exit code, and what it printed on standard output and standard error."""
    with mock.patch.dict(os.environ, {"COLUMNS": "80"}), pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    return int(ended.value.code or 0), captured.out, captured.err


def refused_here(arguments: Sequence[str], cwd: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Do the same as ``refused`` without a process, which is many times as fast."""
    with contextlib.chdir(cwd), mock.patch.dict(os.environ, {"COLUMNS": "100"}), pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    assert ended.value.code == 2, captured.err
    assert captured.out == ""
    return captured.err


def refused(arguments: Sequence[str], *, cwd: Path | None = None, stdin: bytes = b"") -> str:
    """Run a command that must be refused with exit code 2 and no traceback; return its message."""
    done = anagram(*arguments, cwd=cwd, stdin=stdin)
    message = done.stderr.decode()
    assert done.returncode == 2, (done.returncode, message)
    assert "Traceback" not in message
    assert done.stdout == b""
    return message
