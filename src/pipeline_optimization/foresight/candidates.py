"""The configurations that can be foreseen: of each installed orchestrator some numbers of workers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import fields_dict, frozen

from pipeline_optimization.errors import OptionError
from pipeline_optimization.foresight.costs import Place
from pipeline_optimization.foresight.simulate import Configuration
from pipeline_optimization.registry import Registry
from pipeline_optimization.tasks.retry_settings import RetrySettings
from pipeline_optimization.types import Component, RetryPolicy

__all__ = [
    "DEFAULT_RETRY",
    "Candidate",
    "candidates",
    "clusters",
    "known_places",
    "most_workers",
    "option_of",
    "place_of",
]

WORKERS: Mapping[Place, Sequence[int]] = {
    "caller": (1,),
    "threads": (2, 4, 8, 32),
    "loop": (8, 32, 100, 1000),
    "processes": (1, 2, 4, 8, 32),
}
"""Numbers of workers that are foreseen where nobody says which."""

CLUSTER_WORKERS = (8, 32, 100)
"""The same for clusters, beside as many as this machine has processors."""

OPTIONS = ("workers", "concurrency")
"""What options of orchestrators are called that say how many attempts may run at once."""

ORDER: Sequence[Place] = ("caller", "loop", "threads", "processes")
"""From what is simplest to debug to what has most that can go wrong."""


DEFAULT_RETRY = RetrySettings().label
"""The retry policy of the command line where nobody says which."""


@frozen(kw_only=True)
class Candidate:
    """A configuration, where its attempts run, and the options of the command line that select it."""

    configuration: Configuration
    place: Place
    arguments: Sequence[str]


def place_of(component: Component[Any, Any]) -> Place | None:
    """Return where an orchestrator's attempts run; None for what chooses itself, and where nobody can tell."""
    capabilities, option = component.capabilities, option_of(component)
    if capabilities.chooses:
        return None
    if capabilities.runs_in_caller:
        return "caller" if option is None else "loop"
    if option is None:
        return None
    return "processes" if capabilities.is_parallel else "threads"


def option_of(component: Component[Any, Any]) -> str | None:
    """Return the orchestrator's option that says how many attempts may run at once."""
    known = fields_dict(component.options)
    return next((one for one in OPTIONS if one in known), None)


def most_workers(component: Component[Any, Any]) -> float:
    """Return how many attempts the orchestrator's option lets run at once at most."""
    option = option_of(component)
    most = None if option is None else fields_dict(component.options)[option].metadata.get("at_most")
    return math.inf if most is None else float(most)


def known_places(registry: Registry) -> Mapping[str, Place]:
    """Return the installed orchestrators of one machine that can be foreseen, by name, the simplest first."""
    return {name: place for name, place in _places(registry).items() if not _is_cluster(registry, name)}


def clusters(registry: Registry) -> Sequence[str]:
    """Return the names of the installed orchestrators of several machines that can be foreseen."""
    return [name for name in _places(registry) if _is_cluster(registry, name)]


def _is_cluster(registry: Registry, name: str) -> bool:
    return registry.component("orchestrator", name).capabilities.is_distributed


def _places(registry: Registry) -> Mapping[str, Place]:
    found: dict[str, Place] = {}
    for name in registry.names("orchestrator"):
        place = place_of(registry.component("orchestrator", name))
        if place is not None:
            found[name] = place
    return dict(sorted(found.items(), key=lambda one: (_is_cluster(registry, one[0]), ORDER.index(one[1]))))


def candidates(
    registry: Registry,
    *,
    orchestrators: Iterable[str] = (),
    workers: Sequence[int] = (),
    retries: Mapping[str, RetryPolicy],
    cores: int,
) -> Sequence[Candidate]:
    """Return what to foresee, the simplest first.

    Args:
        registry: What is installed.
        orchestrators: Those to foresee; all of one machine that can be, if none is named.
        workers: The numbers of workers; some that make sense, if none is named. Those that an orchestrator does not take are left out for it.
        retries: The retry policies, by the labels of their settings (``RetrySettings``), such as ``fixed delay=3``.
        cores: How many processors there are: as many workers are always among them.

    Raises:
        UsageError: If there is no such orchestrator, nothing is known of how it shares the machine, or none takes that many workers.
    """
    places = _places(registry)
    chosen = list(orchestrators) or list(known_places(registry))
    for name in chosen:
        registry.component("orchestrator", name)
        if name not in places:
            raise OptionError(
                f"The orchestrator {name!r} cannot be predicted: how it shares this machine is not known. Known are {', '.join(places)}."
            )
    most = {name: most_workers(registry.component("orchestrator", name)) for name in places if name in chosen}
    _check_workers(workers, {name: number for name, number in most.items() if places[name] != "caller"})
    found = []
    for name, at_most in most.items():
        component, place = registry.component("orchestrator", name), places[name]
        option, is_cluster = option_of(component), component.capabilities.is_distributed
        known = CLUSTER_WORKERS if is_cluster else WORKERS[place]
        numbers = [1] if place == "caller" else workers or sorted({*known, *([cores] if place == "processes" else [])})
        for number in (one for one in numbers if one <= at_most):
            for retry, policy in retries.items():
                arguments = ["--orchestrator", name]
                arguments += [] if option is None else ["-o", f"{option}={number}"]
                arguments += _retry_arguments(retry) if len(retries) > 1 or retry != DEFAULT_RETRY else []
                needs_cluster = is_cluster and number > cores
                configuration = Configuration(
                    orchestrator=name, workers=number, retry=policy, retry_name=retry, needs_cluster=needs_cluster
                )
                found.append(Candidate(configuration=configuration, place=place, arguments=arguments))
    return found


def _check_workers(workers: Sequence[int], most: Mapping[str, float]) -> None:
    """Raise OptionError if one of these numbers is more than any of these orchestrators takes."""
    if workers and most and max(workers) > max(most.values()):
        takes = ", ".join(f"{name} takes {number:,.0f}" for name, number in most.items())
        raise OptionError(f"No orchestrator takes {max(workers):,} workers: at most, {takes}.")


def _retry_arguments(label: str) -> Sequence[str]:
    settings = RetrySettings.of_label(label)
    return [
        "--retry",
        settings.name,
        *(word for key, value in settings.options for word in ("-o", f"retry.{key}={value}")),
    ]
