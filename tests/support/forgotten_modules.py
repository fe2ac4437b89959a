"""Modules that a test makes of files of its own, in this process."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def forgetting_modules(directory: Path) -> Iterator[None]:
    """Forget afterwards what was imported from a directory, and the path to it: another test may have a file of that name."""
    before = sys.path.copy()
    try:
        yield
    finally:
        sys.path[:] = before
        for name, module in list(sys.modules.items()):
            if str(getattr(module, "__file__", None)).startswith(str(directory)):
                del sys.modules[name]
