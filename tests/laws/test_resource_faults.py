"""Too few descriptors, too little memory, a full disk, an unreadable file: a clear error or success, never a wrong count."""

from __future__ import annotations

import errno
import io
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

import oracle
from command import ANAGRAM, anagram, environment
from pipeline_optimization import count_anagrams
from pipeline_optimization.errors import InputError, ResourceError
from similar_cases import some

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and /dev/full are those of Linux")

ORCHESTRATORS = ["sequential", "threaded", "asyncio", "multiprocess"]
TEXT = "The cat's act: stop, spot, post! Tea-pot 3 dogs god.\n" * 2000
MIB = 1 << 20


@pytest.fixture(scope="module", autouse=True)
def _warm_cache() -> None:
    """Cache the index, so that limits meet the run and not its making."""
    anagram("run", "--text", "cat")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.txt"
    path.write_text(TEXT, "utf-8")
    return path


def limited(
    limit: int, value: int, *arguments: str, stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[bytes]:
    """Run the command under a limit of the system."""
    return subprocess.run(
        [*ANAGRAM, *arguments],
        stdout=stdout,
        stderr=subprocess.PIPE,
        env=environment(),
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(limit, (value, value)),
    )


def check(done: subprocess.CompletedProcess[bytes]) -> dict[str, object] | None:
    """See that a run succeeded with the right counts, or said what failed; return the report if there is one."""
    message = done.stderr.decode()
    # Python's own server of processes may print one when it can start none.
    ours, _, _ = message.rpartition("multiprocessing/forkserver.py")
    assert "Traceback" not in (message if not ours else message.splitlines()[-1])
    if done.returncode == 0:
        report = json.loads(done.stdout)
        assert report["anagram_counts"] == oracle.count(TEXT)
        return dict(report)
    assert done.returncode in {1, 2}, (done.returncode, message)
    assert message
    return None


@pytest.mark.parametrize(("orchestrator", "descriptors"), some(product(ORCHESTRATORS, [16, 64]), every=3))
def test_few_descriptors(orchestrator: str, descriptors: int, book: Path) -> None:
    """With 64 descriptors every orchestrator works; with hardly any it works or says what it lacks."""
    arguments = ["run", str(book), "--orchestrator", orchestrator, "--chunk-size", "1000", "--format", "json"]
    report = check(limited(resource.RLIMIT_NOFILE, descriptors, *arguments))
    if descriptors == 64:
        assert report is not None


def test_more_files_than_descriptors(tmp_path: Path) -> None:
    """Many files are not open at once."""
    for number in range(200):
        (tmp_path / f"{number}.txt").write_text("cat ")
    done = limited(resource.RLIMIT_NOFILE, 64, "run", f"{tmp_path}/*.txt", "--format", "json")
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout)["anagram_counts"]["act"] == 200


@pytest.mark.parametrize(
    ("mebibytes", "orchestrator"), some(product([48, 120, 400], ["sequential", "multiprocess"]), every=3)
)
def test_little_memory(orchestrator: str, mebibytes: int, book: Path) -> None:
    """From far too little address space to enough: a message, a report of what failed, or the right counts."""
    arguments = ["run", str(book), "--orchestrator", orchestrator, "--kernel", "python", "--format", "json"]
    retry = ["--retry", "none", "-o", "workers=1"] if orchestrator == "multiprocess" else ["--retry", "none"]
    check(limited(resource.RLIMIT_AS, mebibytes * MIB, *arguments, *retry))


@pytest.mark.parametrize("kind", ["output", "checkpoint"])
def test_a_full_disk(kind: str, book: Path, tmp_path: Path) -> None:
    """What cannot be written is told; no half file is left, and what the checkpoint has is enough to go on."""
    target = tmp_path / "target"
    arguments = ["run", str(book), "--chunk-size", "1000", "--format", "json", f"--{kind}", str(target)]
    done = limited(resource.RLIMIT_FSIZE, 30_000 if kind == "checkpoint" else 200, *arguments)
    assert done.returncode == 2, done.stderr.decode()
    assert check(done) is None
    assert str(target) in done.stderr.decode()
    if kind == "output":
        assert [path.name for path in tmp_path.iterdir()] == ["book.txt"]
        return
    resumed = anagram(*arguments, "--resume")
    assert json.loads(resumed.stdout)["anagram_counts"] == oracle.count(TEXT)


def test_a_full_device() -> None:
    """Standard output that cannot be written is an error too."""
    with open("/dev/full", "wb") as full:
        done = limited(resource.RLIMIT_CORE, 0, "run", "--text", "cat", stdout=full.fileno())
    assert done.returncode == 2
    message = done.stderr.decode()
    assert "No space left on device" in message
    assert "Traceback" not in message
    assert "Exception ignored" not in message


class Failing(io.RawIOBase):
    """Bytes that end in an input/output error."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        part = self._data.read(len(buffer))
        if not part:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        buffer[: len(part)] = part
        return len(part)


@pytest.mark.parametrize("orchestrator", ORCHESTRATORS)
def test_a_stream_that_fails_in_the_middle(orchestrator: str) -> None:
    """Half a text is not counted as a whole one."""
    with pytest.raises(InputError, match="Input/output error"):
        count_anagrams(Failing(TEXT.encode()), orchestrator=orchestrator, chunk_size=1000)  # type: ignore[arg-type]


def failing_at(call: int) -> Callable[[int, int, int], bytes]:
    """Return a ``pread`` that fails at one of its calls."""
    calls, read = 0, os.pread

    def pread(descriptor: int, size: int, offset: int) -> bytes:
        nonlocal calls
        calls += 1
        if calls == call:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(descriptor, size, offset)

    return pread


def test_a_file_that_fails_anywhere(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever read fails, the run ends with an InputError, and goes on from its checkpoint when the disk is well."""
    whole = count_anagrams(book, chunk_size=20_000)
    for call in range(1, 40):
        checkpoint = tmp_path / f"{call}"
        with monkeypatch.context() as patch:
            patch.setattr(os, "pread", failing_at(call))
            try:
                report = count_anagrams(book, chunk_size=20_000, checkpoint=checkpoint)
            except InputError as error:
                assert "Input/output error" in str(error)  # noqa: PT017 - the last calls do not fail
            else:
                assert report.anagram_counts == whole.anagram_counts
                assert call > 10
                return
        report = count_anagrams(book, chunk_size=20_000, checkpoint=checkpoint, resume=True)
        assert report.anagram_counts == whole.anagram_counts
    pytest.fail("there is no end of reads")


def test_too_few_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no more threads can be started the run is an error, and those that were started end."""
    started: list[threading.Thread] = []
    start = threading.Thread.start

    def start_three(thread: threading.Thread) -> None:
        if len(started) == 3:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_three)
    with pytest.raises(ResourceError, match=r"starts no more threads: can't start new thread\. .*-o workers=N"):
        count_anagrams("cat", orchestrator="threaded", orchestrator_options={"workers": 5})
    for thread in started:
        thread.join(timeout=60)
        assert not thread.is_alive()
