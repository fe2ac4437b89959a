"""Sizes have units, everywhere alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import frozen

from command import refused_here, run_json
from pipeline_optimization.errors import OptionError
from pipeline_optimization.registry.options import make_options
from pipeline_optimization.sizes import parse_size
from pipeline_optimization.types import option

SIZES = {
    "1": 1,
    "1048576": 1 << 20,
    "12345678901234567890": 12345678901234567890,
    "512B": 512,
    "1K": 1024,
    "1KiB": 1024,
    "1kb": 1000,
    "1M": 1 << 20,
    "1MB": 1_000_000,
    "1.5MiB": 3 << 19,
    "2 GiB": 2 << 30,
    "2g": 2 << 30,
    "1GB": 10**9,
    ".5K": 512,
}


@pytest.mark.parametrize(("text", "size"), SIZES.items())
def test_units(text: str, size: int) -> None:
    """Powers of 1000 are KB, MB and GB; those of 1024 K or KiB and so on."""
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "1X", "1Mi", "-1M", "1,000", "1iB", "1e6", "0x10", "٣M"])
def test_what_is_no_size(text: str) -> None:
    """It says what is."""
    with pytest.raises(ValueError, match="no size; write a number of bytes, or one with a unit, such as 1MiB"):
        parse_size(text)


def test_the_chunk_size_has_units(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As has every option of bytes."""
    assert run_json("--text", "cat", "--chunk-size", "1MB")["chunk_size"] == 1_000_000
    for wrong, why in (("1X", "no size"), ("0", "less than 1 byte"), ("0.1K0", "no size")):
        assert why in refused_here(["run", "--text", "cat", "--chunk-size", wrong], tmp_path, capsys)
    assert "no size" in refused_here(["benchmark", "--memory-limit", "2XB"], tmp_path, capsys)


@frozen(kw_only=True)
class Options:
    memory: int = option(0, help="MiB", at_least=0, size_unit=1 << 20)


@pytest.mark.parametrize(("value", "memory"), [("512", 512), (512, 512), ("2GiB", 2048), ("1.5G", 1536), ("1B", 1)])
def test_a_plugin_s_size_has_units(value: object, memory: int) -> None:
    """A number without one is what the option counts in; a size is rounded up to that."""
    assert make_options(Options, {"memory": value}, "x").memory == memory
    with pytest.raises(OptionError, match="Option 'memory' of x: '2XB' is no size"):
        make_options(Options, {"memory": "2XB"}, "x")
