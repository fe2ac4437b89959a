"""The axes of a pipeline's comparison besides orchestrators and retry policies. There is none so far."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from pipeline_optimization.benchmarks.axes import Setting
from pipeline_optimization.benchmarks.contenders import Contender
from pipeline_optimization.errors import UsageError

__all__ = ["PipelineAxes"]

OF_ANY = ("orchestrator", "retry")


@frozen
class PipelineAxes:
    """Refuses axes that mean nothing for a pipeline."""

    def of(self, contender: Contender, settings: Sequence[Setting]) -> tuple[Contender, Sequence[str]]:
        """Return the contender as it is. Raises UsageError for any axis but orchestrators, retry policies, and their options."""
        other = next((setting for setting in settings if setting.kind not in OF_ANY), None)
        if other is not None:
            raise UsageError(
                f"--vary {other.path} is for counting anagrams. With --pipeline it can be {', '.join(OF_ANY)}, or an option of these."
            )
        return contender, ()
