"""What the how-to pages say is so, and the site is made of all pages."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from command import anagram
from document_pages import OWN_PIPELINE_PAGES
from project_files import ROOT

PAGES = sorted(page for page in (ROOT / "docs" / "how-to").glob("*.md") if page.stem not in OWN_PIPELINE_PAGES)
"""All but those that show what is printed: ``test_own_pipeline_pages`` runs them."""
DOCUMENTS = sorted((ROOT / "docs").rglob("*.md")) + [ROOT / name for name in ("README.md", "CONTRIBUTING.md")]
FENCE = re.compile(
    r"(?:<!-- in place of: (.+?) -->\n)?^```\w+(?: title=\"([^\"]+)\")?\n.*?^```$", re.DOTALL | re.MULTILINE
)
BLOCK = re.compile(r"```(console|python|toml|text)(?: title=\"([^\"]+)\")?\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.slow] if "$ anagram compare" in page.read_text("utf-8") else [])
        for page in PAGES
    ],
    ids=lambda page: page.stem,
)
def test_how_to(page: Path, tmp_path: Path) -> None:
    """Files that a page shows can be written, and its commands and programs succeed in their order."""
    (tmp_path / "book.txt").write_text("The cat stopped. " * 50)
    blocks = BLOCK.findall(page.read_text("utf-8"))
    assert blocks
    for language, title, text in blocks:
        if title:
            (tmp_path / title).parent.mkdir(exist_ok=True)
            (tmp_path / title).write_text(text)
        elif language == "python":
            done = subprocess.run(
                [sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
        for command in re.findall(r"^\$ anagram (.+)$", text, re.MULTILINE) if language == "console" else ():
            result = anagram(*shlex.split(command), cwd=tmp_path)
            assert result.returncode == 0, (command, result.stderr.decode(), result.stdout.decode())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.stem)
def test_files_and_replaced_lines_are_named_in_the_text(document: Path) -> None:
    """What only the site shows or nobody sees, a block's title and the comment above it, is also said in the text before the block."""
    text = document.read_text("utf-8")
    end, last = 0, ""
    for block in FENCE.finditer(text):
        before = text[end : block.start()]
        replaced, title = block.groups()
        if title and title != last and "." in title:
            assert f"`{title}`" in before
        if replaced:
            assert f"`{replaced.strip()}`" in before
        end, last = block.end(), title or last


def test_every_page_is_in_the_navigation() -> None:
    """A document that is written is found on the site."""
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        assert f": {page.relative_to(ROOT / 'docs')}\n" in navigation


def test_every_page_is_in_the_list_of_pages() -> None:
    """A reader of the README finds each page by what it is for."""
    text = (ROOT / "docs" / "pages.md").read_text("utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        assert page.name == "pages.md" or f"]({page.relative_to(ROOT / 'docs')})" in text


def test_references_are_made_of_docstrings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every hook with its arguments, every type and every check has its place in the references."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    import build_site

    from pipeline_optimization import hookspecs, types
    from pipeline_optimization.testing.every_kind import CHECKS

    hooks = build_site.hooks()
    for name in (name for name in vars(hookspecs) if name.startswith("anagram_")):
        assert f"## `{name}`" in hooks
    assert "- `tokenizer`: The name of the run's tokenizer." in hooks
    assert not re.search(r"^(Args|Attributes|Raises):$\n    ", hooks + build_site.contracts(), re.MULTILINE)
    assert "``" not in re.sub(r"```", "", hooks)
    for name in types.__all__:
        assert f"## `{name}`" in build_site.contracts()
    for checks in CHECKS.values():
        assert all(f"| `{check.name}` |" in build_site.checks() for check in checks)


def test_references_say_nothing_that_only_the_build_causes(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alias has its own text, not that of Python's ``object``, and a figure's method is not "not measured" for lack of samples."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    import build_site

    types = build_site.contracts()
    assert "## `Row`\n\nA value that reached the end of a pipeline:" in types
    assert (object.__doc__ or "").splitlines()[0] not in types
    assert "| memory | METHOD of the whole process tree," in build_site.figures()


def test_entries_of_several_lines_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry of a docstring's section is one item of a list, however many lines it has, and what is returned is a sentence."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    import build_site

    def documented() -> None:
        """Do it.

        Args:
            one: The first
                of two: lines.
            other: The second.

        Returns:
            A value
            of two lines.

        Raises:
            ValueError: If it is
                wrong.
        """

    (found,) = build_site.paragraphs(documented)
    assert found == (
        "Do it.\n\n- `one`: The first of two: lines.\n- `other`: The second.\n\nReturns: A value of two lines.\n\nRaises:\n\n"
        "- `ValueError`: If it is wrong."
    )


def test_commands_are_made_of_the_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference has each command, also those below another one, with its options; a pipe in an option does not cut the table."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    import build_site

    commands = build_site.commands()
    for name in ("run", "retry", "benchmark", "compare", "report", "plugins", "plugins new"):
        assert f"## `anagram {name}`\n" in commands
    assert "| `--orchestrator NAME` | How attempts are run." in commands
    assert r"| `--test-case [small\|medium\|large\|all]` |" in commands


def test_terms_lead_to_the_glossary(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first use of a term is a link; later ones, code, headings and links stay as they are."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    import build_site

    page = "# The floor\n\n`floor` and [a floor](x.md): the floor. Floors of items.\n\n    floor\n"
    assert build_site.with_terms(page, "../") == (
        "# The floor\n\n`floor` and [a floor](x.md): the [floor](../glossary.md#floor). Floors of [items](../glossary.md#item).\n\n    floor\n"
    )
    assert build_site.with_terms("It is quarantined.", "") == "It is [quarantined](glossary.md#quarantine)."
