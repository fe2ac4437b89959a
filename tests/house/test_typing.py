"""Type checkers find nothing in a right plugin, and every mistake in a wrong one."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from project_files import ROOT

HOME = Path(__file__).parent / "typing_examples"
MISTAKES = {"plugin": 14, "pipeline": 17}
"""What there is a right and a wrong file of, and how many mistakes the wrong one has at least."""
CHECKERS = {
    "mypy": ("mypy", "--strict", "--no-error-summary", "--hide-error-context"),
    "pyright": ("pyright", "--pythonpath", sys.executable),
}
CHECKED = pytest.mark.parametrize("checker", ["mypy", pytest.param("pyright", marks=pytest.mark.slow)])


def errors_of(checker: str, path: Path) -> dict[int, str]:
    """Return what a type checker says of a file, by line."""
    command = [sys.executable, "-m", *CHECKERS[checker], str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120)
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    found = re.findall(rf"{path.name}:(\d+):(?:\d+)?.*?error:? (.*)", done.stdout)
    return {int(line): message for line, message in found}


@CHECKED
@pytest.mark.parametrize("subject", MISTAKES)
def test_what_is_right(checker: str, subject: str) -> None:
    """A plugin of every kind, annotated as the documents say, has no type error, and neither has a pipeline."""
    assert not errors_of(checker, HOME / f"right_{subject}.py")


@CHECKED
@pytest.mark.parametrize("subject", MISTAKES)
def test_what_is_wrong(checker: str, subject: str) -> None:
    """Each line with a mistake has a type error, and no other line has one."""
    wrong = HOME / f"wrong_{subject}.py"
    lines = wrong.read_text().splitlines()
    marked = {number for number, line in enumerate(lines, start=1) if "# wrong" in line and '"""' not in line}
    assert len(marked) >= MISTAKES[subject]
    assert set(errors_of(checker, wrong)) == marked


def test_no_any_in_the_author_api() -> None:
    """Hook specs, types and fixtures promise nothing by the type that allows everything."""
    source = ROOT / "src" / "pipeline_optimization"
    for path in (source / "hookspecs.py", source / "pytest_plugin.py", *(source / "types").glob("*.py")):
        assert not re.search(r"\bAny\b", path.read_text()), path.name
    for name in ("examining.py", "contracts.py"):
        for line in (source / "testing" / name).read_text().splitlines():
            if re.match(r"    def [a-z]|def [a-z]", line):
                assert not re.search(r"\bAny\b", line) or "subject" in line or "def make(self) -> Any" in line, line
