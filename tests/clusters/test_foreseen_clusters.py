"""What a cluster costs is measured like the costs of any orchestrator, and its runs are foreseen from that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command import ended_here
from pipeline_optimization import Registry
from pipeline_optimization.foresight.calibrate import costs_here, is_measured

pytestmark = pytest.mark.cluster


def test_costs_are_measured_and_used(cluster: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``advise --calibrate`` starts clusters of this machine, and later predictions need none: nothing is free, and computing is shared."""
    table, profile = tmp_path / "advice.json", tmp_path / "services.toml"
    profile.write_text("[task.fetch]\nlatency = 0.2\n")
    command = ["advise", "--faults", str(profile), "--items", "1000", "--workers", "2", "--export", str(table)]
    code, _, errors = ended_here([*command, "--orchestrator", cluster, "--calibrate"], capsys)
    assert code == 0, errors
    assert is_measured(cluster)
    costs = costs_here(Registry.load(), cluster)
    assert costs.place == "processes"
    assert min(costs.driver, costs.startup) > 0
    code, _, errors = ended_here(command, capsys)
    assert code == 0, errors
    predicted = {one["orchestrator"] for one in json.loads(table.read_text())["predictions"]}
    assert {cluster, "sequential"} <= predicted
