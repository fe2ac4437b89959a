"""The axes of a comparison. Each is what it varies: a component, or one of its options, with several values."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from pipeline_optimization.engine.profiles import PROFILES
from pipeline_optimization.errors import UsageError
from pipeline_optimization.spelling_hint import did_you_mean

if TYPE_CHECKING:
    from pipeline_optimization.benchmarks.inputs import BenchmarkCase

__all__ = ["KINDS", "SETTING", "Axis", "Setting", "combinations", "effect_on", "parse_axes"]

KINDS = ("orchestrator", "tokenizer", "signature", "retry", "lexicon", "kernel")
"""The kinds that can be varied, by their names on the command line. All but the kernel have options too."""

SETTING = rf" (?=(?:{'|'.join(KINDS)})(?:\.\w+)?=)"
"""The place where the settings in a variant's name begin, as a regular expression of Python and JavaScript.

The values may contain spaces: ``sequential lexicon=file:my words.txt``.
"""

ALIASES: Mapping[str, str] = {"retry_policy": "retry", "retry-policy": "retry"}


@frozen(kw_only=True)
class Setting:
    """One value of one axis: a component's name, or the value of its option ``key``."""

    kind: str
    key: str
    value: str

    @property
    def path(self) -> str:
        """Return what is set, in the form of the command line: ``retry`` or ``retry.delay``."""
        return f"{self.kind}.{self.key}" if self.key else self.kind

    @property
    def label(self) -> str:
        return f"{self.path}={self.value}"


@frozen(kw_only=True)
class Axis:
    """A component (if ``key`` is empty) or one of its options, with the values to compare."""

    kind: str
    key: str
    values: Sequence[str]

    @property
    def is_orchestrator(self) -> bool:
        """Return whether its values are orchestrators, which are contenders anyway."""
        return self.kind == "orchestrator" and not self.key

    @property
    def settings(self) -> list[Setting]:
        return [Setting(kind=self.kind, key=self.key, value=value) for value in self.values]

    @classmethod
    def parse(cls, text: str) -> Axis:
        """Return the axis of ``KIND=NAME,NAME`` or ``KIND.KEY=VALUE,VALUE``. Raises UsageError."""
        path, equals, listed = text.partition("=")
        name, dot, key = path.strip().partition(".")
        kind = ALIASES.get(name, name)
        if not (equals and kind) or (dot and not key):
            raise UsageError(f"--vary takes KIND=NAME,NAME or KIND.KEY=VALUE,VALUE, not {text!r}.")
        if kind not in KINDS:
            hint = did_you_mean(kind, KINDS) or f" An option of the orchestrators is --vary orchestrator.{text}."
            raise UsageError(f"--vary {text!r}: there is no {kind!r}. It can be {', '.join(KINDS)}.{hint}")
        if kind == "kernel" and key:
            raise UsageError(f"--vary {text!r}: kernels have no options. Name kernels: --vary kernel=NAME,NAME.")
        return cls(kind=kind, key=key, values=_values(text, listed))


def _values(text: str, listed: str) -> Sequence[str]:
    """Return the values of an axis. A value with a comma is written in double quotes. Raises UsageError."""
    try:
        ((*fields,),) = csv.reader([listed], skipinitialspace=True, strict=True) if listed else [[""]]
    except (csv.Error, ValueError) as error:
        raise UsageError(
            f"--vary {text!r}: its quotes do not match. A value with a comma in it is written in double quotes: "
            "--vary 'KIND=\"a,b\",c'."
        ) from error
    values = [field.strip() for field in fields]
    if not all(values):
        raise UsageError(f"--vary {text!r}: one of the values is empty. Write them with commas between.")
    repeated = next((value for value in values if values.count(value) > 1), None)
    if repeated is not None:
        raise UsageError(
            f"--vary {text!r}: {repeated!r} is there {values.count(repeated)} times, and would be compared with itself. "
            "Name each value once."
        )
    return tuple(values)


def parse_axes(texts: Sequence[str]) -> list[Axis]:
    """Return the axes in the given order. An axis that is given twice has the values of both. Raises UsageError."""
    found: dict[tuple[str, str], Axis] = {}
    for axis in map(Axis.parse, texts):
        before = found.get((axis.kind, axis.key))
        values = (*(before.values if before else ()), *axis.values)
        found[axis.kind, axis.key] = evolve(axis, values=tuple(dict.fromkeys(values)))
    return list(found.values())


def combinations(axes: Sequence[Axis]) -> list[Sequence[Setting]]:
    """Return every combination of one setting of each axis. The last axis changes first."""
    return list(product(*(axis.settings for axis in axes)))


def effect_on(axes: Sequence[Axis], cases: Sequence[BenchmarkCase]) -> list[str]:
    """Return a sentence for each axis that changes nothing in some of the cases.

    Raises:
        UsageError: If an axis changes nothing in any case, because then equal contenders would be compared.
    """
    notes = []
    for axis in axes:
        without = sorted({case.profile for case in cases if not _matters(axis, case)})
        if not without:
            continue
        reason = _REASONS[axis.kind]
        if all(not _matters(axis, case) for case in cases):
            raise UsageError(f"--vary {axis.kind} can have no effect here: {reason}")
        notes.append(f"--vary {axis.kind} has no effect in the profile {' and '.join(without)}: {reason}")
    return notes


_REASONS: Mapping[str, str] = {
    "kernel": "a kernel counts only where no stage waits or fails. Add --profile cpu.",
    "retry": "nothing fails there, so nothing is retried. Take --profile mixed.",
}


def _matters(axis: Axis, case: BenchmarkCase) -> bool:
    if axis.kind == "kernel":
        return case.is_calm
    return axis.kind != "retry" or PROFILES[case.faults].can_fail
