"""Digests of the code that a pipeline's result depends on, as facts that a checkpoint compares.

The code of a function is the statement in its file that defines it, and all statements of that file that it uses, directly or through others: helper
functions, classes, constants, imports. Imported modules are not looked into. Values that a function has without its statement, in a closure or as
arguments that ``functools.partial`` gave it, count if they are plain data or functions.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from symtable import SymbolTable, symtable
from types import CodeType
from typing import Any

from attrs import define, field, frozen

from pipeline_optimization.pipeline.model.codec import PLAIN
from pipeline_optimization.pipeline.plan import CODE

__all__ = ["CodeReader", "code_facts", "compiled"]


def code_facts(functions: Iterable[tuple[str, Callable[..., Any]]]) -> Mapping[str, str]:
    """Return a digest for each function, by its name for people, and for each statement that it uses."""
    reader = CodeReader()
    for name, function in functions:
        reader.add(name, function)
    return reader.facts


@frozen
class _File:
    """The statements of a file, and for each name the statements that bind it."""

    statements: Sequence[tuple[int, int, str]]
    binding: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, source: str) -> _File:
        """Return the statements of a source. Raises SyntaxError if it does not compile, as may be after an edit."""
        lines, statements = source.splitlines(keepends=True), []
        binding: dict[str, list[str]] = {}
        for node in ast.parse(source).body:
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
            last = node.end_lineno or first
            text = "".join(lines[first - 1 : last])
            statements.append((first, last, text))
            for name in _bound_by(node):
                binding.setdefault(name, []).append(text)
        return cls(statements, binding)

    def at(self, line: int) -> str | None:
        return next((text for first, last, text in self.statements if first <= line <= last), None)


@define(eq=False)
class CodeReader:
    """Collects the facts of functions. ``used`` are the names of their modules that they use."""

    facts: dict[str, str] = field(factory=dict)
    _files: dict[str, _File | None] = field(factory=dict)
    used: set[tuple[str, str]] = field(factory=set)

    def add(self, name: str, function: Callable[..., Any]) -> None:
        function, given = _without_arguments(function)
        file, text = self._statement(function)
        self.facts[f"{CODE}{name}"] = _digest(text, *given, *_closure(function))
        if file is not None:
            self._add_used(name, str(getattr(function, "__module__", "")), file, text)

    def _add_used(self, user: str, module: str, file: _File, text: str) -> None:
        """Add the statements of its own file that a statement uses, and what those use in turn."""
        for name in sorted(_used_by(text)):
            if name not in file.binding or (module, name) in self.used:
                continue
            self.used.add((module, name))
            texts = [one for one in file.binding[name] if one != text]
            if texts:
                self.facts[f"{CODE}{name}, which {user} uses"] = _digest(*texts)
            for one in texts:
                self._add_used(user, module, file, one)

    def _statement(self, function: Callable[..., Any]) -> tuple[_File | None, str]:
        """Return the statement that defines a function, with its file. Without a statement, return no file and what there is of its code."""
        code = getattr(function, "__code__", None)
        if not isinstance(code, CodeType):
            kind = function if isinstance(function, type) else type(function)
            if kind.__module__ != "builtins":
                function, code = kind, None
        file = self._file(function)
        text = None
        if file is not None and code is not None:
            text = file.at(code.co_firstlineno)
        elif file is not None and isinstance(function, type):
            text = "".join(file.binding.get(function.__qualname__.partition(".")[0], ())) or None
        if text is not None:
            return file, text
        return None, _source_of(function)

    def _file(self, function: Callable[..., Any]) -> _File | None:
        name = str(getattr(function, "__module__", ""))
        if name not in self._files:
            try:
                self._files[name] = _File.of(inspect.getsource(sys.modules[name]))
            except (OSError, TypeError, KeyError, SyntaxError, ValueError):
                self._files[name] = None
        return self._files[name]


def _without_arguments(function: Callable[..., Any]) -> tuple[Callable[..., Any], list[str]]:
    given: list[str] = []
    while isinstance(function, partial):
        given += [_said(function.args), _said(sorted(function.keywords.items()))]
        function = function.func
    return function, given


def _closure(function: Callable[..., Any]) -> list[str]:
    cells = getattr(function, "__closure__", None) or ()
    return [_said(cell.cell_contents) for cell in cells if _is_full(cell)]


def _is_full(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - an empty one raises
    except ValueError:
        return False
    return True


def _said(value: object) -> str:
    """Return a value as text that is the same in each process: plain data as it is, a function's source, or the type of anything else."""
    try:
        return PLAIN.encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        return _source_of(value) if callable(value) else type(value).__qualname__


def _source_of(function: Any) -> str:
    """Return a function's source. If there is none, as in a program from standard input, return what it was compiled to."""
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        if code is None:
            return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__qualname__)}"
        return compiled(code)


def compiled(code: CodeType) -> str:
    """Return what a function was compiled to, as text that is the same in each process."""
    return f"{code.co_code.hex()} {code.co_names} {[_constant(one) for one in code.co_consts]}"


def _constant(value: object) -> str:
    if isinstance(value, CodeType):
        return compiled(value)
    if isinstance(value, tuple):
        return str([_constant(one) for one in value])
    # A set has another order in each process.
    return str(sorted(map(_constant, value))) if isinstance(value, frozenset) else repr(value)


def _digest(*texts: str) -> str:
    return blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _bound_by(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds in its module, in inner blocks too."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    found = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store):
            found.add(one.id)
        elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(one.name)
        elif isinstance(one, ast.alias):
            found.add((one.asname or one.name).partition(".")[0])
    return found


def _used_by(text: str) -> set[str]:
    """Return the global names that a statement uses, in any function inside it."""
    whole = symtable(text, "<statement>", "exec")
    found: set[str] = set()
    tables: list[SymbolTable] = [whole]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        found |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (table is whole or symbol.is_global())
        }
    return found
