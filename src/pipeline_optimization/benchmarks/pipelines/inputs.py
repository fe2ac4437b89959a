"""An input of a pipeline with its right answer, and how another answer is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from attrs import field, frozen

from pipeline_optimization.benchmarks.inputs import Evidence
from pipeline_optimization.benchmarks.pipelines.evidence import Needed
from pipeline_optimization.benchmarks.pipelines.wire import Answer
from pipeline_optimization.benchmarks.samples import Problem
from pipeline_optimization.engine.faults import FaultSettings
from pipeline_optimization.engine.journal import CallRecord
from pipeline_optimization.error_text import shortened
from pipeline_optimization.plural import counted

__all__ = ["PipelineInput"]

SHOWN = 60


@frozen(eq=False, kw_only=True)
class PipelineInput:
    """An input, the right answer, and the calls that it needs.

    Attributes:
        data: The input as bytes.
        expected: The right answer.
        needed: The calls.
        own_retries: The steps that have a retry policy of their own instead of the comparison's.
        seconds: How long the reference run took.
        distinct: Always 0: different elements are not counted.
    """

    data: bytes = field(repr=False)
    expected: Answer = field(repr=False)
    needed: Needed = field(repr=False)
    own_retries: frozenset[str]
    seconds: float
    distinct: int = 0

    @property
    def size(self) -> int:
        return self.expected.elements

    @property
    def expected_digest(self) -> str:
        return sha256(_canonical(self.expected.result)).hexdigest()

    def judged_by(self, rules: object) -> PipelineInput:
        """Return the input unchanged, because the right answer of a pipeline is the same for all contenders."""
        return self

    def judge(self, answer: Answer, *, earlier: Sequence[PipelineInput], evidence: Evidence | None) -> Problem | None:
        right = self.expected
        if more := _more_failures(answer, right):
            code = "exhausted_retries" if evidence is not None and not evidence.predicted else "failed_elements"
            return Problem(code=code, text=more)
        if answer.elements != right.elements:
            text = f"It took in {counted(answer.elements, 'element')} instead of {right.elements:,}."
            return Problem(code="lost_elements", text=text)
        if _canonical(answer.result) != _canonical(right.result):
            if any(_canonical(answer.result) == _canonical(other.expected.result) for other in earlier):
                return Problem(code="memorised_answer", text="It returned the result of an earlier input.")
            return Problem(code="wrong_result", text=difference(answer.result, right.result))
        if answer.failures != right.failures:
            text = f"{counted(sum(right.failures.values()), 'element')} must fail for good, and {sum(answer.failures.values()):,} did."
            return Problem(code="wrong_result", text=text)
        return None

    def examine(self, calls: Sequence[CallRecord], settings: FaultSettings) -> Evidence:
        return self.needed.examine(calls, settings)

    def occurrences(self, task: str, key: str) -> int:
        is_known = task not in self.own_retries and key in self.needed.keys.get(task, ())
        return int(is_known)


def _more_failures(answer: Answer, right: Answer) -> str:
    """Return, as a sentence, which elements failed for good that do not fail in the reference run."""
    named = [element for element in answer.failed if element not in right.failed]
    more = {task: number - right.failures.get(task, 0) for task, number in answer.failures.items()}
    count = max(len(named) if right.is_fully_named else 0, sum(number for number in more.values() if number > 0))
    if not count:
        return ""
    first = next((element for element in named if more.get(element[0], 0) > 0 or right.is_fully_named), None)
    example = "" if first is None else f", the first at {first[0]}: {answer.failed[first]}"
    return f"{counted(count, 'element')} failed for good that succeed in a sequential run{example}."


def difference(found: Any, right: Any) -> str:
    """Return, as a sentence, where a result differs from the right one. Both are plain data."""
    if isinstance(found, list) and isinstance(right, list) and found[:1] == right[:1]:
        if found[:1] == ["dict"]:
            return _of_dictionaries(found[1:], right[1:])
        if found[:1] in (["list"], ["tuple"]):
            return _of_lists(found[1:], right[1:])
    return f"{_shown(found)} instead of {_shown(right)}."


def _of_dictionaries(found: Sequence[Any], right: Sequence[Any]) -> str:
    mine, theirs = (_by_key(pairs) for pairs in (found, right))
    both = {**theirs, **mine}
    wrong = [key for key in both if mine.get(key) != theirs.get(key)]
    first = wrong[0]
    values = [_shown(pairs[first][1]) if first in pairs else "nothing" for pairs in (mine, theirs)]
    key = (mine.get(first) or theirs[first])[0]
    differ = "differs" if len(wrong) == 1 else "differ"
    return (
        f"{len(wrong):,} of {counted(len(both), 'entry', 'entries')} {differ}: {_shown(key)} has {values[0]} "
        f"instead of {values[1]}."
    )


def _of_lists(found: Sequence[Any], right: Sequence[Any]) -> str:
    for number, (one, other) in enumerate(zip(found, right, strict=False), start=1):
        if _canonical(one) != _canonical(other):
            return f"Value {number:,} of {len(right):,} is {_shown(one)} instead of {_shown(other)}."
    return f"It has {counted(len(found), 'value')} instead of {len(right):,}."


def _by_key(pairs: Sequence[Any]) -> Mapping[bytes, Any]:
    return {_canonical(pair[0]): pair for pair in pairs if isinstance(pair, list) and len(pair) == 2}


def _canonical(value: Any) -> bytes:
    """Return plain data as bytes, which are equal if the data are. NaN equals itself in that form."""
    return json.dumps(value).encode()


def _shown(value: Any) -> str:
    """Return plain data for people, about as a user would write it, shortened."""
    return shortened(_unplain(value), SHOWN)


def _unplain(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return repr(value)
    name, *parts = value
    if name == "object":
        return str(parts[-1])
    if name == "dict":
        return "{" + ", ".join(f"{_unplain(k)}: {_unplain(v)}" for k, v in parts) + "}"
    inner = ", ".join(map(_unplain, parts))
    if name == "tuple":
        return f"({inner})"
    return f"[{inner}]" if name == "list" else f"{name}({inner})"
