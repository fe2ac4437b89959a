"""How to install a plugin of the project from here: as the core itself was installed."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["how_to_install"]

ROOT = Path(__file__).parents[3]
"""The checkout, if the package is in one."""

CORE = "pipeline-optimization"


def how_to_install(
    distribution: str,
    *,
    root: Path = ROOT,
    environment: Mapping[str, str] | None = None,
    direct_url: str | None = None,
) -> str:
    """Return what to do, for the end of a sentence.

    Args:
        distribution: The plugin's distribution, one of the project's own.
        root: Where the checkout would be.
        environment: The environment's variables, where None is those of this process.
        direct_url: Where the core was installed from, as its metadata tells; None if it does not.
    """
    variables = os.environ if environment is None else environment
    folder = root / "plugins" / distribution
    if (folder / "pyproject.toml").is_file():
        if variables.get("HATCH_ENV_ACTIVE"):
            name = distribution.removeprefix("anagram-plugin-")
            if f"[tool.hatch.envs.{name}]" in (root / "pyproject.toml").read_text("utf-8"):
                return f"it has an environment of its own, hatch run {name}:anagram"
            return "it is in the default environment, hatch run anagram"
        return f"pip install {shlex.quote(_shown(folder))}"
    return _as_the_core(distribution, _facts(direct_url))


def _as_the_core(distribution: str, facts: Mapping[str, object]) -> str:
    url, repository = facts.get("url"), facts.get("vcs_info")
    if not isinstance(url, str):
        return f"pip install {distribution}"
    if isinstance(repository, dict):
        at = f"@{repository['commit_id']}" if "commit_id" in repository else ""
        place = f"{repository.get('vcs', 'git')}+{url}{at}#subdirectory=plugins/{distribution}"
        return f"pip install {shlex.quote(f'{distribution} @ {place}')}"
    if url.startswith("file:"):
        folder = Path(unquote(urlsplit(url).path)).parent
        wheels = sorted(folder.glob(f"{distribution.replace('-', '_')}-*.whl"))
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
    """Return a path from the working directory on, if it is below; pip takes it for a path by its dot."""
    try:
        return f"./{folder.relative_to(Path.cwd())}"
    except (OSError, ValueError):
        return str(folder)
