"""Ctrl-C and sudden death: a partial report, exit code 130, and no process left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from command import ANAGRAM, anagram, environment
from pipeline_optimization import count_anagrams
from pipeline_optimization.errors import RunInterrupted
from pipeline_optimization.pipeline.run import Progress
from session_processes import living
from similar_cases import some

ORCHESTRATORS = ["sequential", "threaded", "asyncio", "multiprocess"]
PATIENCE = 30.0


@pytest.fixture(scope="module", autouse=True)
def _warm_cache() -> None:
    """Cache the index first: CPython can swallow a Ctrl-C that strikes in the middle of an import."""
    anagram("run", "--text", "cat")


def wait_until(is_true: Callable[[], bool], what: str) -> None:
    """Look every few milliseconds: other processes tell no better."""
    until = time.monotonic() + PATIENCE
    while not is_true():
        assert time.monotonic() < until, what
        time.sleep(0.01)  # the process under test runs in real time


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a run in a session of its own, and return when it has opened its output."""
    # Without "-W error": Ctrl-C in the middle of an import leaves files that Python closes with a warning.
    python, *_, module = ANAGRAM
    process = subprocess.Popen(
        [python, "-m", module, "run", "--format", "json", "--output", str(tmp_path / "out.json"), *arguments],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )
    wait_until(lambda: any(tmp_path.glob(".out.json.*")), "the run did not start")
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("orchestrator", some(ORCHESTRATORS, every=3))
def test_a_signal_while_tasks_wait(tmp_path: Path, orchestrator: str, number: signal.Signals, code: int) -> None:
    """In the middle of long waits, Ctrl-C or SIGTERM ends the run with a partial report and says how to go on."""
    checkpoint = tmp_path / "checkpoint"
    waits = ("--test-case", "large", "--latency-scale", "1000", "--seed", "1")
    process = start(tmp_path, *waits, "--orchestrator", orchestrator, "--checkpoint", str(checkpoint))
    if orchestrator == "multiprocess":
        wait_until(lambda: len(living(process.pid)) >= 4, "the workers did not start")
    wait_until(checkpoint.exists, "the run did not start")
    # As a terminal does it, and as a service manager may: to all of its processes.
    os.killpg(process.pid, number)
    _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, stderr.decode()
    assert b"Traceback" not in stderr
    assert b"Exception ignored" not in stderr
    assert not list(tmp_path.glob(".out.json.*")), "half an output was left behind"
    wait_until(lambda: not living(process.pid), "a process was left behind")
    if (tmp_path / "out.json").exists():
        report = json.loads((tmp_path / "out.json").read_text())
        assert (report["interrupted"], report["complete"], report["anagram_counts"]) == (True, False, {})


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_code_that_is_made_from_text(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """A signal that strikes while ``exec`` runs a text, as at the import of a named tuple, ends the program with its own exit code.

    CPython remembers such a KeyboardInterrupt, though the program handles it, and would end the process as Ctrl-C does.
    """
    strikes = f"import signal\nexec('signal.raise_signal({number.value})')\n"
    (tmp_path / "struck.py").write_text(strikes)
    process = subprocess.run(
        [*ANAGRAM, "run", "--pipeline", "struck:it"], cwd=tmp_path, env=environment(), capture_output=True, check=False
    )
    assert (process.returncode, process.stderr.strip()) == (code, b"Interrupted.")


@pytest.mark.parametrize("orchestrator", ORCHESTRATORS)
def test_ctrl_c_while_reading(tmp_path: Path, orchestrator: str) -> None:
    """While standard input gives nothing, Ctrl-C ends the run; what was counted before is in the report."""
    process = start(tmp_path, "-", "--orchestrator", orchestrator, "--chunk-size", "8")
    assert process.stdin is not None
    process.stdin.write(b"cat dog cat dog cat dog ")
    process.stdin.flush()
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=PATIENCE) == 130
    wait_until(lambda: not living(process.pid), "a process was left behind")
    process.communicate()


def test_the_parents_death_ends_the_workers(tmp_path: Path) -> None:
    """A run that is killed leaves no worker behind, with any start method."""
    for method in ("forkserver", "spawn", "fork"):
        arguments = ("--test-case", "large", "--latency-scale", "1000", "--orchestrator", "multiprocess")
        process = start(tmp_path, *arguments, "-o", f"start={method}", "-o", "workers=2")
        wait_until(lambda p=process: len(living(p.pid)) >= 3, "the workers did not start")  # type: ignore[misc]
        process.kill()
        process.communicate(timeout=PATIENCE)
        wait_until(lambda p=process: not living(p.pid), f"a worker outlived its parent ({method})")  # type: ignore[misc]
        for part in tmp_path.glob(".out.json.*"):
            part.unlink()


def test_an_interrupted_library_call_has_the_partial_report() -> None:
    """``count_anagrams`` raises a KeyboardInterrupt that carries exactly what was finished."""
    text = "cat " * 30

    def interrupt(progress: Progress) -> None:
        if progress.items == 3:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(RunInterrupted) as caught:
        count_anagrams(text, chunk_size=4, on_progress=interrupt)
    report = caught.value.report
    assert isinstance(caught.value, KeyboardInterrupt)
    assert getattr(report, "is_interrupted", None) is True
    assert 3 <= getattr(report, "words", 0) < 30
    assert getattr(report, "anagram_counts", {}).get("cat") == getattr(report, "words", 0)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("orchestrator", ORCHESTRATORS)
def test_a_second_ctrl_c_ends_at_once(tmp_path: Path, orchestrator: str) -> None:
    """However long the grace period is, whoever strikes twice does not wait for it."""
    waits = ("--test-case", "large", "--latency-scale", "1000", "--grace", "3600")
    process = start(tmp_path, *waits, "--orchestrator", orchestrator)
    if orchestrator == "multiprocess":
        wait_until(lambda: len(living(process.pid)) >= 4, "the workers did not start")
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.05)  # a person's second strike comes a moment later
    _, stderr = process.communicate(timeout=PATIENCE)
    # A strike that comes when Python has let go of its handlers ends the process itself.
    assert process.returncode in {130, -signal.SIGINT}, stderr.decode()
    wait_until(lambda: not living(process.pid), "a process was left behind")
    assert not list(tmp_path.glob(".out.json.*")), "half an output was left behind"
