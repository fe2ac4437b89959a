"""What the contract says of the start and the end of a cluster that belongs to one run.

The whole contract is checked on a cluster that stays (``kept_clusters``), since attempts do not know who started it. These checks are
made again with clusters of the runs' own, whose start and end are the only difference.
"""

from __future__ import annotations

from attrs import evolve

from pipeline_optimization.testing.examining import ORCHESTRATOR_CHECKS

__all__ = ["START_AND_END_CHECKS"]

NAMES = (
    "one_element",
    "second_run",
    "close_is_idempotent",
    "nothing_is_left_behind",
    "workers_are_closed",
    "forced_close",
    "interruption",
    "workers_ignore_ctrl_c",
    "a_death_is_told",
)
_BY_NAME = {check.name: check for check in ORCHESTRATOR_CHECKS}

START_AND_END_CHECKS = tuple(
    evolve(_BY_NAME[name], after=[other for other in _BY_NAME[name].after if other in NAMES]) for name in NAMES
)
