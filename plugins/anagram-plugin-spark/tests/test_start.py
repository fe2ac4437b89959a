"""What a user is told whose Spark does not start."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from command import run_json
from pipeline_optimization import count_anagrams
from pipeline_optimization.errors import ClusterError

pytestmark = pytest.mark.cluster


def test_without_java(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Java is told what to install, before anything starts."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(ClusterError, match=r"Spark needs Java, and there is none: .* openjdk-17-jre-headless"):
        count_anagrams("cat", orchestrator="spark")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # PySpark leaves a pipe of its JVM open
def test_a_master_that_cannot_be() -> None:
    """A master of a kind that Spark does not know is named, with what Spark says of it."""
    with pytest.raises(ClusterError, match="Spark did not start with the master 'nonsense'"):
        count_anagrams("cat", orchestrator="spark", orchestrator_options={"address": "nonsense"})


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # as above
def test_settings_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Spark says of settings of the user's own is passed on."""
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", "-Dspark.network.timeout=1s -Dspark.executor.heartbeatInterval=2s")
    with pytest.raises(ClusterError, match=r"Spark did not start .* spark\.network\.timeout") as caught:
        count_anagrams("cat", orchestrator="spark")
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # as above
def test_a_master_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run does not wait for ever for a cluster that has nobody to give."""
    import pyspark

    from anagram_plugin_spark import orchestrator

    monkeypatch.setattr(orchestrator, "PATIENCE", 2.0)
    home = Path(pyspark.__file__).parent
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(home / "bin" / "spark-class"), "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1"]
    env = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1"}
    master = subprocess.Popen([*command, "--port", str(port), "--webui-port", "0"], stderr=subprocess.PIPE, env=env)
    try:
        assert master.stderr is not None
        while b"ALIVE" not in master.stderr.readline() and master.poll() is None:
            pass  # it tells what it does line by line
        with pytest.raises(
            ClusterError, match=f"The Spark cluster at 'spark://127.0.0.1:{port}' gave no worker within 2"
        ):
            count_anagrams("cat", orchestrator="spark", orchestrator_options={"address": f"spark://127.0.0.1:{port}"})
    finally:
        master.kill()
        master.communicate()


def test_an_environment_that_is_not_activated() -> None:
    """Workers are of the Python that runs the program, whatever python3 the path leads to."""
    elsewhere = [part for part in os.environ["PATH"].split(os.pathsep) if part != str(Path(sys.executable).parent)]
    report = run_json("--text", "cat", "--orchestrator", "spark", env={"PATH": os.pathsep.join(elsewhere)})
    assert report["anagram_counts"] == {"act": 1, "cat": 1, "tac": 1}
