"""A Spark context and its JVM, from their start to their end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from py4j.clientserver import FinalizerWorker
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException

from anagram_plugin_spark import SparkOptions
from pipeline_optimization.errors import ClusterError

__all__ = ["open_context"]

GRACE = 10.0
"""Seconds that a JVM gets to end."""

SMALL_JVM = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""Options for a JVM that only hands out work: it starts quickly and stays small, and need not be fast after hours."""

LOCAL = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


@contextmanager
def open_context(options: SparkOptions, workers: int) -> Iterator[SparkContext]:
    """Start a JVM with a Spark context, and end both. If the program has a context already, that one is used and not ended.

    Raises ClusterError if there is no Java, or no master answers.
    """
    if (active := SparkContext._active_spark_context) is not None:  # noqa: SLF001 - there is no public way to ask
        yield active
        return
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise ClusterError(
            "Spark needs Java, and there is none: neither JAVA_HOME nor the path has it. Install version 17 or newer, for "
            "example with: apt-get install openjdk-17-jre-headless"
        )
    with tempfile.TemporaryDirectory(prefix="anagram-spark-", ignore_cleanup_errors=True) as scratch:
        log = Path(scratch, "jvm.log")
        try:
            # The JVM goes on writing its errors there: Spark writes a page about each lost worker.
            with _errors_to(log), _own_python() if not options.address else nullcontext():
                context = SparkContext(conf=_configuration(options, workers, scratch))
        except (Py4JError, PySparkException, OSError, RuntimeError) as error:
            said = _without_stack(str(error))[:300]  # asks the JVM
            _end_jvm()
            tail = " ".join(_without_stack(log.read_text("utf-8", "replace")).split()[-60:])
            raise ClusterError(
                f"Spark did not start with the master {options.address or 'local'!r}: {type(error).__name__}: "
                f"{said} The end of its log: {tail}"
            ) from error
        try:
            yield context
        finally:
            context.stop()
            _end_jvm()


def _configuration(options: SparkOptions, workers: int, scratch: str) -> SparkConf:
    """Return the settings. Spark's own retries are off, since the engine does that job."""
    settings = {
        "spark.app.name": "anagram",
        "spark.master": options.address or f"local[{workers}]",
        "spark.task.maxFailures": "1",
        # Check once whether there are enough cores for a barrier. Spark would go on checking for ten minutes.
        "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures": "1",
        "spark.scheduler.barrier.maxConcurrentTasksCheck.interval": "1s",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.local.dir": scratch,
        "spark.driver.memory": "512m",
    }
    if options.address:
        settings |= {"spark.cores.max": str(options.workers)} if options.workers else {}
    else:
        settings |= {"spark.driver.extraJavaOptions": SMALL_JVM, **LOCAL}
    if options.memory_limit:
        settings["spark.executor.pyspark.memory"] = f"{options.memory_limit * workers}m"
    return SparkConf(loadDefaults=False).setAll(list(settings.items()))


@contextmanager
def _own_python() -> Iterator[None]:
    """Make workers use the Python that runs this program. Without this, Spark takes the first python3 of the path."""
    if (name := "PYSPARK_PYTHON") in os.environ:
        yield
        return
    os.environ[name] = sys.executable
    try:
        yield
    finally:
        del os.environ[name]


@contextmanager
def _errors_to(path: Path) -> Iterator[None]:
    """Let processes that start meanwhile write their standard error to a file."""
    sys.stderr.flush()
    ours = os.dup(2)
    try:
        with path.open("ab") as file:
            os.dup2(file.fileno(), 2)
        yield
    finally:
        os.dup2(ours, 2)
        os.close(ours)


def _without_stack(text: str) -> str:
    """Return Java's message without its stack trace."""
    return " ".join(line for line in text.splitlines() if not line.lstrip().startswith("at "))


def _end_jvm() -> None:
    """End the JVM. PySpark would keep it until the program ends."""
    gateway, SparkContext._gateway, SparkContext._jvm = SparkContext._gateway, None, None  # noqa: SLF001 - as above
    if gateway is None:
        return
    gateway.shutdown()
    process: subprocess.Popen[bytes] = gateway.proc
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for thread in threading.enumerate():
        if isinstance(thread, FinalizerWorker):  # it was told to end, and checks that once a second
            thread.join(GRACE)
