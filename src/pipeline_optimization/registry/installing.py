"""How to install what is missing: one of the project's own plugins, in the way in which the core itself was installed, or what an extra needs."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["how_to_add", "how_to_install"]

ROOT = Path(__file__).parents[3]
"""The root of the checkout, if the package is imported from one."""

CORE = "pipeline-optimization"


def how_to_install(
    distribution: str,
    *,
    root: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    direct_url: str | None = None,
) -> str:
    """Return what to do, as the end of a sentence.

    Args:
        distribution: The distribution of the plugin.
        root: The root of the checkout, if there is one.
        environment: The environment variables; None for those of this process.
        direct_url: The text of the core's ``direct_url.json``; None if there is none.
    """
    variables = os.environ if environment is None else environment
    folder = root / "plugins" / distribution
    if (folder / "pyproject.toml").is_file():
        if variables.get("HATCH_ENV_ACTIVE"):
            name = distribution.removeprefix("anagram-plugin-")
            if f"[tool.hatch.envs.{name}]" in (root / "pyproject.toml").read_text("utf-8"):
                return f"it has an environment of its own, hatch run {name}:anagram"
            return "it is in the default environment, hatch run anagram"
        return _from_folder(folder)
    return _as_the_core(distribution, _facts(direct_url))


def how_to_add(extra: str, *more: str) -> str:
    """Return the command that installs what an extra of the core needs.

    It names the packages, and not the core with the extra, since the core may have come from a place in which pip would not look for it.

    Args:
        extra: The name of the extra.
        more: Names of more packages.
    """
    return f"pip install {shlex.join((*_requirements(extra), *more))}"


def _requirements(extra: str) -> Iterator[str]:
    from importlib.metadata import PackageNotFoundError, requires  # noqa: PLC0415 - for a message only

    try:
        lines = requires(CORE) or ()
    except PackageNotFoundError:  # the package runs from a folder that was not installed
        yield f"{CORE}[{extra}]"
        return
    for line in lines:
        requirement, _, marker = (part.strip() for part in line.partition(";"))
        if marker and not re.search(rf"""extra == ['"]{extra}['"]""", marker):
            continue
        if own := re.fullmatch(rf"{CORE}\[([\w-]+)\]", requirement):
            yield from _requirements(own[1])
        elif marker:  # else it is a dependency of the core without extras
            yield requirement


def _from_folder(folder: Path) -> str:
    return f"pip install {shlex.join(map(_shown, (*_needed(folder), folder)))}"


def _needed(folder: Path) -> Iterator[Path]:
    """Yield the folders of the plugins beside it that a plugin depends on. They may be on no index."""
    import tomllib  # noqa: PLC0415 - for this message only

    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    for requirement in project.get("dependencies", ()):
        name = re.split(r"[^\w-]", requirement, maxsplit=1)[0]
        if (folder.parent / name / "pyproject.toml").is_file():
            yield folder.parent / name


def _as_the_core(distribution: str, facts: Mapping[str, object]) -> str:
    url, repository = facts.get("url"), facts.get("vcs_info")
    if not isinstance(url, str):
        return f"pip install {distribution}"
    if isinstance(repository, dict):
        at = f"@{repository['commit_id']}" if "commit_id" in repository else ""
        place = f"{repository.get('vcs', 'git')}+{url}{at}#subdirectory=plugins/{distribution}"
        return f"pip install {shlex.quote(f'{distribution} @ {place}')}"
    if url.startswith("file:"):
        core = Path(unquote(urlsplit(url).path))
        folder = core / "plugins" / distribution
        if (folder / "pyproject.toml").is_file():
            return _from_folder(folder)
        wheels = sorted(core.parent.glob(f"{distribution.replace('-', '_')}-*.whl"))
        if wheels:
            return f"pip install {shlex.quote(str(wheels[-1]))}"
    return f"install it from where {CORE} came from, {url}"


def _facts(direct_url: str | None) -> Mapping[str, object]:
    try:
        facts = json.loads(direct_url or "{}")
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _shown(folder: Path) -> str:
    """Return the path of a folder, relative to the working directory if possible. It then begins with a dot, by which pip knows a path."""
    try:
        return f"./{folder.relative_to(Path.cwd())}"
    except (OSError, ValueError):
        return str(folder)
