"""Makes what a sample writes its own, before anything of the contender's runs.

On Linux the process gets a mount namespace (unshare(2)), in which writable directory trees are covered by overlays: it
sees all that is there, and what it writes is seen by nobody else and vanishes with it, whatever path it uses. An ordinary user
gets it in a user namespace. Where the system allows neither, the home, temporary and cache directories are private, and
absolute paths are not.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["isolate"]

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_NOSUID_NODEV = 2 | 4
MS_REC_PRIVATE = 0x4000 | 1 << 18
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
CAPABILITY_VERSION = 0x20080522


def isolate(area: Path, trees: Sequence[str]) -> str:
    """Make the trees private; return an empty text, or why only home, temporary and cache directories are.

    ``area`` is an empty directory of this sample.
    """
    if sys.platform != "linux":
        return _fall_back(area, f"{sys.platform} has no mount namespaces")
    system = _System()
    before = os.getcwd()
    try:
        system.end_with_parent()
        system.enter_namespace()
        system.cover(area, trees)
    except OSError as error:
        return _fall_back(area, str(error))
    finally:
        os.chdir(before)  # the same path, now below what covers it
        system.drop_rights()
    return ""


class _System:
    """Calls of the C library, whose failures raise OSError."""

    def __init__(self) -> None:
        self._c = ctypes.CDLL(None, use_errno=True)
        self._is_root = os.geteuid() == 0
        self._has_user_namespace = False

    def end_with_parent(self) -> None:
        self._check(self._c.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")

    def enter_namespace(self) -> None:
        user, group = os.geteuid(), os.getegid()
        self._check(self._c.unshare(CLONE_NEWNS if self._is_root else CLONE_NEWNS | CLONE_NEWUSER), "unshare")
        if not self._is_root:
            self._has_user_namespace = True
            Path("/proc/self/setgroups").write_text("deny", "ascii")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1", "ascii")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1", "ascii")
        self._mount("none", "/", None, MS_REC_PRIVATE, None)

    def cover(self, area: Path, trees: Sequence[str]) -> None:
        """Cover each tree with an overlay, whose upper layer is in memory, and the shared memory with an empty one."""
        self._mount("tmpfs", str(area), "tmpfs", MS_NOSUID_NODEV, "mode=700")
        # The area may be in a tree that will be covered, so the layers are reached from the working directory.
        os.chdir(area)
        for number in range(len(trees)):
            os.mkdir(f"{number}.upper")
            os.mkdir(f"{number}.work")
        options = "" if self._is_root else ",userxattr"
        for number, tree in enumerate(trees):
            lower = tree.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
            layers = f"lowerdir={lower},upperdir={number}.upper,workdir={number}.work{options}"
            self._mount("overlay", tree, "overlay", 0, layers)
        if os.path.isdir("/dev/shm"):  # noqa: S108 - it becomes private here
            self._mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID_NODEV, "mode=1777")  # noqa: S108 - as above

    def drop_rights(self) -> None:
        """Give up what a user namespace gave, so that nothing can be uncovered."""
        if not self._has_user_namespace:
            return
        self._check(self._c.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
        self._check(self._c.capset(header, (ctypes.c_uint32 * 6)()), "capset")
        # Giving up rights makes a process unreadable for its parent, which must read its memory.
        self._check(self._c.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")
        self.end_with_parent()

    def _mount(self, source: str, target: str, kind: str | None, flags: int, options: str | None) -> None:
        code = self._c.mount(
            os.fsencode(source),
            os.fsencode(target),
            None if kind is None else os.fsencode(kind),
            ctypes.c_ulong(flags),
            None if options is None else os.fsencode(options),
        )
        self._check(code, f"mount over {target}")

    def _check(self, code: int, what: str) -> None:
        if code:
            number = ctypes.get_errno()
            raise OSError(number, f"{what}: {os.strerror(number)}")


def _fall_back(area: Path, reason: str) -> str:
    """Give the process directories of its own by name; the cache begins as a copy."""
    import shutil  # noqa: PLC0415 - where namespaces work there is no need of it
    import site  # noqa: PLC0415 - as above

    from pipeline_optimization.disk_cache import cache_directory  # noqa: PLC0415 - as above

    os.environ["PYTHONUSERBASE"] = site.getuserbase()
    own = {name: area / name for name in ("home", "temporary", "cache")}
    for directory in own.values():
        directory.mkdir(exist_ok=True)
    for file in cache_directory().glob("index-*"):
        shutil.copy2(file, own["cache"])
    os.environ |= {
        "HOME": str(own["home"]),
        "XDG_CACHE_HOME": str(own["home"] / ".cache"),
        "TMPDIR": str(own["temporary"]),
        "ANAGRAM_CACHE_DIR": str(own["cache"]),
    }
    return reason
