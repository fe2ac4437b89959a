"""Gathers the site's pages: the documents of this directory, those of the root, and references made of docstrings.

Run by: hatch run docs:build
"""

from __future__ import annotations

import inspect
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from pipeline_optimization import hookspecs, types
from pipeline_optimization.benchmarks.methods import describe_methods
from pipeline_optimization.testing.every_kind import CHECKS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
OUTPUT = ROOT / "build" / "site-pages"
FROM_ROOT = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
TITLES = {
    "orchestrator": "Orchestrators",
    "tokenizer": "Tokenizers",
    "signature": "Signatures",
    "retry_policy": "Retry policies",
    "lexicon": "Lexicons",
    "pipeline": "Pipelines",
    "observer": "Observers",
}


def main() -> None:
    """Write all pages anew."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    for path in sorted(DOCS.rglob("*.md")):
        write(path, OUTPUT / path.relative_to(DOCS))
    for name, page in FROM_ROOT.items():
        write(ROOT / name, OUTPUT / page)
    reference = OUTPUT / "reference"
    reference.mkdir(parents=True)
    for name, text in (("hooks", hooks()), ("types", contracts()), ("checks", checks()), ("figures", figures())):
        (reference / f"{name}.md").write_text(text, "utf-8")
    shutil.copy(DOCS / "style.css", OUTPUT / "style.css")


def write(source: Path, page: Path) -> None:
    """Copy a document, its links adapted to where it and its targets stand on the site."""
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(LINK.sub(lambda match: link(match, source, page), source.read_text("utf-8")), "utf-8")


def link(match: re.Match[str], source: Path, page: Path) -> str:
    """Return a link as the site has it; one to a file that is no page becomes the file's name."""
    text, target = match.groups()
    name, _, heading = target.partition("#")
    if "://" in target or not name:
        return match.group()
    path = (source.parent / name).resolve()
    place = place_of(path)
    if place is None:
        return f"{text} (`{path.relative_to(ROOT)}`)"
    depth = len(page.relative_to(OUTPUT).parents) - 1
    return f"[{text}]({'../' * depth}{place}{'#' + heading if heading else ''})"


def place_of(path: Path) -> str | None:
    """Return where a file stands on the site, or None where it is no page."""
    if path.parent == ROOT and path.name in FROM_ROOT:
        return FROM_ROOT[path.name]
    if path == ROOT / "src" / "pipeline_optimization" / "hookspecs.py":
        return "reference/hooks.md"
    if path.is_relative_to(DOCS) and path.suffix == ".md":
        return str(path.relative_to(DOCS))
    if path.is_relative_to(DOCS / "reference"):
        return str(path.relative_to(DOCS))
    return None


def hooks() -> str:
    """Return the reference of hooks, made of their docstrings."""
    parts = ["# Hooks", *paragraphs(hookspecs)]
    for name, hook in vars(hookspecs).items():
        if name.startswith("anagram_"):
            parts += [f"## `{name}`", code(f"def {name}{signature(hook)}"), *paragraphs(hook)]
    return "\n\n".join(parts) + "\n"


def contracts() -> str:
    """Return the reference of what crosses the contract: protocols and records, made of their docstrings."""
    parts = [
        "# Types",
        "What crosses the contract between core and plugins. Import them from `pipeline_optimization.types`.",
    ]
    for name in types.__all__:
        thing = getattr(types, name)
        parts += [f"## `{name}`", *paragraphs(thing)]
        if not inspect.isclass(thing):
            parts.insert(-1, code(f"def {name}{signature(thing)}"))
            continue
        for member, value in vars(thing).items():
            function = value.fget if isinstance(value, property) else value
            is_public = not member.startswith("_") or member == "__call__"
            if is_public and inspect.isfunction(function) and function.__doc__:
                shown = member if isinstance(value, property) else f"{member}{signature(function)}"
                parts += [code(shown), *paragraphs(function)]
        if annotations := fields(thing):
            parts.append(annotations)
    return "\n\n".join(parts) + "\n"


def signature(function: Callable[..., object]) -> str:
    """Return a signature with its types as they are written, without the quotes of postponed annotations."""
    return str(inspect.signature(function)).replace("'", "")


def fields(thing: type[object]) -> str:
    """Return the fields of a record as a table; nothing for a protocol."""
    attributes = getattr(thing, "__attrs_attrs__", ())
    rows = [f"| `{one.name}` | `{str(one.type).replace('|', chr(92) + '|')}` |" for one in attributes]
    return "\n".join(["| field | type |", "|---|---|", *rows]) if rows else ""


def checks() -> str:
    """Return the reference of the conformance kit's checks."""
    parts = ["# Checks", "What the contracts check, with the checks without which each says nothing."]
    for kind, title in TITLES.items():
        rows = [
            f"| `{check.name}` | {literal(check.fact)} | {', '.join(f'`{name}`' for name in check.after)} |"
            for check in CHECKS[kind]  # type: ignore[index]  # the titles are those of the kinds
        ]
        parts += [f"## {title}", "\n".join(["| check | what holds | after |", "|---|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def figures() -> str:
    """Return how each figure of a comparison comes about, as detailed tables say it."""
    text = "\n".join(f"| {name} | {method} |" for name, method in describe_methods([]).items())
    intro = (
        "What stands below a detailed table, without the methods that a machine offers for memory and processor time."
    )
    return f"# Figures\n\n{intro}\n\n| figure | method |\n|---|---|\n{text}\n"


def paragraphs(thing: object) -> list[str]:
    """Return a docstring as Markdown: literals and code blocks as such, arguments as a list."""
    doc = inspect.getdoc(thing) or ""
    doc = re.sub(r"^Args:\n((?:    .+\n?)+)", arguments, doc, flags=re.MULTILINE)
    doc = re.sub(r"::\n\n((?:    .*\n|\n)+)", lambda m: f":\n\n{code(inspect.cleandoc(m[1]))}\n\n", doc + "\n")
    return [literal(doc).strip()]


def arguments(match: re.Match[str]) -> str:
    lines = [line.strip().partition(": ") for line in match[1].splitlines()]
    return "\n".join(f"- `{name}`: {text}" for name, _, text in lines) + "\n"


def literal(text: str) -> str:
    return re.sub(r"(?<!`)``([^`]+)``(?!`)", r"`\1`", text)


def code(text: str) -> str:
    return f"```python\n{text.strip()}\n```"


if __name__ == "__main__":
    main()
