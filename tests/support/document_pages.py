"""Pages of the documents as what they show: files to write, and commands with what they print."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

BLOCK = re.compile(
    r"(?:<!-- in place of: (.+?) -->\n)?```(console|python|text)(?: title=\"([^\"]+)\")?\n(.*?)```", re.DOTALL
)

OWN_PIPELINE_PAGES = {
    "own-pipeline": 4,
    "retries": 1,
    "timeouts": 1,
    "async-functions": 1,
    "scarce-services": 2,
    "sessions": 2,
    "remember-results": 2,
}
"""The how-to pages about pipelines of one's own, which show what is printed, and how many commands each shows."""


def run_page(page: Path, directory: Path, environment: Mapping[str, str], fails: str) -> Iterator[str]:
    """Do what a page says, and yield each command that did what it should.

    What is printed is compared as in ``is_printed``. The exit code must be 1 if what is shown has ``fails`` in it, else 0.
    """
    for replaced, language, title, text in BLOCK.findall(page.read_text("utf-8")):
        if title:
            _write(directory / title, text, replaced)
        for command, expected in sessions(text) if language == "console" else ():
            done = subprocess.run(
                ["/bin/sh", "-c", command],
                cwd=directory,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            assert not any(expected) or is_printed("\n".join(expected), done.stdout), f"{command}\n{done.stdout}"
            assert done.returncode == (1 if fails in "\n".join(expected) else 0), f"{command}\n{done.stdout}"
            yield command


def is_printed(shown: str, printed: str) -> bool:
    """Return whether this is what a page shows: ``...`` stands for anything, and spaces at the end of a line do not count."""
    pattern = shown.replace("[", "[[]").replace("...", "*").strip()
    return fnmatchcase(re.sub(r" +$", "", printed, flags=re.MULTILINE).strip(), pattern)


def _write(path: Path, text: str, replaced: str) -> None:
    """Write a file as a page shows it, or put a part of it in the place of another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if replaced:
        old = path.read_text("utf-8")
        assert replaced in old
        text = old.replace(replaced, text.removesuffix("\n"))
    path.write_text(text, "utf-8")


def sessions(console: str) -> list[tuple[str, list[str]]]:
    """Return the commands of a console block, each with the lines that it prints."""
    found: list[tuple[str, list[str]]] = []
    for line in console.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found
