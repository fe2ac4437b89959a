"""A single Python file as a module: imported by its path, and made anew in workers that lack it."""

from __future__ import annotations

import errno
import os
import sys
from hashlib import sha256
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from attrs import field, frozen

__all__ = ["DIGEST", "FileModule", "import_file"]

DIGEST = "__source_digest__"
"""The attribute with the digest of its text, in a module that was made from a text and not from a file."""


@frozen
class FileModule:
    """The name, path and text of a file's module, as plain data. A worker makes the module from them."""

    name: str
    path: str
    source: bytes = field(repr=False)

    @classmethod
    def of(cls, path: Path, source: bytes | None = None) -> FileModule:
        """Return the module of a file as ``import_file`` makes it. Raises OSError if the file cannot be read.

        ``source`` is the file's text, if it was read already.
        """
        path = path.resolve()
        if source is not None:
            return cls(_name_of(path), str(path), source)
        if path.exists() and not path.is_file() and not path.is_dir():
            raise OSError(errno.EINVAL, "It is no regular file, so reading it may never end", str(path))
        return cls(_name_of(path), str(path), path.read_bytes())

    def restore(self) -> ModuleType:
        """Return the module, which is made if this process has none. Raises whatever the file's code raises.

        The text is the one that the parent read, even if the file has changed, and wherever the worker is.
        """
        if (known := sys.modules.get(self.name)) is not None and getattr(known, "__file__", None) == self.path:
            return known
        spec = spec_from_file_location(self.name, self.path)
        if spec is None:
            raise ImportError(f"{self.path} is no Python file", path=self.path)
        module = module_from_spec(spec)
        setattr(module, DIGEST, sha256(self.source).hexdigest())
        sys.modules[self.name] = module
        try:
            exec(compile(self.source, self.path, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - what importing a file is
        except BaseException:
            del sys.modules[self.name]
            raise
        return module


def import_file(path: Path, source: bytes | None = None) -> ModuleType:
    """Import a file once, under a name by which processes that are started from this one find it again.

    ``source`` is the text to use instead of the file's. Raises OSError if the file cannot be read, and whatever its code raises.
    """
    return FileModule.of(path, source).restore()


def _name_of(path: Path) -> str:
    """Return the file's own name, if it can be imported and is not that of another module, or else a name made from it."""
    folder = str(path.parent)
    if folder not in sys.path:
        # It is added last, so that a file called threading.py replaces nothing. New processes of multiprocessing inherit it.
        sys.path.append(folder)
    if path.stem.isidentifier() and _belongs_to(_find(path.stem), path):
        return path.stem
    return f"anagram_file_{sha256(os.fsencode(path)).hexdigest()[:8]}_{path.stem}"


def _find(name: str) -> ModuleSpec | None:
    try:
        return find_spec(name)
    except ValueError:  # the module there has no spec, such as __main__
        return None


def _belongs_to(spec: ModuleSpec | None, path: Path) -> bool:
    return spec is not None and spec.origin is not None and Path(spec.origin).resolve() == path
