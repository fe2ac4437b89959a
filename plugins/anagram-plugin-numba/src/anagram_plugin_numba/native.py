"""The compiled functions as functions of Python: loads the machine code, and calls it through ctypes.

The interpreter's lock is not held during a call. Nothing here imports numba.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterable
from typing import Final

from llvmlite import binding

from anagram_plugin_numba.machine_code import MachineCode, open_machine_code
from anagram_plugin_numba.numbers import Argument, Flat, address_of

__all__ = ["CAN_READ_FILES", "NativeFunctions", "flat", "load"]

CAN_READ_FILES: Final = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "statx")
"""Whether files can be read as ``compiled.reading`` does. On other systems ``open`` has another name or other arguments, and an older C
library has no ``statx``."""


def flat(arguments: Iterable[Argument]) -> Flat:
    """Return arguments as numba's compiled functions take them.

    An array becomes seven numbers: two addresses of its owner (0, since it has none), its length, the size of an item, the address of
    its first item, and the length and the stride of its dimension.
    """
    numbers = Flat()
    for argument in arguments:
        if isinstance(argument, Flat):
            numbers += argument
        elif isinstance(argument, tuple):
            numbers += flat(argument)
        elif isinstance(argument, int):
            numbers.append(argument)
        else:
            size, item = len(argument), 1 if isinstance(argument, bytes) else argument.itemsize
            numbers += (0, 0, size, item, address_of(argument), size, item)
    return numbers


class NativeFunctions:
    """The functions of ``compiled.exports``, by name. The object must live as long as one of them runs."""

    def __init__(self, code: MachineCode) -> None:
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        machine = binding.Target.from_default_triple().create_target_machine()
        self._engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
        self._engine.add_object_file(binding.ObjectFileRef.from_data(code.object))
        self._engine.finalize_object()
        self._functions: dict[str, Callable[..., int]] = {}
        self._addresses = {name: self._engine.get_function_address(symbol) for name, symbol in code.symbols.items()}

    def call(self, name: str, *arguments: Argument) -> int:
        """Call a function and return its result, 0 if it has none. The arguments must be of the same types as those of its example.

        Raises RuntimeError if the function raised.
        """
        numbers = flat(arguments)
        result, exception = ctypes.c_int64(), ctypes.c_void_p()
        function = self._functions.get(name) or self._function(name, len(numbers))
        status = function(ctypes.addressof(result), ctypes.addressof(exception), *numbers)
        if status:
            raise RuntimeError(f"the compiled function {name} failed with status {status}")
        return result.value

    def _function(self, name: str, length: int) -> Callable[..., int]:
        prototype = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 2, *[ctypes.c_int64] * length)
        function: Callable[..., int] = prototype(self._addresses[name])
        self._functions[name] = function
        return function


_LOADED: list[NativeFunctions] = []


def _unheard(step: str) -> None:
    pass


def load(announce: Callable[[str], None] = _unheard) -> NativeFunctions:
    """Return the functions, which are loaded once. ``announce`` is for ``open_machine_code``, whose errors this raises."""
    if not _LOADED:
        _LOADED.append(NativeFunctions(open_machine_code(announce)))
    return _LOADED[0]
