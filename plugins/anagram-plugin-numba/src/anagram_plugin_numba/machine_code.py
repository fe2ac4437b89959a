"""Keeps the machine code of the compiled functions on disk, so that only the first run needs the compiler.

To import numba and to use it for the first time take half a second and 90 MB. To load machine code takes a few milliseconds. The
file has a digest (``disk_cache``), the symbols of the functions as a line of JSON, and an object file of LLVM.
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
    """An object file, and the symbols of the functions that Python calls, by their names."""

    symbols: Mapping[str, str]
    object: bytes

    def to_bytes(self) -> bytes:
        """Return the content of the file."""
        return json.dumps(dict(self.symbols)).encode() + b"\n" + self.object

    @classmethod
    def from_bytes(cls, data: bytes) -> MachineCode:
        """Return the machine code in the content of a file."""
        symbols, _, code = data.partition(b"\n")
        return cls(json.loads(symbols), code)


def open_machine_code(announce: Callable[[str], None]) -> MachineCode:
    """Return the machine code for this processor, from the cache if it is there. If not, compile it, and store it there.

    If the cache cannot be written, each process compiles it anew.

    Args:
        announce: Called with a text before the compilation.

    Raises:
        RuntimeError: If the system starts too few threads for the compiler.
        Exception: Whatever numba raises.
    """
    path = cache_directory() / f"numba-{_origin()}.code"
    content = read_sealed(path)
    if content is not None:
        return MachineCode.from_bytes(content)
    # The import of numpy starts a thread for each processor beyond the first, and that of scipy as many again. numba imports scipy if it is
    # installed. If the threads cannot be started, their library (OpenBLAS) sends this process a SIGINT, which looks like a Ctrl-C.
    wanted = ((os.cpu_count() or 1) - 1) * (1 if find_spec("scipy") is None else 2)
    if startable(wanted) < wanted:
        raise RuntimeError(f"compiling it takes {counted(wanted + 1, 'thread')}, and the system starts no more of them")
    announce("compiling the counting kernel, once")
    from anagram_plugin_numba.compilation import compile_functions  # noqa: PLC0415 - half a second and 90 MB

    code = MachineCode(*compile_functions())
    store_sealed(path, code.to_bytes())
    return code


def _origin() -> str:
    """Return a digest of everything that decides on the machine code: our sources, the compiler, and the processor."""
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    facts = [version_of("numba"), version_of("llvmlite"), sys.platform, binding.get_host_cpu_name()]
    facts.append(binding.get_host_cpu_features().flatten())
    return sha256(b"".join(source.read_bytes() for source in sources) + repr(facts).encode()).hexdigest()[:32]
