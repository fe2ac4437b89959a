"""Text of strangers made visible: names come from files, and a name can hold more than letters."""

from __future__ import annotations

__all__ = ["printable"]

# The spaces that our own numbers are written with.
_OWN_SPACES = "\u00a0\u202f"


def printable(text: str) -> str:
    r"""Return the text with each character that cannot be seen as its escape, such as ``\u202e`` or ``\n``.

    Line feeds would break tables, and directional overrides would turn the rest of a line around.
    """
    if text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable() or char in _OWN_SPACES
        else char.encode("unicode_escape", "backslashreplace").decode("ascii")
        for char in text
    )
