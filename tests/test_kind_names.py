"""A kind of component is named with a hyphen or an underscore, wherever one is named."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import pytest

from pipeline_optimization.cli import main
from pipeline_optimization.registry import kind_named
from pipeline_optimization.templates.rendering import write_plugin


def answer(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command in this process, which must succeed, and return its output."""
    with mock.patch.dict(os.environ, {"COLUMNS": "100"}), pytest.raises(SystemExit) as ended:
        main(arguments)
    captured = capsys.readouterr()
    assert ended.value.code == 0, captured.err
    return captured.out


def test_names() -> None:
    """Case, hyphens and underscores do not count, and ``retry`` is what the command line calls retry policies."""
    for word in ("retry_policy", "retry-policy", "Retry-Policy", "retry policy", "retry"):
        assert kind_named(word) == "retry_policy"
    assert kind_named("orchestrator") == "orchestrator"
    assert kind_named("engine") is None


@pytest.mark.parametrize("kind", ["retry-policy", "retry_policy", "retry"])
def test_commands(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``plugins list`` and ``plugins new`` take each of the names."""
    listed = json.loads(answer(["plugins", "list", "--kind", kind, "--json"], capsys))
    assert {"core", "tenacity"} <= {record["name"] for record in listed}
    assert all(any(one.startswith("retry_policy:") for one in record["components"]) for record in listed)
    answer(["plugins", "new", "mine", "--kind", kind, "--directory", str(tmp_path)], capsys)
    made = (tmp_path / "anagram-plugin-mine" / "src" / "anagram_plugin_mine" / "__init__.py").read_text()
    assert "anagram_register_retry_policies" in made


def test_library(tmp_path: Path) -> None:
    """The function behind ``plugins new`` takes them too."""
    assert (write_plugin("mine", "retry-policy", tmp_path) / "pyproject.toml").is_file()


@pytest.mark.parametrize("prefix", ["retry", "retry_policy", "retry-policy"])
def test_options(prefix: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``-o`` takes an option of a component by each of the names of its kind."""
    arguments = ["run", "--text", "cat", "--format", "json", "--retry", "fixed", "-o", f"{prefix}.attempts=0"]
    with mock.patch.dict(os.environ), pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "Option 'attempts' of the retry policy 'fixed' must be at least 1" in capsys.readouterr().err


def test_help_tells_of_all_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    """``run --help`` says how the options of each kind are written, and ``-o help`` lists those of the chosen ones."""
    text = " ".join(answer(["run", "--help"], capsys).split())
    for written in ("tokenizer.KEY", "signature.KEY", "lexicon.KEY", "retry.KEY"):
        assert written in text
    listed = answer(["run", "-o", "help", "--lexicon", "file:words.txt", "--retry", "fixed"], capsys)
    for kind in (
        "orchestrator sequential",
        "tokenizer exercise",
        "signature letters",
        "retry policy fixed",
        "lexicon file",
    ):
        assert f"{kind}: " in listed
    assert "  -o lexicon.path=" in listed
    assert "  -o retry.attempts=" in listed
