"""Finds the inner orchestrator and puts the hedge before it."""

from __future__ import annotations

from collections.abc import Mapping

from anagram_plugin_hedged import HedgedOptions
from anagram_plugin_hedged.orchestrator import HedgedOrchestrator
from pipeline_optimization import Registry
from pipeline_optimization.errors import OptionError
from pipeline_optimization.types import Capabilities, Orchestrator

__all__ = ["build", "hedge"]


def build(options: HedgedOptions) -> HedgedOrchestrator:
    """Build both. The inner orchestrator is looked for among the installed plugins that the environment selects.

    Raises OptionError for options that make no sense, and UnknownComponentError if no plugin offers the inner orchestrator.
    """
    if options.quantile >= 1:
        raise OptionError(f"The quantile of 'hedged' must be below 1, not {options.quantile!r}: 0.95 is usual.")
    choice = Registry.load().orchestrator(options.inner, _parse(options.inner_options))
    return hedge(choice.build(), choice.component.capabilities, options)


def hedge(inner: Orchestrator, capabilities: Capabilities, options: HedgedOptions) -> HedgedOrchestrator:
    """Put the hedge before an orchestrator that can do what ``capabilities`` say."""
    return HedgedOrchestrator(
        inner,
        capabilities=capabilities,
        quantile=options.quantile,
        slack=options.slack,
        share=options.share,
        samples=options.samples,
    )


def _parse(text: str) -> Mapping[str, object]:
    """Return the options in ``key=value,key=value``."""
    pairs = [pair.partition("=") for pair in text.split(",") if pair.strip()]
    wrong = [key for key, equals, _ in pairs if not key.strip() or not equals]
    if wrong:
        raise OptionError(f"inner_options of 'hedged' are KEY=VALUE,KEY=VALUE; {text!r} is not.")
    return {key.strip(): value.strip() for key, _, value in pairs}
