"""Plugins made of the templates install, keep their contracts, and are typed. Run by: hatch run wheel-test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from wheel_environment import WHEELS, clean_environment, install, make_environment

pytestmark = pytest.mark.wheels

KINDS = (
    "orchestrator",
    "tokenizer",
    "signature",
    "retry_policy",
    "lexicon",
    "pipeline",
    "sink",
    "fault_profile",
    "observer",
)
USED = {
    "orchestrator": ("--orchestrator", "my-orchestrator"),
    "tokenizer": ("--tokenizer", "my-tokenizer"),
    "signature": ("--signature", "my-signature"),
    "retry_policy": ("--retry", "my-retry-policy"),
    "lexicon": ("--lexicon", "my-lexicon"),
    "pipeline": ("--pipeline", "my-pipeline"),
    "fault_profile": ("--faults", "my-fault-profile"),
    "sink": ("--pipeline", "my-pipeline"),
    "observer": (),
}


@pytest.fixture(scope="module")
def bin_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one plugin of each kind, and install all of them into an environment that has only the core's wheel."""
    home = make_environment(tmp_path_factory.mktemp("authors"), *WHEELS.glob("pipeline_optimization-*.whl"))
    work = home / "work"
    work.mkdir()
    for kind in KINDS:
        name = f"my-{kind.replace('_', '-')}"
        run(home / "bin", "anagram", "plugins", "new", name, "--kind", kind, "--directory", str(work))
    made = [f"{path}[test]" for path in sorted(work.iterdir())]
    install(home, *made)
    return home / "bin"


def run(bin_directory: Path, program: str, *arguments: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [str(bin_directory / program), *arguments],
        cwd=cwd or bin_directory.parent,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def home_of(bin_directory: Path, kind: str) -> Path:
    return bin_directory.parent / "work" / f"anagram-plugin-my-{kind.replace('_', '-')}"


@pytest.mark.parametrize("kind", KINDS)
def test_the_contract_is_green(bin_directory: Path, kind: str) -> None:
    """A plugin passes its contract at once, as a test and as a command, and takes part in a run."""
    home = home_of(bin_directory, kind)
    assert " passed" in run(bin_directory, "python", "-m", "pytest", "-q", cwd=home)
    assert "0 failed" in run(bin_directory, "anagram", "plugins", "check", f"my-{kind.replace('_', '-')}")
    assert "cat" in run(bin_directory, "anagram", "run", "--text", "cat", *USED[kind], "--format", "csv")


def test_typed_and_tidy(bin_directory: Path) -> None:
    """Mypy in its strict mode and ruff find nothing in any of them."""
    for kind in KINDS:
        home = home_of(bin_directory, kind)
        run(bin_directory, "python", "-m", "mypy", cwd=home)
        run(bin_directory, "python", "-m", "ruff", "check", ".", cwd=home)
        run(bin_directory, "python", "-m", "ruff", "format", "--check", ".", cwd=home)
