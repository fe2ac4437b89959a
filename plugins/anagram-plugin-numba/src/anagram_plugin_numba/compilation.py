"""Compiles the functions of ``compiled`` with numba, to an object file that needs neither numba nor Python.

A function that is compiled without numba's wrappers for Python has a plain interface: it takes the address of the
result, the address of an exception's description, and its arguments, in which each array is seven numbers and a tuple
is what it holds. It returns 0, or another status if it raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, cast

import numpy as np
from llvmlite import binding
from numba import typeof

from anagram_plugin_numba.compiled.exports import examples
from anagram_plugin_numba.native import flat
from anagram_plugin_numba.numbers import Argument

__all__ = ["compile_functions"]

NO_DESTRUCTOR = "define void @NRT_MemInfo_call_dtor(ptr %unused) { ret void }"
"""The function that would free an array of compiled code's own. There is none to free: all arrays are given to it."""


class _Descriptor(Protocol):
    llvm_func_name: str


class _Overload(Protocol):
    fndesc: _Descriptor


class _Dispatcher(Protocol):
    """What numba makes of a function; numba has no types of its own."""

    overloads: Mapping[object, _Overload]

    def compile(self, signature: tuple[object, ...], /) -> object: ...

    def inspect_llvm(self, signature: object, /) -> str: ...


def compile_functions() -> tuple[Mapping[str, str], bytes]:
    """Return the symbols by function name, and the object file. Raises what numba and llvmlite raise."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    symbols = {}
    whole = binding.parse_assembly(NO_DESTRUCTOR)
    for function, arguments in examples():
        dispatcher = cast("_Dispatcher", function)
        dispatcher.compile(tuple(map(typeof, map(_as_arrays, arguments))))
        ((signature, overload),) = dispatcher.overloads.items()
        symbol = overload.fndesc.llvm_func_name
        module = binding.parse_assembly(dispatcher.inspect_llvm(signature))
        takes = [str(argument.type) for argument in module.get_function(symbol).arguments]
        if len(takes) != 2 + len(flat(arguments)) or not {"ptr", "i64"}.issuperset(takes):
            raise RuntimeError(f"numba compiles {function.__name__} to a function with other arguments: {takes}")
        whole.link_in(module)
        symbols[function.__name__] = symbol
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
        codemodel="jitdefault",
    )
    return symbols, machine.emit_object(whole)


def _as_arrays(argument: Argument) -> object:
    """Return an argument as numba takes it: numbers as an array of numpy, also inside named tuples."""
    if isinstance(argument, tuple):
        of_class = cast("Callable[..., object]", type(argument))
        return of_class(*map(_as_arrays, argument))
    if isinstance(argument, bytes):
        return np.frombuffer(argument, np.uint8)
    return np.asarray(argument) if isinstance(argument, memoryview) else argument
