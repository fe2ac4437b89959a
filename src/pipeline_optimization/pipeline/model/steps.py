"""Pipelines as users write them: ``Pipeline("status-by-hour").lines().map(parse).filter(is_human).count()``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from attrs import evolve, field, frozen

from pipeline_optimization.errors import OptionError
from pipeline_optimization.pipeline.model.ends import Collect, Count, End, Group, Reduce, Sum, Top
from pipeline_optimization.pipeline.model.inputs import Chunks, Files, Input, Lines, Records, Values, record_of
from pipeline_optimization.tasks.callables import innermost, is_coroutine_function, name_of
from pipeline_optimization.tasks.task_decorator import TaskSpec

if TYPE_CHECKING:
    from os import PathLike
    from random import Random

    from pipeline_optimization.sources import Source

__all__ = ["CompletePipeline", "Pipeline", "Step", "StepKind", "Steps", "innermost"]

In = TypeVar("In")
In_contra = TypeVar("In_contra", contravariant=True)
Out = TypeVar("Out")
New = TypeVar("New")
Key = TypeVar("Key")
Result = TypeVar("Result")

if TYPE_CHECKING:
    Text = str | PathLike[str] | Source

StepKind = Literal["map", "flat_map", "filter"]


@frozen
class Step:
    """A function at its place in a pipeline, as the user gave it. ``name`` is unique in the pipeline."""

    name: str
    kind: StepKind
    function: Callable[[Any], Any]

    @property
    def plain(self) -> Callable[[Any], Any]:
        """Return the function without its ``@task``. A function with ``@task`` waits and fails when it is called directly."""
        return _plain(self.function)

    @property
    def spec(self) -> TaskSpec:
        """Return what ``@task`` declares of the function."""
        return _spec(self.function) or TaskSpec(name_of(self.function))

    @property
    def is_async(self) -> bool:
        return is_coroutine_function(self.plain)


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function without its ``@task``. If it is a ``functools.partial``, its arguments stay."""
    if isinstance(function, partial):
        inner = _plain(function.func)
        return function if inner is function.func else partial(inner, *function.args, **function.keywords)
    if isinstance(function, MethodType) and _spec(function) is not None:
        return MethodType(_plain(function.__func__), function.__self__)
    plain: Callable[..., Any] = function if _spec(function) is None else function.plain  # type: ignore[attr-defined]  # its decorator made that
    return plain


def _spec(function: Callable[..., Any]) -> TaskSpec | None:
    spec = getattr(innermost(function), "spec", None)
    return spec if isinstance(spec, TaskSpec) else None


@frozen
class Pipeline:
    """The beginning of a pipeline. Choose an input next.

    Args:
        name: What reports and checkpoints call the pipeline, a text of one line.

    Raises:
        OptionError: If ``name`` is empty or has several lines.
    """

    name: str

    def __attrs_post_init__(self) -> None:
        if not self.name.strip() or "\n" in self.name:
            raise OptionError(f"A pipeline's name must be a text of one line, not {self.name!r}.")

    def lines(self) -> Steps[Text, str]:
        r"""Take the lines of files and texts, without their line ends (``\n`` or ``\r\n``)."""
        return Steps(self.name, Lines(), ())

    def records(self, form: Literal["csv", "tsv", "jsonl"] | None = None) -> Steps[Text, dict[str, Any]]:
        """Take records as dictionaries: the rows of CSV or TSV files with a header, or JSON objects, one in each line.

        Blank lines are skipped. A row or a line that is no record fails at its first attempt.

        Args:
            form: The form of all files. If it is None, the suffix of each file tells: .csv, .tsv, .jsonl or .ndjson.
        """
        return Steps[Any, Any](self.name, Records(form), ()).map(record_of)

    def files(self) -> Steps[Text, Path]:
        """Take files as paths, without reading them."""
        return Steps(self.name, Files(), ())

    def chunks(self) -> Steps[Text, str]:
        """Take pieces of texts, cut at white space, each of about the run's chunk size."""
        return Steps(self.name, Chunks(), ())

    def values(self, kind: type[New]) -> Steps[New, New]:
        """Take the values of any iterable.

        Args:
            kind: The type of the values, for type checkers only.
        """
        return Steps(self.name, Values(), ())


@frozen(eq=False)
class Steps(Generic[In, Out]):
    """A pipeline without an end. Each method returns a new pipeline and runs nothing."""

    name: str
    input: Input
    steps: tuple[Step, ...] = field(repr=False)

    @overload
    def map(self, function: Callable[[Out], Coroutine[Any, Any, New]]) -> Steps[In, New]: ...
    @overload
    def map(self, function: Callable[[Out], New]) -> Steps[In, New]: ...
    def map(self, function: Callable[[Any], Any]) -> Steps[Any, Any]:
        """Make one output of each element."""
        return self._with("map", function)

    @overload
    def flat_map(self, function: Callable[[Out], Coroutine[Any, Any, Iterable[New]]]) -> Steps[In, New]: ...
    @overload
    def flat_map(self, function: Callable[[Out], Iterable[New]]) -> Steps[In, New]: ...
    def flat_map(self, function: Callable[[Any], Any]) -> Steps[Any, Any]:
        """Make any number of outputs of each element. The function returns an iterable, or is a generator."""
        return self._with("flat_map", function)

    def filter(self, function: Callable[[Out], object]) -> Steps[In, Out]:
        """Keep the elements for which the function returns a true value."""
        return cast("Steps[In, Out]", self._with("filter", function))

    def count(self) -> CompletePipeline[In, dict[Out, int]]:
        """End with how often each value occurs, the most frequent value first."""
        return self._ended(Count())

    def sum(self) -> CompletePipeline[In, Out]:
        """End with the sum of all values. Floats are rounded once, at the end."""
        return self._ended(Sum())

    def collect(self) -> CompletePipeline[In, list[Out]]:
        """End with a list of all values, in the order of the input. It must fit into memory, unless the run has an output or a sink."""
        return self._ended(Collect())

    def top(self, number: int, key: Callable[[Out], Any] | None = None) -> CompletePipeline[In, list[Out]]:
        """End with the ``number`` largest values, the largest first.

        Args:
            number: How many values, at least 1.
            key: Returns what is compared of a value. If it is None, the values themselves are compared.

        Raises:
            OptionError: If ``number`` is below 1.
        """
        if number < 1:
            raise OptionError(f"top() needs a number of at least 1, not {number!r}.")
        return self._ended(Top(number, key))

    def group(self, key: Callable[[Out], Key], end: End[Out, Result]) -> CompletePipeline[In, dict[Key, Result]]:
        """End with a dictionary of results, one for each key.

        Args:
            key: Returns the key of a value.
            end: The end for the values of one key: ``Count()``, ``Sum()`` and so on.
        """
        return self._ended(Group(key, end))

    def reduce(
        self,
        zero: Callable[[], Result],
        add: Callable[[Result, Out], Result],
        merge: Callable[[Result, Result], Result],
    ) -> CompletePipeline[In, Result]:
        """End with one result that ``add`` makes of all values.

        Args:
            zero: Returns the result of no values, a new one at each call.
            add: Returns a result with one more value.
            merge: Returns two results of different workers as one. It must be associative and commutative, because any worker may add any value.
        """
        return self._ended(Reduce(zero, add, merge))

    def _with(self, kind: StepKind, function: Callable[[Any], Any]) -> Steps[Any, Any]:
        if not callable(function):
            raise OptionError(f"{kind}() takes a function of one argument, not {function!r}.")
        spec = Step("", kind, function).spec
        number = Counter(step.spec.name for step in self.steps)[spec.name] + 1
        name = spec.name if number == 1 else f"{spec.name}-{number}"
        return evolve(self, steps=(*self.steps, Step(name, kind, function)))

    def _ended(self, end: End[Any, Any]) -> CompletePipeline[In, Any]:
        return CompletePipeline(self.name, self.input, self.steps, end)


@frozen(eq=False)
class CompletePipeline(Generic[In_contra, Result]):
    """A pipeline with an end, ready to run: ``run(pipeline, inputs)``.

    Attributes:
        name: What reports and checkpoints call it.
        input: Where elements come from.
        steps: The functions, in order.
        end: What becomes of the last step's outputs.
        sample: Makes inputs for comparisons (``for_comparison``). Workers are not sent it.
        expected: Returns the right result of an input (``for_comparison``). Workers are not sent it.
    """

    name: str
    input: Input
    steps: tuple[Step, ...] = field(repr=False)
    end: End[Any, Result] = field(repr=False)
    sample: Callable[[Random, int], Any] | None = field(default=None, repr=False)
    expected: Callable[[Any], Result] | None = field(default=None, repr=False)

    @property
    def delivery(self) -> str:
        """Return the task's name in reports for taking a single value to the end, as after a sink has refused it."""
        names = {step.name for step in self.steps}
        return "deliver" if "deliver" not in names else "deliver the value"

    def for_comparison(
        self,
        *,
        sample: Callable[[Random, int], str | Iterable[In_contra]] | None = None,
        expected: Callable[[Any], Result] | None = None,
    ) -> CompletePipeline[In_contra, Result]:
        """Return the pipeline with inputs and expected results for ``anagram compare --pipeline``.

        Args:
            sample: Makes an input of about a given size, always the same for the same state of ``random``: a text, or for ``values()`` an iterable.
                So each execution gets an input of its own.
            expected: Returns the right result of an input, which is a text, a list of paths, or a list of values. Without it, the result of the
                orchestrator ``sequential`` counts as right.
        """
        return evolve(self, sample=sample, expected=expected)

    def __reduce__(self) -> tuple[Any, ...]:
        return CompletePipeline, (self.name, self.input, self.steps, self.end)
