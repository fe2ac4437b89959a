"""The how-to pages about pipelines of one's own do what they say."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from attrs import fields

from anagram_plugin_tenacity import TenacityOptions
from command import environment
from document_pages import OWN_PIPELINE_PAGES, run_page
from pipeline_optimization.builtin.retry_policies import PERMANENT_ERRORS, ExponentialOptions, FixedOptions
from project_files import ROOT

HOW_TO = ROOT / "docs" / "how-to"


@pytest.mark.parametrize(("page", "commands"), OWN_PIPELINE_PAGES.items())
def test_the_page(page: str, commands: int, tmp_path: Path) -> None:
    """Every file is written as the page shows it, and every command prints what it shows, with the exit code that it tells."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = environment({"COLUMNS": "200", "PATH": path, "PYTHONWARNINGS": "error"})
    assert len(list(run_page(HOW_TO / f"{page}.md", tmp_path, settings, fails="Incomplete: "))) == commands


def test_the_options_of_retry_policies() -> None:
    """The table has every option with its default, and no other."""
    policies = (FixedOptions, ExponentialOptions, TenacityOptions)
    defaults = [{one.name: one.default for one in fields(policy)} for policy in policies]
    page = (HOW_TO / "retries.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \|(.*?)\|(.*?)\|(.*?)\|[^|]*\|$", page, re.MULTILINE)
    assert {name for name, *_ in rows} == set().union(*defaults)
    for name, *cells in rows:
        expected = [_shown(policy[name]) if name in policy else "" for policy in defaults]
        assert [cell.strip() for cell in cells] == expected, name


def test_mistakes_that_are_not_tried_again() -> None:
    """The page names the errors of Python that the built-in policies take for mistakes."""
    (line,) = re.findall(
        r"\*\*Mistakes in code\*\*.*?are not tried again", (HOW_TO / "retries.md").read_text("utf-8"), re.DOTALL
    )
    assert set(re.findall(r"`(\w+)`", line)) == PERMANENT_ERRORS - {"LexiconError"}


def _shown(default: object) -> str:
    return "none" if default is None else str(default)
