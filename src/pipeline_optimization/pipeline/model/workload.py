"""The items of a pipeline's run: parts of the input first, and then what has to go on, or be tried again, alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from attrs import define, evolve, field

from pipeline_optimization.engine.work import Item
from pipeline_optimization.errors import InputError, OptionError
from pipeline_optimization.pipeline.model.bundles import Failed, Outcome, Waiting
from pipeline_optimization.pipeline.model.codec import Codec
from pipeline_optimization.pipeline.model.elements import name_of, position
from pipeline_optimization.pipeline.model.parts import Part, decode_contents, encode_contents, without_state
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.sources.encoding import Decoded
from pipeline_optimization.sources.lines import LineNumbers

__all__ = ["PipelineWorkload"]


@define(eq=False)
class PipelineWorkload:
    """Runs what was ``given`` through a pipeline. ``total`` is what the end has added up so far, ``codec`` that of workers.

    ``inline``: workers cannot read files of this machine.
    """

    pipeline: CompletePipeline[Any, Any]
    given: Iterable[Any]
    chunk_size: int
    codec: Codec
    encoding: str = "utf-8"
    inline: bool = False
    elements: int = 0
    bytes_read: int = 0
    total: Any = None
    decoded: Decoded = field(init=False)

    names: Sequence[str] = ()
    lines: LineNumbers = field(factory=LineNumbers)

    def __attrs_post_init__(self) -> None:
        self.total = self.pipeline.end.zero()
        self.decoded = Decoded(self.encoding)

    def items(self) -> Iterator[Item]:
        """Yield a bundle for each part of the input."""
        parts = self.pipeline.input.parts(self.given, self.chunk_size, encoding=self.encoding, inline=self.inline)
        return map(self._bundle, parts)

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        """Add what an item gave, and return what has to go on alone. Raises InputError where a source could not be read."""
        outcome = Outcome.from_bytes(result)
        if outcome.unreadable is not None:
            source, message = outcome.unreadable
            raise InputError(message, source=source)
        self.elements += outcome.elements
        self.decoded.note(outcome.invalid_bytes, outcome.looks, item.place)
        if item.is_bundle:
            self.bytes_read += item.size
        if outcome.total is not None:
            self.total = self.pipeline.end.merge(self.total, self.codec.decode(outcome.total))
        if not outcome.failed and not outcome.waiting:
            return ()
        place = self._places(item)
        again = [evolve(self._alone(one, place(one)), failed=one.error) for one in outcome.failed]
        return [*again, *(self._alone(one, place(one)) for one in outcome.waiting)]

    def content(self, item: Item) -> bytes:
        """Return what an item is run on, as a later run has it too: it may find a file with another time, and the same content."""
        return without_state(item.data) if item.is_bundle else item.data

    def span(self, item: Item) -> None:
        """Tell that the borders of parts are known without looking."""

    def snapshot(self) -> None:
        """Tell that each result is needed."""

    def restore(self, snapshot: bytes) -> None:
        raise ValueError("a pipeline keeps no sum")

    def _bundle(self, part: Part) -> Item:
        try:
            data = encode_contents(part.contents)
        except Exception as error:
            raise OptionError(f"Some of the {part.place} cannot be sent to workers: {error}.") from error
        self.decoded.note(part.invalid_bytes, part.looks, part.place)

        def split() -> list[Item]:
            contents = decode_contents(data)
            pieces = contents.split()
            place = self.pipeline.input.places(self.names, contents, self.lines)
            return [
                self._bundle(Part(name=f"{name}/{number}", contents=one, place=place(first)))
                for number, (first, one) in enumerate(pieces)
            ]

        name = part.name  # alone: the part would keep its contents twice while it is under way
        return Item(
            id=name,
            task=self.pipeline.input.task,
            data=data,
            size=part.size or len(data),
            place=part.place,
            is_bundle=True,
            split=split,
        )

    def _places(self, item: Item) -> Callable[[Failed | Waiting], str]:
        """Return what says where elements come from that an item's outcome has."""
        if not item.is_bundle:
            return lambda one: item.place
        place = self.pipeline.input.places(self.names, decode_contents(item.data), self.lines)
        return lambda one: f"{place(one.path)}: {one.shown}"

    def _alone(self, one: Failed | Waiting, place: str) -> Item:
        name = name_of(one.path)
        return Item(
            id=name,
            task=self.pipeline.steps[one.step].name,
            fault_key=name,
            data=one.data,
            position=position(one.path),
            place=place,
        )
