"""The JSON Schema of the exported document, for readers in other languages."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import cast

__all__ = ["load_schema"]


def load_schema() -> dict[str, object]:
    """Return the schema (draft 2020-12) of ``records.SCHEMA_VERSION``."""
    text = files(__package__).joinpath("schema.json").read_text(encoding="utf-8")
    return cast(dict[str, object], json.loads(text))
