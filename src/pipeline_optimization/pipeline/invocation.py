"""The inputs and options with which a run was started. A checkpoint keeps them, so that ``anagram retry`` can run again what failed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from attrs import Factory, fields, frozen

from pipeline_optimization.errors import CheckpointError
from pipeline_optimization.pipeline.plan import FAULTS, KEPT, RunOptions
from pipeline_optimization.sources import FileSource, Source, TextSource

__all__ = ["Invocation"]

MAX_TEXT = 1 << 20
"""A longer text, in characters, is not kept."""

O = TypeVar("O", bound=RunOptions)  # noqa: E741 - options


@frozen(kw_only=True)
class Invocation:
    """The directory of a run, its files or its text, and the options that can be written down.

    ``paths`` and ``text`` are None if the input cannot be named again, as with a stream.
    """

    directory: str
    paths: Sequence[str] | None
    text: str | None
    options: Mapping[str, Any]

    @classmethod
    def of(cls, options: RunOptions, sources: Sequence[Source]) -> Invocation:
        paths = [source.path for source in sources if isinstance(source, FileSource)]
        text = sources[0].text if len(sources) == 1 and isinstance(sources[0], TextSource) else None
        values = {name: getattr(options, name) for name in _kept(type(options))}
        faults = {name: getattr(options.faults, part) for name, part in FAULTS.items()}
        return cls(
            directory=os.getcwd(),
            paths=paths if len(paths) == len(sources) else None,
            text=text if text is not None and len(text) <= MAX_TEXT else None,
            options={name: value for name, value in {**values, **faults}.items() if _is_plain(value)},
        )

    def run_options(self, kind: type[O], **others: Any) -> O:
        """Return the run's options. ``others`` are the options that are not written down."""
        return kind.called({**self.options, **others})

    def to_json(self) -> str:
        facts = {"directory": self.directory, "paths": self.paths, "text": self.text, "options": self.options}
        return json.dumps(facts)  # JSON in ASCII, so that lone surrogates survive

    @classmethod
    def from_json(cls, text: str, path: str, kind: type[RunOptions]) -> Invocation:
        """Return the invocation in a checkpoint. Raises CheckpointError if no run with options of this kind can have written it."""
        try:
            facts = json.loads(text)
            if not (isinstance(facts, dict) and _is_sound(facts, kind)):
                raise ValueError("it has values of the wrong types")
            invocation = cls(**facts)
        except (TypeError, ValueError, RecursionError) as error:
            raise CheckpointError(
                f"The checkpoint {path!r} does not say how its run was asked for ({error}). Repeat the run's own "
                "command with --resume --retry-failed.",
                path=path,
            ) from error
        return invocation


def _kept(kind: type[RunOptions]) -> Mapping[str, object]:
    """Return the names of the options that are written down, with their defaults."""
    defaults = {}
    for option in fields(kind):
        if option.metadata == KEPT:
            default: object = option.default
            defaults[option.name] = {} if isinstance(default, Factory) else default  # type: ignore[arg-type]
    return defaults


def _is_plain(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_scalar(part) for key, part in value.items())
    return _is_scalar(value)


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, str | int | float)


def _is_sound(facts: Mapping[str, object], kind: type[RunOptions]) -> bool:
    directory, paths, text, options = (facts.get(name) for name in ("directory", "paths", "text", "options"))
    defaults = {**_kept(kind), "faults": "", "case": "", "latency_scale": 0.0, "seed": 0}
    return (
        isinstance(directory, str)
        and (text is None or isinstance(text, str))
        and (paths is None or (isinstance(paths, list) and all(isinstance(path, str) for path in paths)))
        and isinstance(options, dict)
        and all(name in defaults and _is_like(value, defaults[name]) for name, value in options.items())
    )


def _is_like(value: object, default: object) -> bool:
    """Return whether a value may be that of an option with this default."""
    if isinstance(default, str):
        return isinstance(value, str)
    if isinstance(default, Mapping):
        return isinstance(value, dict) and _is_plain(value)
    return isinstance(value, int | float) and not isinstance(value, bool)
