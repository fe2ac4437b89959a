"""Gathers the site's pages: the documents of this directory, those of the root, and references made of docstrings.

Run by: hatch run docs:build
"""

from __future__ import annotations

import inspect
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import click

from pipeline_optimization import hookspecs, types
from pipeline_optimization.benchmarks.methods import describe_methods
from pipeline_optimization.cli.main import anagram
from pipeline_optimization.testing.every_kind import CHECKS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
OUTPUT = ROOT / "build" / "site-pages"
FROM_ROOT = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
SOURCE = ROOT / "src" / "pipeline_optimization"
REFERENCES = {
    SOURCE / "cli" / "main.py": "commands",
    SOURCE / "hookspecs.py": "hooks",
    SOURCE / "types" / "__init__.py": "types",
    SOURCE / "testing" / "every_kind.py": "checks",
    SOURCE / "benchmarks" / "methods.py": "figures",
}
"""The references by the file that they are made of: documents link to the file, so that the link leads somewhere in the repository, too."""

LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
TERM = re.compile(r"^\| <a id=\"([a-z]+)\"></a>", re.MULTILINE)
NO_PROSE = re.compile(
    r"(```.*?```|^(?: {4}|#|title:|!\[).*?$|`[^`\n]*`|\[[^\]]*\]\([^)]*\)|<[^>]*>)", re.DOTALL | re.MULTILINE
)
"""Parts of a page in which no word becomes a link: code, headings, pictures, links, tags."""

SECTION = re.compile(r"^(Args|Attributes|Returns|Raises):\n((?:    .*(?:\n|$))+)", re.MULTILINE)
"""A section of a docstring in Google's form."""

TITLES = {
    "orchestrator": "Orchestrators",
    "tokenizer": "Tokenizers",
    "signature": "Signatures",
    "retry_policy": "Retry policies",
    "lexicon": "Lexicons",
    "pipeline": "Pipelines",
    "sink": "Sinks",
    "fault_profile": "Fault profiles",
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
    for name, text in references().items():
        (reference / f"{name}.md").write_text(with_terms(text, "../"), "utf-8")
    shutil.copy(DOCS / "style.css", OUTPUT / "style.css")
    shutil.copytree(DOCS / "pictures", OUTPUT / "pictures", ignore=shutil.ignore_patterns("*.json"))


def references() -> dict[str, str]:
    """Return the text of each reference by its name."""
    return {"commands": commands(), "hooks": hooks(), "types": contracts(), "checks": checks(), "figures": figures()}


def write(source: Path, page: Path) -> None:
    """Copy a document. Links are adapted to where it and its targets stand on the site, and terms are linked to the glossary."""
    page.parent.mkdir(parents=True, exist_ok=True)
    text = LINK.sub(lambda match: link(match, source, page), source.read_text("utf-8"))
    if source.name not in {"glossary.md", "CHANGELOG.md"}:
        text = with_terms(text, "../" * depth_of(page))
    page.write_text(text, "utf-8")


def depth_of(page: Path) -> int:
    """Return how many directories a page stands below the site's root."""
    return len(page.relative_to(OUTPUT).parents) - 1


def with_terms(text: str, up: str) -> str:
    """Return a page on which the first use of each term of the glossary is a link to it; ``up`` leads to the site's root."""
    parts = NO_PROSE.split(text)  # prose at even places, the rest between
    for term in TERM.findall((DOCS / "glossary.md").read_text("utf-8")):
        word = re.compile(rf"\b({term}(?:e?s|d)?)\b", re.IGNORECASE)
        for number in range(0, len(parts), 2):
            parts[number], found = word.subn(rf"[\1]({up}glossary.md#{term})", parts[number], count=1)
            if found:
                # A term within this link must not be linked once more.
                before, made, after = re.split(
                    rf"(\[[^\]]*\]\({re.escape(up)}glossary\.md#{term}\))", parts[number], maxsplit=1
                )
                parts[number : number + 1] = [before, made, after]
                break
    return "".join(parts)


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
    return f"[{text}]({'../' * depth_of(page)}{place}{'#' + heading if heading else ''})"


def place_of(path: Path) -> str | None:
    """Return where a file stands on the site, or None where it is no page."""
    if path.parent == ROOT and path.name in FROM_ROOT:
        return FROM_ROOT[path.name]
    if path in REFERENCES:
        return f"reference/{REFERENCES[path]}.md"
    if path.is_relative_to(DOCS) and path.suffix in {".md", ".svg"}:
        return str(path.relative_to(DOCS))
    return None


def commands() -> str:
    """Return the reference of the command line, made of the commands themselves."""
    parts = ["# Commands", "Each command prints this with `--help`."]
    with click.Context(anagram, info_name="anagram") as context:
        for name in anagram.list_commands(context):
            command = anagram.get_command(context, name)
            assert command is not None
            parts += described(command, f"anagram {name}", context)
    return "\n\n".join(parts) + "\n"


def described(command: click.Command, name: str, parent: click.Context) -> list[str]:
    """Return the reference of a command, and of those below it."""
    context = click.Context(command, info_name=name.rpartition(" ")[2], parent=parent)
    text = inspect.cleandoc(command.help or "").replace("\b\n", "\b")
    paragraphs_ = [code(one[1:].replace("\b", "")) if one.startswith("\b") else one for one in text.split("\n\n")]
    parts = [
        f"## `{name}`",
        code(command.get_usage(context).removeprefix("Usage: ")).replace("```python", "```text"),
        *paragraphs_,
    ]
    rows = [
        f"| `{option.replace('|', chr(92) + '|')}` | {cell(text)} |"
        for option, text in (one.get_help_record(context) or ("", "") for one in command.get_params(context))
        if option
    ]
    parts.append("\n".join(["| option | meaning |", "|---|---|", *rows]))
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            inner = command.get_command(context, below)
            assert inner is not None
            parts += described(inner, f"{name} {below}", context)
    return parts


def cell(text: str) -> str:
    """Return a text as it can stand in a table: defaults and names in it are no links."""
    return re.sub(r"([|\[\]*_<>])", r"\\\1", " ".join(text.split()))


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
        if thing is object:  # an alias, whose docstring would be that of ``object``
            parts += [f"## `{name}`", said_of_alias(name)]
            continue
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


def said_of_alias(name: str) -> str:
    """Return the text below an alias in the sources of the types."""
    sources = "".join(path.read_text("utf-8") for path in (SOURCE / "types").glob("*.py"))
    (text,) = re.findall(rf'^{name} = object\n"""(.+?)"""$', sources, re.MULTILINE | re.DOTALL)
    return literal(text)


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
    parts = ["# Checks", "What the contracts check. A check is skipped if one of those in its column *after* failed."]
    for kind, title in TITLES.items():
        rows = [
            f"| `{check.name}` | {literal(check.fact)} | {', '.join(f'`{name}`' for name in check.after)} |"
            for check in CHECKS[kind]  # type: ignore[index]  # the titles are those of the kinds
        ]
        parts += [f"## {title}", "\n".join(["| check | what holds | after |", "|---|---|---|", *rows])]
    return "\n\n".join(parts) + "\n"


def figures() -> str:
    """Return how each figure of a comparison comes about, as detailed tables say it."""
    # Without samples, nothing says how memory and processor time were measured.
    methods = {name: method.replace("not measured", "METHOD") for name, method in describe_methods([]).items()}
    text = "\n".join(f"| {name} | {method} |" for name, method in methods.items())
    intro = (
        "What stands below a detailed table. METHOD stands for how that machine measured memory (such as PSS) or "
        "processor time (such as process clocks)."
    )
    return f"# Figures\n\n{intro}\n\n| figure | method |\n|---|---|\n{text}\n"


def paragraphs(thing: object) -> list[str]:
    """Return a docstring as Markdown: literals and code blocks as such, and the entries of its sections as lists."""
    doc = SECTION.sub(section, inspect.getdoc(thing) or "")
    doc = re.sub(r"::\n\n((?:    .*\n|\n)+)", lambda m: f":\n\n{code(inspect.cleandoc(m[1]))}\n\n", doc + "\n")
    return [literal(doc).strip()]


def section(match: re.Match[str]) -> str:
    """Return a section of a docstring, in which an entry may have several lines, the later ones of which are indented."""
    title, entries = match[1], list[str]()
    for line in match[2].splitlines():
        if entries and (title == "Returns" or line.startswith(" " * 8)):
            entries[-1] += f" {line.strip()}"
        else:
            entries.append(line.strip())
    if title == "Returns":
        return f"Returns: {entries[0]}\n"
    parts = [entry.partition(": ") for entry in entries]
    heading = "Raises:\n\n" if title == "Raises" else ""
    return heading + "\n".join(f"- `{name}`: {text}" for name, _, text in parts) + "\n"


def literal(text: str) -> str:
    return re.sub(r"(?<!`)``([^`]+)``(?!`)", r"`\1`", text)


def code(text: str) -> str:
    return f"```python\n{text.strip()}\n```"


if __name__ == "__main__":
    main()
