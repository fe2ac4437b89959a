"""Messages between the harness and a measured process: an input of a pipeline, and its outcome, as bytes of plain data.

Results are compared as plain data. Members of sets and entries of dictionaries are sorted, so that equal results are equal whatever their order. A
value for which JSON has no form becomes a list of its type's name and its parts.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from pipeline_optimization.benchmarks.subject.contending import BadResultError
from pipeline_optimization.pipeline.model.codec import PLAIN

__all__ = ["Answer", "Failed", "Given", "to_plain"]

SCALARS = {type(None), bool, int, float, str}
ADDRESS = re.compile(r" at 0x[0-9a-f]+")
Failed = tuple[str, str]
"""An element that failed for good: the task, and the element's identity."""


@frozen
class Given:
    """An input: a text, names of files, or values. Or, for ``sample``, the size and the seed from which one is drawn."""

    kind: str
    value: Any

    def to_bytes(self) -> bytes:
        """Return the input as bytes. Raises TypeError for values that are no plain data."""
        body = self.value.encode("utf-8", "surrogatepass") if self.kind == "text" else PLAIN.encode(self.value)
        return self.kind.encode() + b"\n" + body

    @classmethod
    def of_bytes(cls, data: bytes) -> Given:
        kind, _, body = data.partition(b"\n")
        is_text = kind == b"text"
        return cls(kind.decode(), body.decode("utf-8", "surrogatepass") if is_text else PLAIN.decode(body))


@frozen(kw_only=True)
class Answer:
    """The outcome of a run.

    Attributes:
        elements: How many elements the input had.
        result: The result as plain data (``to_plain``).
        failures: How many elements failed for good, by task.
        failed: The last errors of the failed elements that the report names.
    """

    elements: int
    result: Any
    failures: Mapping[str, int]
    failed: Mapping[Failed, str]

    def to_bytes(self) -> bytes:
        failed = [[*element, error] for element, error in sorted(self.failed.items())]
        return json.dumps([self.elements, self.result, dict(self.failures), failed]).encode()

    @classmethod
    def of_bytes(cls, data: bytes) -> Answer:
        """Return the answer. Raises ValueError if the bytes contain none."""
        try:
            elements, result, failures, failed = json.loads(data)
            return cls(
                elements=int(elements),
                result=result,
                failures={str(task): int(number) for task, number in failures.items()},
                failed={(str(task), str(item)): str(error) for task, item, error in failed},
            )
        except (TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError(str(error)) from error

    @property
    def is_fully_named(self) -> bool:
        """Return whether ``failed`` has all elements that failed. Reports name at most a hundred."""
        return len(self.failed) == sum(self.failures.values())


def to_plain(value: Any) -> Any:
    """Return a result in the form of JSON. Equal results are equal in that form too.

    An object is represented by its ``repr``. Raises BadResultError if that contains the object's address.
    """
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind in {list, tuple}:
        return [kind.__name__, *_members(value)]
    if kind in {set, frozenset}:
        return [kind.__name__, *sorted(_members(value), key=json.dumps)]
    if kind in {dict, Counter}:
        keys, values = _members(dict.keys(value)), _members(dict.values(value))
        return ["dict", *sorted(map(list, zip(keys, values, strict=True)), key=lambda pair: json.dumps(pair[0]))]
    if kind is bytes:
        return ["bytes", b64encode(value).decode()]
    shown = repr(value)
    if ADDRESS.search(shown):
        raise BadResultError(
            f"The result has {shown[:80]}, which cannot be compared. Return plain data, or give the class a __repr__ or make it a dataclass."
        )
    return ["object", f"{kind.__module__}.{kind.__qualname__}", shown]


def _members(values: Any) -> Sequence[Any]:
    """Return the members of a collection as plain data. If all are scalars, they need not be looked at one by one."""
    found = list(values)
    return found if set(map(type, found)) <= SCALARS else [to_plain(one) for one in found]
