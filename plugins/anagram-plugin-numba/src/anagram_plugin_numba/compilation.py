"""Compiles the functions of ``compiled`` with numba, into an object file that needs neither numba nor Python when it runs.

numba wraps each function for calls from Python. Without these wrappers, a function has a plain interface of C. It takes the address of its
result, the address for the description of an exception, and its arguments. An array is passed as seven numbers, and a tuple as all of
its members. The function returns 0, or another number if it raised.
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
    """What numba makes of a function, as far as it is used here. numba itself has no type hints for it."""

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
        # ``native`` calls the function with these arguments. If another version of numba passed them in another way, the process would crash.
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
    """Return an argument as numba knows it, to compile for its type: numbers as an array of numpy, also inside named tuples."""
    if isinstance(argument, tuple):
        of_class = cast("Callable[..., object]", type(argument))
        return of_class(*map(_as_arrays, argument))
    if isinstance(argument, bytes):
        return np.frombuffer(argument, np.uint8)
    return np.asarray(argument) if isinstance(argument, memoryview) else argument
