"""Whether the environment asks for events."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CONFIG", "URL", "is_asked_for"]

CONFIG, URL = "OPENLINEAGE_CONFIG", "OPENLINEAGE_URL"

TRANSPORT = "OPENLINEAGE__TRANSPORT"
"""With this begin the variables that describe a transport part by part."""


def is_asked_for(environment: Mapping[str, str]) -> bool:
    """Return whether a variable says where events go. Cheap, since every run asks.

    A file ``openlineage.yml`` alone asks for nothing: the client would also take one that happens to be in the working directory.
    """
    if environment.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return False
    if any(environment.get(name, "").strip() for name in (CONFIG, URL)):
        return True
    return any(name.startswith(TRANSPORT) for name in environment)
