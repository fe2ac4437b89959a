"""Needs what is not there."""

from __future__ import annotations

from a_package_that_nobody_has import something  # type: ignore[import-not-found]


class TaskOrchestrator:
    process_text = something
