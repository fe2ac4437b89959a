"""Text that is put into script elements. Whatever it contains, it cannot end the element, and nothing else may run."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

__all__ = ["json_block", "script_block", "script_hash"]

_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def json_block(text: str) -> str:
    """Return JSON for a script element. The replaced characters occur only inside its strings."""
    return text.translate(_ESCAPES)


def script_block(script: str) -> str:
    """Return a script that the HTML parser reads to its end unchanged: it contains no end tag, no comment and no carriage return."""
    safe = re.sub(r"</(?=script)", r"<\\/", script, flags=re.IGNORECASE).replace("<!--", "<\\!--")
    return safe.replace("\r\n", "\n").replace("\r", "\n")


def script_hash(script: str) -> str:
    """Return the source expression of a Content-Security-Policy that allows only this script."""
    return f"'sha256-{b64encode(sha256(script.encode('utf-8')).digest()).decode('ascii')}'"
