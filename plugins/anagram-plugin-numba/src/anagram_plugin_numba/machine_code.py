"""The compiled functions as machine code, kept on disk so that no run after the first needs the compiler.

Importing numba and its first use take half a second and 90 MB; loading machine code takes a few milliseconds. The
file holds a digest (``disk_cache``), the functions' symbols as a line of JSON, and an object file as LLVM makes it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen
from llvmlite import binding

from pipeline_optimization.disk_cache import cache_directory, read_sealed, store_sealed
from pipeline_optimization.installed import version_of
from pipeline_optimization.plural import counted
from pipeline_optimization.thread_probe import startable

__all__ = ["MachineCode", "open_machine_code"]


@frozen
class MachineCode:
    """An object file, and the symbol of each function that Python calls."""

    symbols: Mapping[str, str]
    object: bytes

    def to_bytes(self) -> bytes:
        return json.dumps(dict(self.symbols)).encode() + b"\n" + self.object

    @classmethod
    def from_bytes(cls, data: bytes) -> MachineCode:
        """Return what ``to_bytes`` described."""
        symbols, _, code = data.partition(b"\n")
        return cls(json.loads(symbols), code)


def open_machine_code(announce: Callable[[str], None]) -> MachineCode:
    """Return the machine code for this processor: from the cache, or compiled now and put there.

    ``announce`` is told before anything is compiled. If the cache cannot be written, each call compiles. Raises what numba
    raises.
    """
    path = cache_directory() / f"numba-{_origin()}.code"
    content = read_sealed(path)
    if content is not None:
        return MachineCode.from_bytes(content)
    # Importing numpy starts a thread for each processor but one, and importing scipy, which numba does if it is there, as many again.
    # If a thread cannot start, OpenBLAS sends this process a Ctrl-C.
    wanted = ((os.cpu_count() or 1) - 1) * (1 if find_spec("scipy") is None else 2)
    if startable(wanted) < wanted:
        raise RuntimeError(f"compiling it takes {counted(wanted + 1, 'thread')}, and the system starts no more of them")
    announce("compiling the counting kernel, once")
    from anagram_plugin_numba.compilation import compile_functions  # noqa: PLC0415 - half a second and 90 MB

    code = MachineCode(*compile_functions())
    store_sealed(path, code.to_bytes())
    return code


def _origin() -> str:
    """Return a digest of everything that machine code depends on: our sources, the compiler, and the processor."""
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    facts = [version_of("numba"), version_of("llvmlite"), sys.platform, binding.get_host_cpu_name()]
    facts.append(binding.get_host_cpu_features().flatten())
    return sha256(b"".join(source.read_bytes() for source in sources) + repr(facts).encode()).hexdigest()[:32]
