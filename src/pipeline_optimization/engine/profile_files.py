"""Reads fault profiles as people write them: TOML files, or dictionaries of the same form.

::

    failures = 1              # multiplies the failure rates that tasks declare; 1 if it is left out
    times = 1                 # multiplies the seconds that they declare; 1 if it is left out
    stragglers = 0.01         # the share of calls that take longer; 0 if it is left out
    slowness = 20             # how many times as long these calls take; 1 if it is left out

    [task.fetch]
    failure_rate = 0.02
    errors = { TimeoutError = 3, ConnectionError = 1 }
    latency = { median = 0.12, p95 = 0.9 }

    [task.parse]
    compute = 0.004
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline_optimization.errors import OptionError
from pipeline_optimization.spelling_hint import did_you_mean
from pipeline_optimization.types.durations import Durations, LogNormal, Quantiles, constant, empirical
from pipeline_optimization.types.fault_profiles import FaultProfile, TaskProfile

__all__ = ["profile_from", "read_profile"]

OF_ALL_TASKS = ("failures", "times", "stragglers", "slowness")
OF_A_TASK = ("failure_rate", "latency", "compute", "errors")
QUANTILE = re.compile(r"min|median|max|p\d{1,2}(?:\.\d+)?")
ALLOWED_TIMES = (
    "seconds, such as 0.2; a median and another quantile, such as { median = 0.12, p95 = 0.9 }; quantiles from min to max, such as "
    '{ min = 0.1, p50 = 0.2, max = 3 }; or a file with a number of seconds on each line, { samples = "latencies.csv" }'
)


def read_profile(path: Path) -> FaultProfile:
    """Return the profile in a TOML file.

    Raises:
        OptionError: If the file cannot be read, a key is unknown, or a value is wrong. It names the file and the key, and says what is allowed.
    """
    import tomllib  # noqa: PLC0415 - slow to import, and only runs with faults need it

    try:
        document = tomllib.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise OptionError(f"The fault profile {str(path)!r} cannot be read: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"The fault profile {str(path)!r} is no TOML: {error}.") from error
    return profile_from(document, source=f"the fault profile {str(path)!r}", directory=path.parent)


def profile_from(
    document: Mapping[str, Any], *, source: str = "the fault profile", directory: Path = Path()
) -> FaultProfile:
    """Return the profile that a document describes.

    Args:
        document: What counts for all tasks, and under ``task`` a document for each task that the profile names.
        source: The name of the document in errors.
        directory: The directory that names of files in the document are relative to.

    Raises:
        OptionError: If a key is unknown or a value is wrong. It names the key, and says what is allowed.
    """
    _refuse_unknown(document, (*OF_ALL_TASKS, "task"), source, "")
    factors = {name: _number(document[name], source, name) for name in OF_ALL_TASKS if name in document}
    tasks = document.get("task", {})
    if not isinstance(tasks, Mapping):
        raise _wrong(source, "task", tasks, "tables, such as [task.fetch]")
    by_task = {name: _task(name, one, source, directory) for name, one in tasks.items()}
    try:
        # A file that leaves a factor out changes nothing of what tasks declare. The defaults of the class are 0: no faults.
        return FaultProfile(**{"failures": 1.0, "times": 1.0, **factors}, tasks=by_task)
    except ValueError as error:
        raise OptionError(f"In {source}, {error}.") from error


def _task(name: str, given: object, source: str, directory: Path) -> TaskProfile:
    where = f"task.{name}"
    if not isinstance(given, Mapping):
        raise _wrong(source, where, given, f"a table with {', '.join(OF_A_TASK)}")
    _refuse_unknown(given, OF_A_TASK, source, f"{where}.")
    rate = _number(given["failure_rate"], source, f"{where}.failure_rate") if "failure_rate" in given else None
    errors = given.get("errors", {})
    if not isinstance(errors, Mapping):
        raise _wrong(
            source, f"{where}.errors", errors, "names with weights, such as { TimeoutError = 3, ConnectionError = 1 }"
        )
    times = {
        key: _durations(given[key], source, f"{where}.{key}", directory)
        for key in ("latency", "compute")
        if key in given
    }
    weights = {error: _number(weight, source, f"{where}.errors.{error}") for error, weight in errors.items()}
    try:
        return TaskProfile(failure_rate=rate, errors=weights, **times)
    except ValueError as error:
        raise OptionError(f"In {source}, {where}: {error}.") from error


def _durations(given: object, source: str, where: str, directory: Path) -> Durations:
    try:
        if isinstance(given, Mapping):
            if "samples" in given:
                _refuse_unknown(given, ("samples",), source, f"{where}.")
                return empirical(_samples(given["samples"], source, f"{where}.samples", directory))
            return _of_quantiles(given, source, where)
        return constant(_number(given, source, where, ALLOWED_TIMES))
    except ValueError as error:
        if isinstance(error, OptionError):
            raise
        raise OptionError(f"In {source}, {where}: {error}. Allowed are {ALLOWED_TIMES}.") from error


def _of_quantiles(given: Mapping[str, object], source: str, where: str) -> Durations:
    unknown = [key for key in given if not QUANTILE.fullmatch(str(key))]
    if unknown or len(given) < 2:
        what = f"has no key {unknown[0]!r}" if unknown else "needs two quantiles at least"
        raise OptionError(f"In {source}, {where} {what}. Allowed are {ALLOWED_TIMES}.")
    points = sorted((_share(key), _number(value, source, f"{where}.{key}")) for key, value in given.items())
    # A median and one more quantile determine a log-normal distribution, which is what latencies usually look like. A least or a largest
    # value does not, as this distribution goes from 0 to infinity: then the quantiles are joined by lines. ``median`` and ``p50`` are one
    # quantile and no pair; ``Quantiles`` refuses them with the right error.
    if len(points) == 2 and [share for share, _ in points].count(0.5) == 1:
        (_, median), (share, seconds) = sorted(points, key=lambda point: point[0] != 0.5)
        if 0 < share < 1:
            return LogNormal.through(median, share, seconds)
    return Quantiles(tuple(points))


def _share(key: str) -> float:
    named = {"min": 0.0, "median": 0.5, "max": 1.0}
    return named[key] if key in named else float(key[1:]) / 100


def _samples(given: object, source: str, where: str, directory: Path) -> Sequence[float]:
    if isinstance(given, Sequence) and not isinstance(given, str):
        return [_number(one, source, where) for one in given]
    path = directory / str(given)
    samples = []
    try:
        # "utf-8" would leave a byte order mark in the first line. A sample there would then be taken for a header.
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                text = line.strip()
                try:
                    if text:
                        samples.append(float(text))
                except ValueError as error:
                    if number > 1:  # the first line may be a header
                        raise ValueError(f"line {number} of {str(path)!r} is no number: {text[:40]!r}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{str(path)!r} cannot be read: {error}") from error
    return samples


def _number(value: object, source: str, where: str, allowed: str = "a number") -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(source, where, value, allowed)
    try:
        return float(value)
    except OverflowError:  # Python has larger whole numbers
        raise _wrong(source, where, value, allowed) from None


def _wrong(source: str, where: str, value: object, allowed: str) -> OptionError:
    return OptionError(f"In {source}, {where} is {value!r}. Allowed: {allowed}.")


def _refuse_unknown(given: Mapping[str, object], known: Sequence[str], source: str, prefix: str) -> None:
    for key in given:
        if key not in known:
            hint = did_you_mean(str(key), known)
            raise OptionError(
                f"In {source} there is no key {prefix + str(key)!r}. Allowed are {', '.join(known)}.{hint}"
            )
