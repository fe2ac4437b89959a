"""What a plugin registers: a named factory with its options."""

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
"""The relation of words that are made of the same letters, which a signature has that declares no other."""

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
    """Declare one field of an options class: its default, one line of help, and optional bounds of a number.

    Give ``at_most`` to whatever takes memory, threads or processes: it is checked before anything starts.

    ``is_argument`` marks the one option that ``NAME:VALUE`` sets, as in ``file:words.txt``. An integer that is a size has a
    ``size_unit``, in bytes: ``2GiB`` is a value for it then, and a number without a unit counts these.
    The return type is that of the default, as attrs' own ``field`` has it.
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
    """A component whatever its options, so that a hook can return several of different ones. Make a ``Component``."""

    name: str
    summary: str


@frozen(kw_only=True)
class Component(ComponentOf[T_co], Generic[OptionsT, T_co]):
    """A named factory that a plugin registers.

    ``options`` is an attrs class whose fields are made by ``option``; ``factory`` gets an instance of it and returns
    the component. Options class and factory must be importable by name, because workers build tokenizers, signatures
    and lexicons anew, and import the functions of pipelines. Import anything heavy inside the factory. ``capabilities`` matters for orchestrators only.

    ``relation`` matters for signatures only: it names what two words have in common that have equal signatures. The
    default is that they are anagrams. A signature of another relation declares it by a name of one line, such as
    "phonetic" or "stem". Then the conformance kit checks what any relation must keep, and the counts of test cases, which are
    those of anagrams, are not expected of it.
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
        """Return what reports and checkpoints call it."""
        ...

    @property
    def steps(self) -> Sequence[object]:
        """Return its steps, in their order."""
        ...


@frozen(kw_only=True)
class KernelOffer:
    """A counting kernel offered for a combination: ``factory`` is called once in every worker process.

    It gets the group index and the tokenizer of the run. ``prepare`` is called once a run, in the parent, before there
    are workers: it brings about what they will share, such as compiled code in a cache, and announces in a few words
    what takes long. ``merge`` adds up results faster than Python does: it returns one that is the same as all in all, of which
    ``distinct_words`` may miss some. All must be importable by name. ``is_parallel`` says that threads count side by side, because
    counting holds no interpreter lock. An offer is taken unasked only if the input is known to have
    ``worth_from_bytes`` bytes.
    """

    name: str
    summary: str
    factory: Callable[[GroupIndex, Tokenizer], CountingKernel]
    prepare: Callable[[Callable[[str], None]], None] | None = None
    merge: Merge | None = None
    worth_from_bytes: int = 0
    is_parallel: bool = False
