"""The configurations that can be foreseen: of each installed orchestrator some numbers of workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import fields_dict, frozen

from pipeline_optimization.errors import OptionError
from pipeline_optimization.foresight.costs import Place
from pipeline_optimization.foresight.simulate import Configuration
from pipeline_optimization.registry import Registry
from pipeline_optimization.types import Component, RetryPolicy

__all__ = ["Candidate", "candidates", "known_places", "place_of"]

WORKERS: Mapping[Place, Sequence[int]] = {
    "caller": (1,),
    "threads": (2, 4, 8, 32),
    "loop": (8, 32, 100, 1000),
    "processes": (1, 2, 4, 8, 32),
}
"""Numbers of workers that are foreseen where nobody says which."""

OPTIONS = ("workers", "concurrency")
"""What options of orchestrators are called that say how many attempts may run at once."""

ORDER: Sequence[Place] = ("caller", "loop", "threads", "processes")
"""From what is simplest to debug to what has most that can go wrong."""


@frozen(kw_only=True)
class Candidate:
    """A configuration, where its attempts run, and the options of the command line that select it."""

    configuration: Configuration
    place: Place
    arguments: Sequence[str]


def place_of(component: Component[Any, Any]) -> Place | None:
    """Return where an orchestrator's attempts run; None for clusters, for what chooses itself, and where nobody can tell."""
    capabilities = component.capabilities
    if capabilities.is_distributed or capabilities.chooses:
        return None
    option = option_of(component)
    if capabilities.runs_in_caller:
        return "caller" if option is None else "loop"
    if option is None:
        return None
    return "processes" if capabilities.is_parallel else "threads"


def option_of(component: Component[Any, Any]) -> str | None:
    """Return the orchestrator's option that says how many attempts may run at once."""
    known = fields_dict(component.options)
    return next((one for one in OPTIONS if one in known), None)


def known_places(registry: Registry) -> Mapping[str, Place]:
    """Return the installed orchestrators that can be foreseen, by name, the simplest first."""
    found: dict[str, Place] = {}
    for name in registry.names("orchestrator"):
        place = place_of(registry.component("orchestrator", name))
        if place is not None:
            found[name] = place
    return dict(sorted(found.items(), key=lambda one: ORDER.index(one[1])))


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
        orchestrators: Those to foresee; all that can be, if none is named.
        workers: The numbers of workers; some that make sense, if none is named.
        retries: The retry policies, by what the command line calls them.
        cores: How many processors there are: as many workers are always among them.

    Raises:
        UsageError: If there is no such orchestrator, or nothing is known of how it shares the machine.
    """
    places = known_places(registry)
    chosen = list(orchestrators) or list(places)
    for name in chosen:
        registry.component("orchestrator", name)
        if name not in places:
            raise OptionError(
                f"The orchestrator {name!r} cannot be foreseen: how it shares this machine is not known. Known are {', '.join(places)}."
            )
    found = []
    for name in (one for one in places if one in chosen):
        place, option = places[name], option_of(registry.component("orchestrator", name))
        numbers = (
            [1]
            if place == "caller"
            else workers or sorted({*WORKERS[place], *([cores] if place == "processes" else [])})
        )
        for number in numbers:
            for retry, policy in retries.items():
                arguments = ["--orchestrator", name]
                arguments += [] if option is None else ["-o", f"{option}={number}"]
                arguments += ["--retry", retry] if len(retries) > 1 else []
                configuration = Configuration(orchestrator=name, workers=number, retry=policy, retry_name=retry)
                found.append(Candidate(configuration=configuration, place=place, arguments=arguments))
    return found
