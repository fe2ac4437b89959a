"""Files of the cache: a digest of all that follows, then the content. A damaged or foreign file is as good as none."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

__all__ = ["cache_directory", "read_sealed", "store_sealed"]


def cache_directory() -> Path:
    """Return where files are cached: ``ANAGRAM_CACHE_DIR``, or the user's cache directory."""
    if configured := os.environ.get("ANAGRAM_CACHE_DIR"):
        return Path(configured)
    from platformdirs import user_cache_dir  # noqa: PLC0415 - only where nothing is configured

    return Path(user_cache_dir("pipeline-optimization", appauthor=False))


def read_sealed(path: Path) -> bytes | None:
    """Return the content, or None where there is no file that is whole."""
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if digest == sha256(content).hexdigest().encode() else None


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
    except OSError:
        return
