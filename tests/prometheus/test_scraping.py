"""Metrics on the way that they take in production: a textfile, node exporter, and a Prometheus that scrapes it, all on loopback.

Run by: hatch run prometheus:test. It takes Debian's packages prometheus and prometheus-node-exporter.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from command import anagram

pytestmark = pytest.mark.prometheus

PATIENCE = 60.0

CONFIG = """\
global: {{ scrape_interval: 1s }}
scrape_configs:
- job_name: node
  static_configs: [{{ targets: ["127.0.0.1:{port}"] }}]
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(*command: str) -> Iterator[None]:
    """Run a server until the context is left. Fails where it is not installed."""
    if shutil.which(command[0]) is None:
        pytest.fail(f"There is no {command[0]}. Install it: apt-get install prometheus prometheus-node-exporter")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
        finally:
            process.kill()


def asked(url: str, is_there: Callable[[Any], bool]) -> Any:
    """Ask until the answer is there."""
    until = time.monotonic() + PATIENCE
    answer: Any = None
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as response:
                answer = json.load(response)
        except (OSError, ValueError):
            answer = None
        if answer is not None and is_there(answer):
            return answer
        time.sleep(0.2)
    pytest.fail(f"{url} did not say what was asked for: {answer}")


def test_promtool_accepts_the_metrics(tmp_path: Path) -> None:
    """Prometheus's own checker finds nothing to say."""
    anagram("run", "--test-case", "small", "--latency-scale", "0", "--metrics", "m.prom", cwd=tmp_path)
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=(tmp_path / "m.prom").read_bytes(), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_prometheus_reads_what_a_run_wrote(tmp_path: Path) -> None:
    """Node exporter offers the file, Prometheus scrapes it, and its answer is the run's own number of items; a second run replaces it."""
    texts = tmp_path / "texts"
    texts.mkdir()
    exporter, server = free_port(), free_port()
    (tmp_path / "prometheus.yml").write_text(CONFIG.format(port=exporter))
    query = urllib.parse.quote('sum(pipeline_optimization_items_total{pipeline="anagrams"})')
    with (
        running(
            "prometheus-node-exporter",
            f"--web.listen-address=127.0.0.1:{exporter}",
            "--collector.disable-defaults",
            "--collector.textfile",
            f"--collector.textfile.directory={texts}",
        ),
        running(
            "prometheus",
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{server}",
        ),
    ):
        for text in ("the cat", "a cat sat on the mat"):
            done = anagram(
                "run", "--text", text, "--faults", "heavy", "--latency-scale", "0", "--metrics", str(texts / "m.prom"),
                "--format", "json", cwd=tmp_path,
            )  # fmt: skip
            items = sum(one["items"] for one in json.loads(done.stdout)["tasks"].values())
            url = f"http://127.0.0.1:{server}/api/v1/query?query={query}"
            asked(url, lambda found, items=items: _value(found) == items)  # type: ignore[misc]


def _value(answer: Any) -> float | None:
    result = answer.get("data", {}).get("result", [])
    return float(result[0]["value"][1]) if result else None
