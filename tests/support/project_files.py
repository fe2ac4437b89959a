"""Where the project's files are that tests read, or hand to a program."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CONTENDERS", "LOCAL_PLUGINS", "ROOT", "SUPPORT"]

SUPPORT = Path(__file__).parent
ROOT = SUPPORT.parents[1]
CONTENDERS = SUPPORT / "contenders"
"""Contenders that cheat, fail or harm, each in one way, and an honest one."""

LOCAL_PLUGINS = SUPPORT / "local_plugins"
"""A directory for ``--plugins-dir``."""
