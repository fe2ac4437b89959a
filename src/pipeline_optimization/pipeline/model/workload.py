"""The items of a pipeline's run: parts of the input first, and then elements that go on, or are tried again, alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from attrs import define, evolve, field

from pipeline_optimization.engine.stage import describe_error
from pipeline_optimization.engine.work import Item, UnacceptableError
from pipeline_optimization.error_text import describe
from pipeline_optimization.errors import InputError, OptionError
from pipeline_optimization.pipeline.model.batch import Batch, Placed
from pipeline_optimization.pipeline.model.blame import shown, unsendable
from pipeline_optimization.pipeline.model.codec import Codec
from pipeline_optimization.pipeline.model.contents import Contents, decode_contents, encode_contents, without_state
from pipeline_optimization.pipeline.model.elements import ElementPath, name_of, position
from pipeline_optimization.pipeline.model.ends import Group, Reduce
from pipeline_optimization.pipeline.model.isolated import read_isolated
from pipeline_optimization.pipeline.model.outcome import Failed, Outcome, Remembered, Waiting
from pipeline_optimization.pipeline.model.parts import TOGETHER, Part
from pipeline_optimization.pipeline.model.passage import stop_of
from pipeline_optimization.pipeline.model.steps import CompletePipeline
from pipeline_optimization.pipeline.model.time_slice import elements_for_a_slice, pieces_for
from pipeline_optimization.sources.encoding import Decoded
from pipeline_optimization.sources.lines import LineNumbers
from pipeline_optimization.tasks.callables import where

__all__ = ["Gathered", "PipelineWorkload"]


@define(eq=False, repr=False)
class Gathered:
    """Values at the end of the pipeline, by the item that gave them. ``size`` is about how many bytes they and the items take."""

    rows: int = 0
    size: int = 0
    _values: list[tuple[Item, Sequence[Placed]]] = field(factory=list)

    def add(self, item: Item, values: Sequence[Placed], size: int) -> None:
        if values:
            self._values.append((item, values))
            self.rows += len(values)
            self.size += len(item.data) + size

    def take(self) -> Sequence[tuple[Item, Sequence[Placed]]]:
        """Return all that is there, and keep nothing."""
        taken, self._values, self.rows, self.size = self._values, [], 0, 0
        return taken


@define(eq=False, repr=False)
class PipelineWorkload:
    """Runs an input through a pipeline.

    Attributes:
        pipeline: The pipeline.
        given: Sources or values.
        chunk_size: Bytes of a part.
        codec: Encodes elements in workers.
        totals: Encodes the totals of the end in workers.
        encoding: The encoding of sources.
        inline: Whether workers cannot read files of this machine.
        is_cautious: Whether the first values come one by one. They may be slow, and other workers would wait for those of the same part.
        elements: How many elements were run so far.
        bytes_read: How many bytes of input were run so far.
        total: The total of the end so far.
        gathered: Collects the values instead of ``total``, if the run has a sink.
        decoded: What was found in decoded texts.
        remembered: What caches did.
        names: The names of the sources.
        alone: The numbers of the steps that elements enter one by one.
        lines: Finds the numbers of lines.
    """

    pipeline: CompletePipeline[Any, Any]
    given: Iterable[Any]
    chunk_size: int
    codec: Codec
    totals: Codec
    encoding: str = "utf-8"
    inline: bool = False
    is_cautious: bool = False
    elements: int = 0
    bytes_read: int = 0
    total: Any = None
    gathered: Gathered | None = None
    decoded: Decoded = field(init=False)
    remembered: Remembered = field(factory=Remembered)

    names: Sequence[str] = ()
    alone: frozenset[int] = frozenset()
    lines: LineNumbers = field(factory=LineNumbers)
    _runs: Sequence[str] = field(init=False)
    _together: int = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.decoded, self._together = Decoded(self.encoding), 1 if self.is_cautious else TOGETHER
        try:
            self.total = self.pipeline.end.zero()
        except Exception as error:
            raise OptionError(
                f"The pipeline {self.pipeline.name!r} has no start: zero() raised {describe(error)}."
            ) from error
        self._runs = [self._functions(index) for index in range(len(self.pipeline.steps) + 1)]

    def items(self) -> Iterator[Item]:
        """Yield a bundle for each part of the input."""
        parts = self.pipeline.input.parts(
            self.given, self.chunk_size, encoding=self.encoding, inline=self.inline, at_once=lambda: self._together
        )
        return map(self._bundle, parts)

    def accept(self, item: Item, result: bytes) -> Iterable[Item]:
        """Add an item's result. Return the items that go on alone.

        Raises InputError if a source could not be read, and UnacceptableError if the item's step returned a value with which nobody can go on.
        """
        outcome = Outcome.from_bytes(result)
        if outcome.unreadable is not None:
            source, message = outcome.unreadable
            raise InputError(message, source=source)
        if outcome.total is not None:
            self._add(item, outcome.total)
        self.elements += outcome.elements
        self.decoded.note(outcome.invalid_bytes, outcome.looks, item.place)
        if outcome.remembered is not None:
            self.remembered.add(outcome.remembered)
        left = [] if outcome.rest is None else self._rest(item, outcome)
        if item.is_bundle:
            if self.is_cautious and outcome.elements:
                self._together = min(TOGETHER, elements_for_a_slice(outcome.seconds / outcome.elements))
            self.bytes_read += max(0, item.size - sum(one.size for one in left))
        if not outcome.failed and not outcome.waiting:
            return left
        for one in outcome.failed:
            if not item.is_bundle and (self.pipeline.steps[one.step].name, name_of(one.path)) == (item.task, item.id):
                raise UnacceptableError(one.error)
        place = self.places(item)
        again = [
            evolve(self.item_of(one, place(one)), first_error=one.error, from_bundle=item.name)
            for one in outcome.failed
        ]
        return [*again, *(self.item_of(one, place(one)) for one in outcome.waiting), *left]

    def _rest(self, item: Item, outcome: Outcome) -> list[Item]:
        """Return bundles of the elements for which a worker had no time.

        They depend only on the worker's outcome, which a checkpoint keeps. So a later run finds the same bundles again.
        """
        contents, place = decode_contents(item.data), outcome.rest
        assert place is not None
        rest = contents.after(place)
        number = pieces_for(outcome.seconds * rest.extent / max(1, contents.extent - rest.extent), each=outcome.seconds)
        pieces = (rest.split(number) if number > 1 else ()) or [((rest.number, place), rest)]
        return [
            self._bundle(Part(name=name_of(path), contents=one, place=one.describe(self._name_of(path)), size=one.size))
            for path, one in pieces
        ]

    def _name_of(self, path: ElementPath) -> str:
        return self.names[path[0]] if self.names else ""

    def _add(self, item: Item, data: bytes) -> None:
        """Add a total. Raises UnacceptableError if it cannot be added, which the values of the user's functions cause."""
        end = self.pipeline.end
        try:
            other = self.totals.decode(data)
        except Exception as error:
            makers = [step.plain for step in self.pipeline.steps]
            raise UnacceptableError(unsendable(makers, "what it did", error, "had from its worker")) from error
        if self.gathered is not None:
            self.gathered.add(item, other, len(data))
            return
        try:
            self.total = end.merge(self.total, other)
        except Exception as error:
            if isinstance(end, Group | Reduce):  # their totals may be half merged now
                raise OptionError(
                    f"The pipeline {self.pipeline.name!r} cannot merge the totals of its workers ({describe(error)}). So there is no "
                    "result: check its merge(), and look for values that cannot be added to each other."
                ) from error
            raise UnacceptableError(describe_error(error, is_permanent=True)) from error

    def _functions(self, first: int) -> str:
        """Return, for people, the functions that run in one attempt from a step on."""
        steps = self.pipeline.steps
        stop = stop_of(steps, self.alone, first, is_item=True)
        return ", ".join(where(step.plain) for step in steps[first:stop])

    def content(self, item: Item) -> bytes:
        """Return an item's data in a form that a later run has too. There a file may have another time, and the same content."""
        return without_state(item.data) if item.is_bundle else item.data

    def span(self, item: Item) -> None:
        """Do nothing: the borders of parts are known without looking."""

    def snapshot(self) -> None:
        """Return None, because each result is needed."""

    def restore(self, snapshot: bytes) -> None:
        raise ValueError("a pipeline keeps no sum")

    def _bundle(self, part: Part) -> Item:
        try:
            data = encode_contents(part.contents)
        except Exception as error:
            raise OptionError(f"Some of the {part.place} cannot be sent to workers: {error}.") from error
        self.decoded.note(part.invalid_bytes, part.looks, part.place)

        def split() -> list[Item] | None:
            contents = decode_contents(data)
            pieces = contents.split()
            if not pieces:
                return None
            place_of = self.pipeline.input.places(self.names, contents, self.lines)
            return [
                self._bundle(Part(name=f"{name}/{number}", contents=one, place=place_of(first), size=one.size))
                for number, (first, one) in enumerate(pieces)
            ]

        # Not ``part``, whose contents would be kept twice while the bundle is under way.
        name, place = part.name, part.place
        return Item(
            id=name,
            task=self.pipeline.input.task,
            data=data,
            size=part.size or len(data),
            in_memory=len(
                data
            ),  # of a range of a file, this is its name and its borders: workers read it block by block
            place=place,
            is_bundle=True,
            runs="" if 0 in self.alone else self._runs[0],
            split=split,
            on_failure=lambda: self._note_failure(decode_contents(data), place),
        )

    def _note_failure(self, contents: Contents, place: str) -> str:
        """Count the element of a bundle that failed for good, and return its place with the element, for people.

        If the bundle has several elements, they are not known to have failed. Then ``place`` is returned, and nothing is counted.
        """
        try:
            found = read_isolated(contents)
        except InputError:  # the file was removed, for example
            self.elements += 1
            return place
        if found is None or not self.pipeline.input.select(Batch.of([found])):
            return place
        self.elements += 1
        path, value = found
        return f"{self.pipeline.input.places(self.names, contents, self.lines)(path)}: {shown(value)}"

    def places(self, item: Item) -> Callable[[Failed | Waiting], str]:
        """Return a function that names the place of an element in an item's outcome, for people."""
        if not item.is_bundle:
            return lambda one: item.place
        place = self.pipeline.input.places(self.names, decode_contents(item.data), self.lines)
        return lambda one: f"{place(one.path)}: {one.shown}"

    def item_of(self, one: Failed | Waiting, place: str) -> Item:
        name = name_of(one.path)
        steps = self.pipeline.steps
        return Item(
            id=name,
            task=steps[one.step].name if one.step < len(steps) else self.pipeline.delivery,
            fault_key=name,
            data=one.data,
            position=position(one.path),
            place=place,
            runs=self._runs[one.step],
        )
