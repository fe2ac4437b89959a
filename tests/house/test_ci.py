"""What the default run leaves out is run by CI."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from project_files import ROOT
from similar_cases import some

SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]
CI = (ROOT / ".ci" / "run").read_text("utf-8")

UNNAMED = {"postgresql"}
"""Chosen without being named: sql:test takes all of a plugin's tests but the soak."""


def test_every_marker_is_run_by_ci() -> None:
    """Each marker that the default run leaves out is chosen by a command of hatch's, and ``.ci/run`` has that command."""
    pytest_options = SETTINGS["pytest"]["ini_options"]
    declared = {marker.partition(":")[0] for marker in pytest_options["markers"]}
    default = pytest_options["addopts"][pytest_options["addopts"].index("-m") + 1]
    assert set(default.replace("not ", "").split(" and ")) == declared
    chosen = set()
    for environment, tables in SETTINGS["hatch"]["envs"].items():
        for name, command in tables.get("scripts", {}).items():
            lines = [command] if isinstance(command, str) else command
            place = name if environment == "default" else f"{environment}:{name}"
            if re.search(rf"hatch run {place}\b", CI):
                chosen |= {word for line in lines for word in re.findall(r"\w+", line.partition(" -m ")[2])}
    assert declared - UNNAMED <= chosen


@pytest.mark.parametrize("command", ["selftest", "foresight --short"])
def test_what_measures_is_run_alone(command: str) -> None:
    """Commands that measure times are steps of their own, before the lists of steps that run side by side."""
    lines = CI.splitlines()
    (at,) = [number for number, line in enumerate(lines) if re.match(rf"step hatch run {command}( #|$)", line)]
    assert at < lines.index("busy=(")


def test_cases_that_are_alike_are_marked_and_none_is_lost() -> None:
    """The first of each group is in the default run; one with marks of its own keeps them."""
    soak = pytest.param(5, marks=pytest.mark.soak)
    cases = some([1, (2, "b"), pytest.param(3, id="c"), 4, soak], every=3)
    assert cases[0] == 1
    assert cases[3] == 4
    assert cases[4] is soak
    assert [case.values for case in cases[1:3]] == [(2, "b"), (3,)]
    assert [[mark.name for mark in case.marks] for case in cases[1:3]] == [["slow"], ["slow"]]
    assert cases[2].id == "c"
