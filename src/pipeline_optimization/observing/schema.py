"""The JSON Schema of a line of a file of events, for programs in other languages.

Programs load it from here. A run does not, so it is apart from ``lines``, which every observed run imports.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import cast

__all__ = ["load_schema"]


def load_schema() -> dict[str, object]:
    """Return the schema (draft 2020-12)."""
    text = files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    return cast(dict[str, object], json.loads(text))
