"""A pipeline across three hosts, one of which is lost in the middle of the run."""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from attrs import field, frozen

from checkpoint_log import has_results
from cluster_hosts import ADDRESS, HOSTS, Network, NoNamespacesError, open_network
from command import ANAGRAM, environment, run_json

pytestmark = pytest.mark.cluster

TEXT = "Stop! The silent cat's tea-pot, the post, the spot; 3 cats act, listen: stop.\n"
CHUNK = 200_000
PATIENCE = 120.0
HEAD = ADDRESS["scheduler"]


def script(name: str) -> str:
    """Return the path of a command of this environment."""
    return str(Path(sys.executable).with_name(name))


@frozen(kw_only=True)
class Engine:
    """How a cluster is started by hand, with limits of seconds where the engine's own would be minutes."""

    address: str
    head: Sequence[str]
    worker: Sequence[str]
    env: Mapping[str, str] = field(factory=dict)


def engine_of(cluster: str, host: str) -> Engine:
    """Return the commands for the scheduler, and for the worker on a host."""
    own = ADDRESS[host]
    if cluster == "dask":
        return Engine(
            address=f"tcp://{HEAD}:8786",
            head=[script("dask"), "scheduler", "--host", HEAD, "--port", "8786", "--no-dashboard"],
            worker=[
                *(script("dask"), "worker", f"tcp://{HEAD}:8786", "--host", own),
                *("--nworkers", "1", "--nthreads", "1", "--no-dashboard"),
            ],
            env={"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0", "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "11s"},
        )
    if cluster == "spark":
        home = Path(importlib.import_module("pyspark").__file__ or "").parent
        start = [str(home / "bin" / "spark-class"), "org.apache.spark.deploy"]
        names = ["--host", own, "--webui-port", "0"]
        return Engine(
            address=f"spark://{HEAD}:7077",
            head=[start[0], f"{start[1]}.master.Master", *names, "--port", "7077"],
            worker=[start[0], f"{start[1]}.worker.Worker", f"spark://{HEAD}:7077", *names, "--cores", "1"],
            env={
                "SPARK_HOME": str(home),
                "SPARK_LOCAL_IP": own,
                "PYSPARK_PYTHON": sys.executable,
                "SPARK_DAEMON_JAVA_OPTS": "-Dspark.worker.timeout=5",
                "SPARK_SUBMIT_OPTS": " ".join(
                    f"-Dspark.{name}"
                    for name in ("network.timeout=5s", "network.timeoutInterval=1s", "executor.heartbeatInterval=1s")
                ),
            },
        )
    start = [script("ray"), "start", "--block", "--num-cpus", "1", "--object-store-memory", "100000000"]
    return Engine(
        address=f"{HEAD}:6399",
        head=[*start[:-3], "0", *start[-2:], "--head", "--node-ip-address", HEAD, "--port", "6399"],
        worker=[*start, "--address", f"{HEAD}:6399", "--node-ip-address", own],
        env={
            "RAY_AUTH_MODE": "disabled",  # nobody else is in these namespaces
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_health_check_period_ms": "1000",
            "RAY_health_check_timeout_ms": "1000",
            "RAY_health_check_failure_threshold": "3",
        },
    )


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    """Return the hosts, where they can be made."""
    try:
        with open_network(tmp_path) as network:
            yield network
    except NoNamespacesError as error:
        pytest.skip(f"NOT RUN: network namespaces cannot be made here: {error}")


def test_a_host_is_lost(cluster: str, network: Network, tmp_path: Path) -> None:
    """With a scheduler on one host and workers on two, of which one loses its link in mid-run, counts are exact."""
    book = tmp_path / "book.txt"
    book.write_text(TEXT * (CHUNK // len(TEXT)) * 400, "utf-8")
    reference = run_json(str(book), "--kernel", "python")
    for number, host in enumerate(HOSTS):
        engine = engine_of(cluster, host)
        env = environment(engine.env)
        network.start(host, *(engine.worker if number else engine.head), env=env)
    engine = engine_of(cluster, "scheduler")
    checkpoint = tmp_path / "run.checkpoint"
    arguments = ["--checkpoint", str(checkpoint), "--chunk-size", str(CHUNK), "--kernel", "python", "--format", "json"]
    output = tmp_path / "counts.json"
    run = network.start(
        "scheduler",
        *(*ANAGRAM, "run", str(book), "--orchestrator", cluster, "-o", f"address={engine.address}"),
        *("-o", "workers=2", *arguments, "--output", str(output)),
        env=environment(engine.env),
    )
    deadline = time.monotonic() + PATIENCE
    while run.poll() is None and time.monotonic() < deadline and not has_results(checkpoint):
        time.sleep(0.01)  # other programs start and work in real time
    said = tmp_path / "scheduler.log"
    assert run.poll() is None, f"it ended before a host could be lost: {said.read_text()}"
    assert has_results(checkpoint), f"nothing was counted in time: {said.read_text()}"
    network.cut("second")
    cut = time.monotonic()
    assert run.wait(PATIENCE) == 0, said.read_text()
    report = json.loads(output.read_text("utf-8"))
    print(f"{cluster}: {time.monotonic() - cut:.1f} s from the loss to the end, {report['lost']} attempts lost")
    assert report["anagram_counts"] == reference["anagram_counts"]
    assert report["words"] == reference["words"]
