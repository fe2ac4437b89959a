"""The file of a comparison while it runs: a header, then one line for each sample as soon as it is taken."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Self

from attrs import frozen

from pipeline_optimization.benchmarks.comparing import SampleKey, sample_key
from pipeline_optimization.benchmarks.documents import from_json, read_bounded, to_json_line
from pipeline_optimization.benchmarks.measuring.hidden_paths import comparisons_directory
from pipeline_optimization.benchmarks.results import SCHEMA_VERSION, ContenderRecord, PipelineRecord, Sample
from pipeline_optimization.disk_cache import keep_newest
from pipeline_optimization.errors import UsageError
from pipeline_optimization.file_lock import lock

__all__ = ["Header", "InUseError", "PartialFile", "read_header", "read_partial"]

KEPT = 20


@frozen(kw_only=True)
class Header:
    """The things that are needed to go on with a comparison.

    Attributes:
        command: The subcommand.
        arguments: The arguments of the command line, with the seed.
        seed: The seed.
        contenders: The contenders.
        pipeline: The user's pipeline, if one is compared.
        schema_version: The version of the records.
    """

    command: str
    arguments: Sequence[str]
    seed: int
    contenders: Sequence[ContenderRecord] = ()
    pipeline: PipelineRecord | None = None
    schema_version: int = SCHEMA_VERSION


class InUseError(UsageError):
    """Another comparison is writing the file."""


class PartialFile:
    """Appends samples. Each is on disk when ``keep`` returns. The file is locked, so that no other comparison writes to it.

    Without a header, it goes on with a file that has one. With a header, it begins anew, and the file's content is lost.

    Raises:
        InUseError: If another comparison is writing it.
        UsageError: If it cannot be written.
    """

    def __init__(self, path: Path, header: Header | None) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = path.open("a", encoding="utf-8")
            if not lock(self._stream):
                self._stream.close()
                raise InUseError(
                    f"{path} is being written by another comparison. Wait until that has ended, or name another --partial."
                )
            if header is None:
                _cut_half_a_line_off(path)
            else:
                self._stream.truncate(0)
                self._append(header)
        except OSError as error:
            raise UsageError(f"Cannot write {path}: {error.strerror or error}. Name another --partial.") from error

    @classmethod
    def in_cache(cls, name: str, header: Header) -> PartialFile:
        """Begin a file in the cache. If a running comparison has a file of this name, use another name.

        The oldest of such files are removed. Raises UsageError if the file cannot be written.
        """
        directory = comparisons_directory()
        if directory.is_dir():
            keep_newest(directory.glob("*.jsonl"), KEPT - 1)
        for number in count(1):
            try:
                return cls(directory / (f"{name}.jsonl" if number == 1 else f"{name}-{number}.jsonl"), header)
            except InUseError:
                continue
        raise AssertionError("there is always another name")

    def keep(self, sample: Sample) -> None:
        """Append a sample."""
        self._append(sample)

    def _append(self, record: object) -> None:
        self._stream.write(to_json_line(record) + "\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def read_header(path: Path) -> Header:
    """Return the header of a file. Raises UsageError if it is no such file."""
    return from_json(_lines(path)[0], Header, source=str(path))


def read_partial(path: Path) -> tuple[Header, dict[SampleKey, Sample]]:
    """Return the header and the whole samples of a file. Raises UsageError if it is no such file."""
    first, *lines = _lines(path)
    header = from_json(first, Header, source=str(path))
    samples = [from_json(line, Sample, source=f"{path}, line {n}") for n, line in enumerate(lines, start=2)]
    return header, {sample_key(sample): sample for sample in samples}


def _lines(path: Path) -> list[str]:
    whole, _, _ = read_bounded(path).rpartition(b"\n")
    if not whole:
        raise UsageError(f"{path} is no file that an interrupted comparison left.")
    # splitlines() would also split at other line ends, which a contender's message may contain.
    lines = whole.decode("utf-8", "replace").split("\n")
    if not lines[0].startswith("{"):
        raise UsageError(f"{path} is no file that an interrupted comparison left.")
    return lines


def _cut_half_a_line_off(path: Path) -> None:
    """Cut the file off after its last whole line, so that a comparison can go on with it."""
    content = path.read_bytes()
    os.truncate(path, content.rfind(b"\n") + 1)
