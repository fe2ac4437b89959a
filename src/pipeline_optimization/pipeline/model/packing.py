"""The ways of a pipeline to its workers: by the names of its functions, by value with cloudpickle, or within this process as it is."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from attrs import frozen

from pipeline_optimization.error_text import describe
from pipeline_optimization.errors import OptionError
from pipeline_optimization.pipeline.model.by_value import dumps_by_value
from pipeline_optimization.pipeline.model.ends import functions_of
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.tasks.callables import where

__all__ = ["ByValue", "Here", "Packable", "pack", "unpack"]


@frozen(eq=False, repr=False)
class ByValue:
    """A pipeline with its functions, as bytes that cloudpickle made."""

    data: bytes


class Here:
    """A pipeline that workers of this process take as it is. Its functions need no names, and may hold what cannot be pickled.

    It is pickled as a number, by which it is found while it is in use.
    """

    def __init__(self, pipeline: CompletePipeline[Any, Any]) -> None:
        self.pipeline = pipeline
        _HERE[id(self)] = self

    def __reduce__(self) -> tuple[Callable[[int], Here], tuple[int]]:
        return _found, (id(self),)


_HERE: WeakValueDictionary[int, Here] = WeakValueDictionary()
"""The pipelines in use, by number. Workers are made of bytes alone, so they need this to find the pipeline."""


def _found(number: int) -> Here:
    here = _HERE.get(number)
    if here is None:
        raise OptionError(
            "The pipeline has functions that cannot be imported, and its orchestrator does not say that its workers are other "
            "processes (Capabilities.isolation). Define them at the top level of a module."
        )
    return here


Packable = CompletePipeline[Any, Any] | ByValue | Here


def pack(pipeline: CompletePipeline[Any, Any], *, is_elsewhere: bool) -> Packable:
    """Return what workers get of a pipeline. They are other processes if it ``is_elsewhere``.

    Raises OptionError if they could not use it.
    """
    try:
        by_name = pickle.dumps(pipeline)
    except Exception as error:  # noqa: BLE001 - functions and their defaults may raise anything
        return _by_value(pipeline, error) if is_elsewhere else Here(pipeline)
    if not is_elsewhere or b"__main__" not in by_name:
        return pipeline
    try:
        # To import ``__main__``, other processes would have to run the program again, and it may be no file.
        return _by_value(pipeline, None)
    except OptionError:
        return pipeline  # the orchestrator may be able to import it


def unpack(packed: Packable) -> CompletePipeline[Any, Any]:
    """Return the pipeline, in a worker."""
    if isinstance(packed, ByValue):
        pipeline: CompletePipeline[Any, Any] = pickle.loads(packed.data)
        return pipeline
    return packed.pipeline if isinstance(packed, Here) else packed


def _by_value(pipeline: CompletePipeline[Any, Any], error: Exception | None) -> ByValue:
    try:
        return ByValue(dumps_by_value(pipeline))
    except ImportError:
        from pipeline_optimization.registry.installing import how_to_add  # noqa: PLC0415 - for this error only

        raise OptionError(
            f"The pipeline {pipeline.name!r} has a function that other processes cannot import: {error}. Define its functions at the "
            f"top level of a module, or install cloudpickle, which can send them: {how_to_add('notebook')}"
        ) from error
    except Exception as failure:
        raise OptionError(
            f"The pipeline {pipeline.name!r} cannot be sent to other processes: {_culprit(pipeline) or describe(failure)}."
        ) from failure


def _culprit(pipeline: CompletePipeline[Any, Any]) -> str:
    """Return which function holds a value that cannot be sent, its name, and what to do. Return an empty text if no such value is found."""
    for function in [*(step.plain for step in pipeline.steps), *(one for _, one in functions_of(pipeline.end))]:
        for name, value in _held(function):
            try:
                dumps_by_value(value)
            except Exception as error:  # noqa: BLE001 - what a user's object raises when it is pickled
                return (
                    f"{where(function)} holds {name!r}, of type {type(value).__qualname__}, which cannot be sent ({describe(error)}). Make it "
                    "inside the function, or choose an orchestrator without processes, such as threaded"
                )
    return ""


def _held(function: Any) -> Iterator[tuple[str, object]]:
    """Yield, by name, what goes with a function: given arguments, variables around it, and the variables of its module that it uses."""
    while isinstance(function, partial):
        yield from ((f"argument {number}", value) for number, value in enumerate(function.args, start=1))
        yield from function.keywords.items()
        function = function.func
    if inspect.isfunction(function):
        held = inspect.getclosurevars(function)
        yield from held.nonlocals.items()
        yield from held.globals.items()
