"""Processes of timed samples are forked from one that has imported already, and are as fresh and private as programs."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from contender_samples import MIXED
from pipeline_optimization.benchmarks.anagrams.work import ANAGRAMS
from pipeline_optimization.benchmarks.contenders import file_contender
from pipeline_optimization.benchmarks.measuring.sampling import take_sample
from pipeline_optimization.benchmarks.measuring.subject_start import ForkServers
from pipeline_optimization.benchmarks.results import SampleKind
from pipeline_optimization.benchmarks.schedule import make_round, order_sample
from similar_cases import some

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="subjects are forked where orphans come back to us")

TELLS = """
import os, resource, sys, threading
from contextlib import suppress

class TaskOrchestrator:
    def process_text(self, text):
        {harm}
        return {{"runtime": 1.0, "anagram_counts": {{
            "hash": hash("cat") & 0xFFFF,
            "round": int(os.environ["PYTHONHASHSEED"]),
            "parent": os.getppid(),
            "leads": int(os.getsid(0) == os.getpid()),
            "handles": len(os.listdir("/proc/self/fd")),
            "arguments": len(sys.argv),
            "threads": threading.active_count(),
            "is_forked": int("asyncio" in sys.modules),
            "niceness": os.nice(0),
            "processors": len(os.sched_getaffinity(0)),
            "policy": os.sched_getscheduler(0),
            "limit": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
            "secret": int("SECRET" in os.environ),
        }}}}
"""

OTHERS = """
        children = open(f"/proc/{os.getppid()}/task/{os.getppid()}/children").read().split()
        servers = [int(child) for child in children if b"--forks" in open(f"/proc/{child}/cmdline", "rb").read()]
        servers.remove(os.getpid())
        for server in servers:
            with suppress(PermissionError):  # as root it has fewer rights than the server, and may not touch its priority and processors
                {harm}
"""


@pytest.fixture
def servers() -> Iterator[ForkServers]:
    before = set(psutil.Process().children())
    with closing(ForkServers(ANAGRAMS.modules)) as servers:
        yield servers
    assert set(psutil.Process().children()) <= before


def told(
    tmp_path: Path, servers: ForkServers, *, number: int = 1, kind: SampleKind = "timed", harm: str = ""
) -> Mapping[str, int]:
    """Return what a contender sees of its process; ``harm`` is done for each fork server before it tells."""
    path = tmp_path / "tells.py"
    path.write_text(TELLS.format(harm=OTHERS.strip().replace("{harm}", harm) if harm else ""))
    round_ = make_round(MIXED, kind, number, seed=7, warm_runs=1)
    raw = take_sample(order_sample(file_contender(path), round_, timeout=60.0, workers=2), servers.start)
    assert raw.exit == "0", raw.stderr
    counts: Mapping[str, int] = raw.executions[0].answer["answer"]
    return counts


def test_forked_subjects_are_like_programs(tmp_path: Path, servers: ForkServers) -> None:
    """But for the modules that are imported. Samples in which memory is measured are programs always."""
    forked, program = told(tmp_path, servers), told(tmp_path, servers, kind="memory")
    assert (forked["is_forked"], program["is_forked"]) == (1, 0)
    alike = ("parent", "leads", "handles", "arguments", "threads", "niceness", "processors", "secret")
    assert {name: forked[name] for name in alike} == {name: program[name] for name in alike}
    assert forked["parent"] == os.getpid()


def test_each_round_has_its_order_of_sets(tmp_path: Path, servers: ForkServers) -> None:
    """All subjects of a round have one hash seed, and it is what Python makes of it in a program of its own."""
    first, again, second = (told(tmp_path, servers, number=number) for number in (1, 1, 2))
    assert first["hash"] == again["hash"]
    assert first["round"] != second["round"]
    for facts in (first, second):
        environment = {**os.environ, "PYTHONHASHSEED": str(facts["round"])}
        command = [sys.executable, "-c", "print(hash('cat') & 0xFFFF)"]
        assert int(subprocess.run(command, env=environment, capture_output=True, check=True).stdout) == facts["hash"]


def test_the_environment_is_the_samples(tmp_path: Path, servers: ForkServers, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not that in which the fork server was started."""
    monkeypatch.setenv("SECRET", "1")
    assert told(tmp_path, servers)["secret"] == 1
    monkeypatch.delenv("SECRET")
    assert told(tmp_path, servers)["secret"] == 0


@pytest.mark.parametrize(
    "harm",
    some(
        [
            "os.kill(server, 9)",
            "os.kill(server, 19)",
            "os.setpriority(os.PRIO_PROCESS, server, 19)",
            "os.sched_setaffinity(server, [min(os.sched_getaffinity(0))])",
            "os.sched_setscheduler(server, os.SCHED_IDLE, os.sched_param(0))",
            "resource.prlimit(server, resource.RLIMIT_NOFILE, (30, 30))",
        ],
        every=4,
    ),
)
def test_who_harms_the_server_harms_no_other(tmp_path: Path, servers: ForkServers, harm: str) -> None:
    """The next subject is forked all the same, with the priority and the processors that all have."""
    told(tmp_path, servers, harm=harm)
    after = told(tmp_path, servers)
    assert after["is_forked"] == 1
    assert after["niceness"] == os.nice(0)
    assert after["processors"] == len(os.sched_getaffinity(0))
    assert after["policy"] == os.sched_getscheduler(0)
    assert after["limit"] == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
