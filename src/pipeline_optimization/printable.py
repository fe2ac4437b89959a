"""Makes text of strangers visible. Names come from files, and a name may contain more than letters."""

from __future__ import annotations

__all__ = ["printable", "printable_lines"]

# These are the spaces in our own numbers.
_OWN_SPACES = "\u00a0\u202f"


def printable(text: str) -> str:
    r"""Return the text with an escape, such as ``\u202e`` or ``\n``, for each character that cannot be seen.

    Line feeds would break tables, and directional overrides would reverse the rest of a line.
    """
    if text.isprintable():
        return text
    return "".join(
        char
        if char.isprintable() or char in _OWN_SPACES
        else char.encode("unicode_escape", "backslashreplace").decode("ascii")
        for char in text
    )


def printable_lines(text: str) -> str:
    """Return the text like ``printable``, but with its line feeds."""
    return "\n".join(map(printable, text.split("\n")))
