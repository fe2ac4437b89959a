"""Files of the cache: a digest of all that follows, then the content. A damaged or foreign file counts as missing.

A file's name is its kind, a hyphen, and its key in hexadecimal digits. Of each kind, the files that were not used for longest are deleted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

__all__ = ["KEPT", "cache_directory", "cache_file", "keep_newest", "read_sealed", "store_sealed"]

CACHE: Final = "pipeline-optimization"
"""The name of our directory in the user's cache directory."""

KEPT: Final = 32
"""This many files of each kind are kept. A lexicon that changes is another file each time."""


def cache_directory() -> Path:
    """Return where files are cached: ``ANAGRAM_CACHE_DIR``, or the user's cache directory."""
    if configured := os.environ.get("ANAGRAM_CACHE_DIR"):
        return Path(configured)
    if sys.platform != "linux":
        from platformdirs import user_cache_dir  # noqa: PLC0415 - only where it must be asked

        return Path(user_cache_dir(CACHE, appauthor=False))
    # platformdirs returns the same, but its import takes a twentieth of a small run.
    home = os.environ.get("XDG_CACHE_HOME", "")
    return Path(home if os.path.isabs(home) else os.path.expanduser("~/.cache"), CACHE)


def cache_file(kind: str, key: str, suffix: str) -> Path:
    """Return the file of the cache for a key."""
    return cache_directory() / f"{kind}-{sha256(key.encode()).hexdigest()[:32]}{suffix}"


def read_sealed(path: Path) -> bytes | None:
    """Return the content, or None if there is no whole file."""
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if digest != sha256(content).hexdigest().encode():
        return None
    with suppress(OSError):  # the cache may be read-only
        os.utime(path)  # this notes the use, because not every file system keeps the time of reading
    return content


def store_sealed(path: Path, content: bytes) -> None:
    """Write the file beside its place and move it there. If the cache cannot be written, nothing happens."""
    import tempfile  # noqa: PLC0415 - most runs only read

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, delete=False) as file:
            try:
                file.write(sha256(content).hexdigest().encode() + b"\n" + content)
                file.close()
                os.replace(file.name, path)
            except OSError:
                os.unlink(file.name)
        _forget_unused(path)
    except OSError:
        return


def keep_newest(files: Iterable[Path], kept: int) -> None:
    """Delete all files but the ``kept`` (at least one) that were changed last. Raises OSError if that fails."""
    for file in sorted(files, key=lambda file: file.stat().st_mtime_ns)[:-kept]:
        file.unlink(missing_ok=True)


def _forget_unused(path: Path) -> None:
    """Delete the surplus files of this file's kind, and what a process left that was killed while it wrote.

    The directory may contain a user's own files, so only files with names of this module are deleted.
    """
    import re  # noqa: PLC0415 - most runs only read

    kind, _, key = path.stem.partition("-")
    ours = re.compile(rf"{re.escape(kind)}-[0-9a-f]{{{len(key)}}}{re.escape(path.suffix)}([a-z0-9_]{{8}})?")
    keep_newest((file for file in path.parent.iterdir() if ours.fullmatch(file.name)), KEPT)
