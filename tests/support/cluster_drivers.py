"""Drivers of clusters that die in mid-run, or are of another version than their workers."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from attrs import evolve

from checkpoint_log import has_results
from command import environment
from pipeline_optimization.engine import handshake
from pipeline_optimization.types import OpenContext

AGENTS = {"ray::DashboardAgent", "ray::RuntimeEnvAgent"}
"""Helpers of Ray's own that take no work, and look only now and then whether their cluster is still there."""


def kill_in_mid_run(command: Sequence[str], checkpoint: Path) -> None:
    """Start a run and kill it with SIGKILL once it has finished some items; its workers must end with it."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment(), start_new_session=True)
    while process.poll() is None and not has_results(checkpoint):
        time.sleep(0.01)  # until the run has finished some items
    assert process.poll() is None, "it ended before it could be killed"
    orphans = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs([orphan for orphan in orphans if orphan.name() not in AGENTS], timeout=30)
    assert not alive, "its workers outlive it"


def be_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process say of itself that it has version 99.0 of the project."""
    make = handshake.Handshake.of

    def of_a_newer_driver(context: OpenContext) -> handshake.Handshake:
        sent = make(context)
        return evolve(sent, facts={**sent.facts, "pipeline-optimization": "99.0"})

    monkeypatch.setattr(handshake.Handshake, "of", of_a_newer_driver)
