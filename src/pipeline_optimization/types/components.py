"""The components that a plugin registers: named factories with their options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import attrs
from attrs import field, frozen

from pipeline_optimization.types.attempts import Capabilities

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_optimization.types.counting import CountingKernel, GroupIndex, Merge
    from pipeline_optimization.types.text import Tokenizer

__all__ = ["ANAGRAM", "Component", "ComponentOf", "KernelOffer", "NoOptions", "RunnablePipeline", "option"]

ANAGRAM: Final = "anagram"
"""The relation of words that are made of the same letters. A signature has it unless it declares another one."""

OptionsT = TypeVar("OptionsT")
T_co = TypeVar("T_co", covariant=True)
V = TypeVar("V")


@frozen(kw_only=True)
class NoOptions:
    """The options of a component that has none."""


def option(
    default: V,
    *,
    help: str,  # noqa: A002 - reads as in click
    at_least: float | None = None,
    at_most: float | None = None,
    is_argument: bool = False,
    size_unit: int | None = None,
) -> V:
    """Declare one field of an options class.

    Args:
        default: The value if the user gives none. Its type is the type of the option.
        help: One line for people.
        at_least: The smallest allowed number.
        at_most: The largest allowed number. Give it for whatever takes memory, threads or processes: it is checked before anything starts.
        is_argument: Whether ``NAME:VALUE`` sets this option, as in ``file:words.txt``. One option of a class can be that.
        size_unit: The bytes that a number without a unit counts, for an integer that is a size. ``2GiB`` is a value for it then.

    Returns:
        The field. Its declared type is that of the default, as with attrs' own ``field``.
    """
    metadata = {
        "help": help,
        "at_least": at_least,
        "at_most": at_most,
        "is_argument": is_argument,
        "size_unit": size_unit,
    }
    value: V = field(default=default, metadata=metadata)
    return value


@frozen(kw_only=True)
class ComponentOf(Generic[T_co]):
    """A component of any options class, so that a hook can return several of different ones. Make a ``Component`` instead."""

    name: str
    summary: str


@frozen(kw_only=True)
class Component(ComponentOf[T_co], Generic[OptionsT, T_co]):
    """A named factory that a plugin registers.

    The options class and the factory must be importable by name, because workers build tokenizers, signatures and lexicons anew, and import the
    functions of pipelines. Import anything heavy inside the factory.

    Attributes:
        name: What users call the component.
        summary: One line for lists.
        factory: A function that gets an instance of ``options`` and returns the component.
        options: An attrs class whose fields are made by ``option``.
        capabilities: What an orchestrator can do. Other kinds do not use it.
        relation: What two words with equal signatures have in common, for signatures only. By default they are anagrams. A signature of another
            relation names it in one line, such as "phonetic" or "stem". Then the conformance kit checks only what every relation must keep, and test
            cases, whose counts are those of anagrams, are not compared with it.
    """

    factory: Callable[[OptionsT], T_co]
    options: type[OptionsT]
    capabilities: Capabilities = field(factory=Capabilities)
    relation: str = ANAGRAM

    def __attrs_post_init__(self) -> None:
        name, summary, factory, options = (getattr(self, key) for key in ("name", "summary", "factory", "options"))
        if not isinstance(name, str) or not name.strip():
            raise TypeError(f"Component {name!r}: name must be a word, not {name!r}.")
        if not isinstance(summary, str):
            raise TypeError(f"Component {name!r}: summary must be a text, not {summary!r}.")
        if not callable(factory):
            raise TypeError(f"Component {name!r}: factory must be callable, not {factory!r}.")
        if not isinstance(options, type) or not attrs.has(options):
            raise TypeError(f"Component {self.name!r}: options must be an attrs class, not {self.options!r}.")
        if not self.relation.strip() or "\n" in self.relation:
            raise ValueError(
                f"Component {self.name!r}: relation must be a name such as 'phonetic', not {self.relation!r}."
            )


class RunnablePipeline(Protocol):
    """A pipeline with an end, as ``Pipeline("name").lines().map(parse).count()`` makes it. Do not write one by hand."""

    @property
    def name(self) -> str:
        """Return the name that reports and checkpoints use."""
        ...

    @property
    def steps(self) -> Sequence[object]:
        """Return its steps, in their order."""
        ...


@frozen(kw_only=True)
class KernelOffer:
    """A counting kernel that is offered for a combination of components. Its functions must be importable by name.

    Attributes:
        name: What users call the kernel.
        summary: One line for lists.
        factory: A function that gets the group index and the tokenizer of the run, and returns the kernel. It is called once in every worker process.
        prepare: A function that is called once in a run, in the parent, before workers start. It makes what they will share, such as compiled code in
            a cache. It gets a function that shows a few words to the user, for work that takes long.
        merge: Adds up results faster than Python does. Its one result equals all of them added up, but ``distinct_words`` may be too small.
        worth_from_bytes: The bytes that the input must be known to have for the kernel to be taken without being named.
        is_parallel: Whether threads count side by side, because counting does not hold the interpreter lock.
    """

    name: str
    summary: str
    factory: Callable[[GroupIndex, Tokenizer], CountingKernel]
    prepare: Callable[[Callable[[str], None]], None] | None = None
    merge: Merge | None = None
    worth_from_bytes: int = 0
    is_parallel: bool = False
