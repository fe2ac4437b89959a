"""Files of the cache: a digest of all that follows, then the content. A damaged or foreign file is as good as none.

A file's name is its kind, a hyphen, and its key in hexadecimal digits. Those of a kind that were not used for longest are deleted.
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
"""So many files of each kind are kept: a lexicon that changes is another file each time."""


def cache_directory() -> Path:
    """Return where files are cached: ``ANAGRAM_CACHE_DIR``, or the user's cache directory."""
    if configured := os.environ.get("ANAGRAM_CACHE_DIR"):
        return Path(configured)
    if sys.platform != "linux":
        from platformdirs import user_cache_dir  # noqa: PLC0415 - only where it must be asked

        return Path(user_cache_dir(CACHE, appauthor=False))
    # What platformdirs says, too; its import takes a twentieth of a small run.
    home = os.environ.get("XDG_CACHE_HOME", "")
    return Path(home if os.path.isabs(home) else os.path.expanduser("~/.cache"), CACHE)


def cache_file(kind: str, key: str, suffix: str) -> Path:
    """Return where the cache keeps what a text names."""
    return cache_directory() / f"{kind}-{sha256(key.encode()).hexdigest()[:32]}{suffix}"


def read_sealed(path: Path) -> bytes | None:
    """Return the content, or None where there is no file that is whole."""
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if digest != sha256(content).hexdigest().encode():
        return None
    with suppress(OSError):  # the cache may be for reading only
        os.utime(path)  # now it was used: not every file system keeps the time of reading
    return content


def store_sealed(path: Path, content: bytes) -> None:
    """Write the file beside its place and move it there; a cache that cannot be written is done without."""
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
    """Delete all files but the ``kept`` (at least one) that were changed last. Raises OSError where it cannot."""
    for file in sorted(files, key=lambda file: file.stat().st_mtime_ns)[:-kept]:
        file.unlink(missing_ok=True)


def _forget_unused(path: Path) -> None:
    """Delete what of the file's kind is too much, with what a process left that was killed while it wrote.

    The directory may hold a user's own files, so only names go that this module makes.
    """
    import re  # noqa: PLC0415 - most runs only read

    kind, _, key = path.stem.partition("-")
    ours = re.compile(rf"{re.escape(kind)}-[0-9a-f]{{{len(key)}}}{re.escape(path.suffix)}([a-z0-9_]{{8}})?")
    keep_newest((file for file in path.parent.iterdir() if ours.fullmatch(file.name)), KEPT)
