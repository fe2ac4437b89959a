"""How contenders are named on the command line, and how the names become contenders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline_optimization.errors import UnknownComponentError, UsageError
from pipeline_optimization.plural import counted
from pipeline_optimization.registry import Registry

if TYPE_CHECKING:
    from pipeline_optimization.benchmarks.contenders import Contender
    from pipeline_optimization.benchmarks.naming import Found

__all__ = [
    "DEFAULT_DIRECTORY",
    "compared_contenders",
    "contender_options",
    "default_orchestrators",
    "named_contenders",
    "with_reference",
]

DEFAULT_DIRECTORY = "benchmark_orchestrators"


def contender_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command contenders as arguments and as ``--orchestrator``: it gets ``names`` and ``orchestrators``."""
    option = click.option(
        "--orchestrator",
        "orchestrators",
        multiple=True,
        metavar="NAME",
        help="The same as the argument NAME: an installed orchestrator, a file, or a directory (repeatable).",
    )
    return click.argument("names", nargs=-1, metavar="[NAME]...")(option(command))


def named_contenders(registry: Registry, names: Sequence[str], *, workers: int) -> list[Contender]:
    """Return the contenders that were named, each once. Other files of a named directory are listed on standard error."""
    from pipeline_optimization.benchmarks.naming import find_contenders  # noqa: PLC0415 - --help is quick without it

    found = [(name, find_contenders(registry, name, workers=workers)) for name in names]
    return _each_once([contender for name, one in found for contender in _told(name, one)])


def default_orchestrators(registry: Registry) -> list[str]:
    """Return the orchestrators that are compared if the user names none: all installed ones, but for those that choose another one."""
    names = registry.names("orchestrator")
    return [name for name in names if not registry.component("orchestrator", name).capabilities.chooses]


def compared_contenders(
    registry: Registry, names: Sequence[str], directories: Sequence[str], *, workers: int
) -> list[Contender]:
    """Return the contenders that are compared.

    Without names these are all installed orchestrators. Without names and directories, the files of the directory
    ``benchmark_orchestrators`` are compared as well, if there is one.
    """
    from pipeline_optimization.benchmarks.naming import find_contenders  # noqa: PLC0415 - --help is quick without it

    plugins = names or default_orchestrators(registry)
    contenders = named_contenders(registry, plugins, workers=workers)
    is_default = not directories and not names and Path(DEFAULT_DIRECTORY).is_dir()
    for directory in [DEFAULT_DIRECTORY] if is_default else directories:
        try:
            found = find_contenders(registry, directory, workers=workers, prefers_paths=True)
        except UsageError as error:
            if not is_default:
                raise
            click.echo(f"Note: {error}", err=True)
        else:
            contenders += _told(directory, found)
    return _each_once(contenders)


def with_reference(
    registry: Registry, contenders: Sequence[Contender], reference: str | None, *, workers: int
) -> tuple[list[Contender], str]:
    """Return the contenders, the reference among them, and the name of the reference, to which all ratios are.

    A reference that is not among the contenders is compared too. If none is given, it is ``sequential``, or else the first contender.
    """
    from pipeline_optimization.benchmarks.contenders import uniquely_named  # noqa: PLC0415 - --help is quick without it
    from pipeline_optimization.benchmarks.naming import one_contender  # noqa: PLC0415 - as above

    found = list(contenders)
    names = [contender.name for contender in found]
    if reference is None:
        return found, "sequential" if "sequential" in names else names[0]
    if reference in names:
        return found, reference
    try:
        wanted = one_contender(registry, reference, workers=workers)
    except UnknownComponentError as error:
        raise UsageError(
            f"There is no contender {reference!r} to refer to, and no orchestrator, file or directory of that name. "
            f"There are: {', '.join(names)}."
        ) from error
    same = [one.name for one in found if (one.kind, one.source) == (wanted.kind, wanted.source)]
    if len(same) > 1:
        raise UsageError(f"--reference {reference!r} stands for several contenders. Name one: {', '.join(same)}.")
    if same:
        return found, same[0]
    found = uniquely_named([*found, wanted])
    return found, found[-1].name


def _each_once(contenders: Sequence[Contender]) -> list[Contender]:
    """Return each contender once, with names that tell them apart. A note says which ones were named more than once."""
    from pipeline_optimization.benchmarks.contenders import uniquely_named  # noqa: PLC0415 - --help is quick without it

    times = Counter(contender.identity for contender in contenders)
    found = uniquely_named(contenders)
    for contender in found:
        if times[contender.identity] > 1:
            named = counted(times[contender.identity], "time")
            click.echo(f"Note: {contender.name} is named {named}, and is measured as one contender.", err=True)
    return found


def _told(name: str, found: Found) -> Sequence[Contender]:
    if left_out := found.skipped_in_words():
        click.echo(f"Skipped in {name}: {left_out}.", err=True)
    return found.contenders
