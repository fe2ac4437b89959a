"""Makes a distribution from a template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

from pipeline_optimization import __version__
from pipeline_optimization.errors import UsageError
from pipeline_optimization.installed import look_up
from pipeline_optimization.registry import KINDS, Registry, kind_named
from pipeline_optimization.registry.entries import GROUP, OBSERVER_GROUP, installed_entries

__all__ = ["write_plugin"]

SHARED = {
    "pyproject.toml": "pyproject.toml.in",
    "README.md": "README.md.in",
    ".gitignore": "gitignore.in",
    ".github/workflows/test.yml": "workflow.yml.in",
}
"""Files of every plugin, with their templates."""

USES: Mapping[str, str] = {
    "orchestrator": "anagram run --orchestrator $name",
    "tokenizer": "anagram run --text 'the cat' --tokenizer $name",
    "signature": "anagram run --text 'the cat' --signature $name",
    "retry_policy": "anagram run --retry $name",
    "lexicon": "anagram run --text 'the cat' --lexicon $name",
    "pipeline": "anagram run --text 'the cat' --pipeline $name",
    "fault_profile": "anagram run --faults $name",
    "sink": "anagram run --pipeline FILE.py INPUT --sink $name:FILE",
    "observer": "anagram run",
}
"""The command that shows a plugin of each kind at work."""


def write_plugin(name: str, kind: str, directory: Path) -> Path:
    """Write a distribution for a plugin that offers one component of a kind. Return its directory.

    Raises UsageError if the name is not allowed or is taken, or if the directory exists already.
    """
    kind = kind_named(kind) or kind
    _check_name(name, kind)
    home = directory / f"anagram-plugin-{name}"
    if home.exists():
        raise UsageError(f"{home} exists already. Choose another name, or another --directory.")
    module = f"anagram_plugin_{name.replace('-', '_')}"
    group = OBSERVER_GROUP if kind == "observer" else GROUP
    values = {
        "name": name,
        "kind": kind.replace("_", " "),
        "module": module,
        "group": group,
        "Class": "".join(part.capitalize() for part in name.split("-")),
        "version": ".".join(__version__.split(".")[:2]),
        "use": Template(USES[kind]).substitute(name=name),
    }
    texts = {path: _template(source) for path, source in SHARED.items()}
    texts[f"src/{module}/__init__.py"] = _template(f"{kind}.py.in")
    texts["tests/test_contract.py"] = _template(f"test_{kind}.py.in")
    try:
        for path, text in texts.items():
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_text(text.substitute(values), "utf-8")
        (home / "src" / module / "py.typed").touch()
    except OSError as error:
        raise UsageError(f"Cannot write {home}: {error.strerror or error}. Name another --directory.") from error
    return home


def _template(name: str) -> Template:
    return Template((files("pipeline_optimization.templates") / "plugin" / name).read_text("utf-8"))


def _check_name(name: str, kind: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise UsageError(
            f"{name!r} cannot be a plugin's name. Use lower-case letters and digits, with hyphens between."
        )
    if kind not in USES:
        raise UsageError(f"There is no kind {kind!r}. There are: {', '.join(USES)}.")
    core = Registry([entry for entry in installed_entries(look_up()) if entry.is_core])
    for component_kind in KINDS:
        if component_kind == kind and name in core.names(component_kind):
            raise UsageError(f"The core has a {kind.replace('_', ' ')} {name!r} already. Choose another name.")
