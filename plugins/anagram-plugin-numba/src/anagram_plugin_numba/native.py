"""Loads the machine code of the compiled functions, and calls it through ctypes.

During a call, other threads of Python run. Nothing here imports numba, whose import takes half a second.
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
"""Whether ``compiled.reading`` can read files here. On other systems ``open`` has another name or other arguments, and older C libraries have
no ``statx``."""


def flat(arguments: Iterable[Argument]) -> Flat:
    """Return arguments as a list of numbers, in the form in which numba's compiled functions take them.

    An array becomes seven numbers: two addresses of the objects that own it (0, as nobody counts references), its length, the size of an
    item, the address of the first item, and the length and the stride of its one dimension.
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
    """The functions of ``compiled.exports`` by name. Keep this object while one of them is called: it owns the machine code."""

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
        """Call a function, and return its result, or 0 if it has none.

        Args:
            name: The name of the function.
            arguments: Its arguments. They must have the types of its example in ``compiled.exports``; nothing checks that.

        Raises:
            RuntimeError: If the function raised.
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
"""The functions of this process, once they are loaded."""


def _unheard(step: str) -> None:
    """Announce nothing."""


def load(announce: Callable[[str], None] = _unheard) -> NativeFunctions:
    """Return the compiled functions. The first call loads them, with ``open_machine_code``, and raises whatever that raises."""
    if not _LOADED:
        _LOADED.append(NativeFunctions(open_machine_code(announce)))
    return _LOADED[0]
