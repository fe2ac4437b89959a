"""Which counting kernel a run uses: the named one, or the first that the input is large enough for and that works."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from command import anagram, refused
from pipeline_optimization import Registry, count_anagrams
from pipeline_optimization.counting.kernel import ExerciseKernel
from pipeline_optimization.errors import OptionError, PluginLoadError, UnknownComponentError
from pipeline_optimization.hookspecs import hookimpl
from pipeline_optimization.pipeline.run import Progress
from pipeline_optimization.sources import FileSource, Source, StreamSource, TextSource, UrlSource, least_bytes
from pipeline_optimization.types import KernelOffer


def fine(announce: Callable[[str], None]) -> None:
    announce("warming up")


def broken(announce: Callable[[str], None]) -> None:
    raise ImportError("no such compiler")


class Kernels:
    @hookimpl
    def anagram_counting_kernel(self, tokenizer: str) -> KernelOffer | None:
        if tokenizer != "exercise":
            return None
        return KernelOffer(name="large", summary="s", factory=ExerciseKernel, prepare=fine, worth_from_bytes=1000)


class Broken:
    @hookimpl(tryfirst=True)
    def anagram_counting_kernel(self) -> KernelOffer:
        return KernelOffer(name="broken", summary="s", factory=ExerciseKernel, prepare=broken, worth_from_bytes=2000)


@pytest.fixture
def kernels() -> Registry:
    registry = Registry.load()
    registry.register(Kernels(), "kernels")
    registry.register(Broken(), "broken")
    return registry


def test_the_size_decides(kernels: Registry) -> None:
    """A kernel is taken unasked from the size on that it is worth, and no compiled one where the size is unknown."""
    assert count_anagrams("cat " * 249, registry=kernels).kernel == "python"
    assert count_anagrams("cat " * 250, registry=kernels).kernel == "large"
    assert count_anagrams(io.BytesIO(b"cat " * 250), registry=kernels).kernel == "python"


def test_a_named_kernel_is_taken(kernels: Registry) -> None:
    """A name overrules the size, both ways."""
    assert count_anagrams("cat", kernel="large", registry=kernels).kernel == "large"
    assert count_anagrams("cat " * 250, kernel="python", registry=kernels).kernel == "python"


def test_a_broken_kernel_is_passed_over(kernels: Registry) -> None:
    """A kernel that cannot be prepared gives way to the next with a warning; one that was asked for is an error."""
    report = count_anagrams("cat " * 500, registry=kernels)
    assert (report.kernel, report.anagram_counts["act"]) == ("large", 500)
    (warning,) = report.warnings
    assert warning.startswith(f"The kernel 'broken' cannot be used: ImportError: no such compiler ({__file__}, line ")
    with pytest.raises(PluginLoadError, match="The kernel 'broken' cannot be used: ImportError: no such compiler"):
        count_anagrams("cat", kernel="broken", registry=kernels)


def test_preparation_is_shown(kernels: Registry) -> None:
    """What a kernel announces while it is prepared reaches the caller's progress, before anything is read."""
    seen: list[Progress] = []
    count_anagrams("cat", kernel="large", registry=kernels, on_progress=seen.append)
    assert seen[0] == Progress(step="warming up")


def test_unknown_kernels(kernels: Registry) -> None:
    """An unknown name is answered with those that fit the combination, and with what to install."""
    with pytest.raises(UnknownComponentError, match="Did you mean 'large'") as caught:
        count_anagrams("cat", kernel="larg", registry=kernels)
    assert {"broken", "large", "python"} <= set(caught.value.installed)
    message = r"No kernel 'large' for this tokenizer, signature and lexicon\. Installed: broken, python-generic\."
    with pytest.raises(UnknownComponentError, match=message):
        count_anagrams("cat", kernel="large", tokenizer="whitespace", registry=kernels)


def test_kernels_do_not_wait_or_fail(kernels: Registry) -> None:
    """A kernel that is named where the stages wait and fail is refused, because it would not be used."""
    with pytest.raises(OptionError, match="Leave the kernel 'large' out, or set the faults to 'none'"):
        count_anagrams("cat", kernel="large", faults="exercise", registry=kernels)
    assert count_anagrams("cat " * 500, faults="exercise", latency_scale=0, seed=1, registry=kernels).warnings == ()


def test_command_line() -> None:
    """``--kernel`` names a kernel, and the report says which one counted."""
    assert b'"kernel": "python"' in anagram("run", "--text", "cat", "--kernel", "python", "--format", "json").stdout
    assert "No kernel 'nonsense'" in refused(["run", "--text", "cat", "--kernel", "nonsense"])


@pytest.fixture
def open_file(tmp_path: Path) -> Iterator[StreamSource]:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x" * 10)
    with path.open("rb") as stream:
        yield StreamSource(stream, "-")


def test_sizes(tmp_path: Path, open_file: StreamSource) -> None:
    """Files, open files and texts have a known size; pipes, URLs and what is missing count as empty."""
    ours, theirs = os.pipe()
    os.close(theirs)
    sources: list[Source] = [
        TextSource("abc"),
        FileSource(tmp_path / "a.txt"),
        FileSource(tmp_path / "missing.txt"),
        FileSource(tmp_path),
        UrlSource("memory://x"),
        StreamSource(io.BytesIO(b"abc"), "bytes"),
    ]
    with os.fdopen(ours, "rb") as pipe:
        assert [least_bytes([s]) for s in [*sources, open_file, StreamSource(pipe, "-")]] == [3, 10, 0, 0, 0, 0, 10, 0]
    assert least_bytes([*sources, open_file]) == 23
