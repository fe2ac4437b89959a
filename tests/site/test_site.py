"""The site is whole, stands by itself, and its build finds what leads nowhere. Run by: hatch run docs:test."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from project_files import ROOT

pytestmark = pytest.mark.site

PAGES = ROOT / "build" / "site-pages"


def build(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Build a directory of pages with the site's own settings."""
    settings = (ROOT / "mkdocs.yml").read_text("utf-8")
    settings = settings.replace("build/site-pages", str(source)).replace("build/site\n", f"{target}\n")
    config = target.parent / "mkdocs.yml"
    config.write_text(settings, "utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--config-file", str(config)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def pages() -> Path:
    subprocess.run([sys.executable, str(ROOT / "docs" / "build_site.py")], check=True)
    return PAGES


def test_whole_and_by_itself(pages: Path, tmp_path: Path) -> None:
    """There is a page for each document and reference, and none of them fetches anything from elsewhere."""
    done = build(pages, tmp_path / "site")
    assert done.returncode == 0, done.stderr
    made = {str(path.relative_to(tmp_path / "site").with_suffix(".md")) for path in tmp_path.glob("site/**/*.html")}
    assert made - {"404.md"} == {str(path.relative_to(pages)) for path in pages.rglob("*.md")}
    for path in tmp_path.glob("site/**/*.html"):
        fetched = re.findall(r"<(?:script|img|link)[^>]+(?:src|href)=\"?(https?://[^\"> ]+)", path.read_text("utf-8"))
        assert not fetched, path


@pytest.mark.parametrize("link", ["[x](no-such-page.md)", "[x](architecture.md#no-such-heading)", "[x](#nowhere)"])
def test_links_are_strict(pages: Path, tmp_path: Path, link: str) -> None:
    """A link to a page or a heading that does not exist stops the build."""
    page = pages / "tutorial.md"
    text = page.read_text("utf-8")
    try:
        page.write_text(f"{text}\n{link}\n", "utf-8")
        assert build(pages, tmp_path / "site").returncode == 1
    finally:
        page.write_text(text, "utf-8")
