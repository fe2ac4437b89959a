"""Which counting kernel a run uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pipeline_optimization.error_text import describe_with_place, message_of
from pipeline_optimization.errors import PluginLoadError, UnknownComponentError
from pipeline_optimization.foreign_code import ForeignCodeError, call_foreign
from pipeline_optimization.registry.known import hint_about
from pipeline_optimization.types import KernelOffer

__all__ = ["AUTO", "choose_kernels", "prepare_kernel"]

AUTO = "auto"


def choose_kernels(offers: Sequence[KernelOffer], name: str, least_bytes: int) -> Sequence[KernelOffer]:
    """Return the kernels to try, best first: the named one, or for ``auto`` those that the input is large enough for.

    ``least_bytes`` is how large the input is at least. Raises UnknownComponentError where nobody offers the name.
    """
    if name == AUTO:
        return [offer for offer in offers if offer.worth_from_bytes <= least_bytes]
    named = [offer for offer in offers if offer.name == name]
    if named:
        return named
    installed = sorted(offer.name for offer in offers)
    hint = hint_about("kernel", name, [AUTO, *installed])
    raise UnknownComponentError(
        f"No kernel {name!r} for this tokenizer, signature and lexicon.{hint} Installed: {', '.join(installed)}.",
        kind="kernel",
        name=name,
        installed=installed,
    )


def prepare_kernel(offers: Sequence[KernelOffer], announce: Callable[[str], None]) -> tuple[KernelOffer, list[str]]:
    """Return the first kernel that can be prepared, with a warning for each that could not.

    ``announce`` is told what takes long. Raises PluginLoadError where none can be prepared.
    """
    warnings: list[str] = []
    cause: BaseException | None = None
    for offer in offers:
        try:
            if offer.prepare is not None:
                call_foreign(offer.prepare, announce)
        except ForeignCodeError as error:
            cause = error.raised
            why = message_of(cause) if isinstance(cause, PluginLoadError) else describe_with_place(cause)
            warnings.append(f"The kernel {offer.name!r} cannot be used: {why}.")
        else:
            return offer, warnings
    raise PluginLoadError(" ".join(warnings), plugin=offers[-1].name) from cause
