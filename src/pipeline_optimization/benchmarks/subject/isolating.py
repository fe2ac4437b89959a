"""Hides what a sample writes from all others, before any code of the contender runs.

On Linux the process gets a mount namespace (unshare(2)), in which writable directory trees are covered by overlays. It sees all files that are there.
What it writes, under whatever path, no other process sees, and it vanishes with the process. The same holds for shared memory of any kind. An
ordinary user gets the namespace inside a user namespace. If the system allows neither, only the home, temporary and cache directories are private. In
the namespace, files and command lines that contain the seed appear empty. At last the process gives up the rights with which it could undo all that,
or look into the harness's process, even as root.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pipeline_optimization.benchmarks.subject.forbidding import forbid_user_namespaces

__all__ = ["isolate"]

CLONE_NEWNS = 0x00020000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
SPACES = CLONE_NEWNS | CLONE_NEWIPC
MS_NOSUID_NODEV = 2 | 4
MS_REC = 0x4000
MS_PRIVATE = 1 << 18
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
PR_CAPBSET_DROP = 24
MS_BIND = 4096
MS_RDONLY = 1
MS_REMOUNT = 32
MS_RELATIME = 1 << 21
KEPT = os.ST_NOSUID | os.ST_NODEV | os.ST_NOEXEC | os.ST_NOATIME | os.ST_NODIRATIME if sys.platform == "linux" else 0
"""Flags of a mount that have the same numbers in statvfs(3) and in mount(2)."""
CAPABILITY_VERSION = 0x20080522
GIVEN_UP = {
    "SETPCAP": 8,
    "SYS_MODULE": 16,
    "SYS_RAWIO": 17,
    "SYS_PTRACE": 19,
    "SYS_ADMIN": 21,
    "SYS_BOOT": 22,
    "SYS_NICE": 23,
    "SYS_RESOURCE": 24,
    "SYS_TIME": 25,
    "MKNOD": 27,
    "PERFMON": 38,
    "BPF": 39,
    "CHECKPOINT_RESTORE": 40,
}
"""Rights of root with which a contender could uncover what is covered, read and change the harness's process, or raise its own priority and limits.

A process may not trace another one that has more rights, or read its memory, even if both belong to root.
"""


def isolate(
    area: Path, trees: Mapping[str, Sequence[str]], hidden: Sequence[str], protected: Sequence[str], *, most_bytes: int
) -> str:
    """Make the trees private. Return an empty text, or the reason why only home, temporary and cache directories are.

    Args:
        area: An empty directory of this sample.
        trees: The directory trees to cover, outer ones first, each with the places in it where other file systems are mounted.
        hidden: Files and directories that must appear empty.
        protected: Directories in which nothing can be written, even by root. In them, only what the trees cover can be.
        most_bytes: Bounds what can be written, which is held in memory, and the shared memory.
    """
    if sys.platform != "linux":
        return _fall_back(area, f"{sys.platform} has no mount namespaces")
    system = _System(most_bytes)
    before = os.getcwd()
    try:
        system.end_with_parent()
        system.enter_namespace()
        shared = system.cover(area, trees)
        for path in hidden:
            system.hide(path)
        system.protect(protected)
    except OSError as error:
        return _fall_back(area, str(error))
    finally:
        os.chdir(before)  # it is the same path, which now leads into the overlay
        system.drop_rights()
    if shared:
        return _fall_back(area, f"other file systems are mounted in {' and '.join(shared)}")
    return ""


class _System:
    """Calls of the C library. A call that fails raises OSError."""

    def __init__(self, most_bytes: int) -> None:
        self._size = f"size={most_bytes}"
        self._c = ctypes.CDLL(None, use_errno=True)
        self._is_root = os.geteuid() == 0
        self._has_user_namespace = False

    def end_with_parent(self) -> None:
        self._check(self._c.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")

    def enter_namespace(self) -> None:
        user, group = os.geteuid(), os.getegid()
        # Root in a container may lack the right for the first call, and have that for the second.
        if not self._is_root or self._c.unshare(SPACES):
            self._check(self._c.unshare(SPACES | CLONE_NEWUSER), "unshare")
            self._has_user_namespace = True
            Path("/proc/self/setgroups").write_text("deny", "ascii")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1", "ascii")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1", "ascii")
        self._mount("none", "/", None, MS_REC | MS_PRIVATE, None)

    def cover(self, area: Path, trees: Mapping[str, Sequence[str]]) -> list[str]:
        """Cover each tree with an overlay, whose upper layer is in memory, and the shared memory with an empty one.

        Return the trees that cannot be covered because of what is mounted in them.
        """
        self._mount("tmpfs", str(area), "tmpfs", MS_NOSUID_NODEV, f"mode=700,{self._size}")
        # The area may be inside a tree that will be covered, so the layers are reached from the working directory.
        os.chdir(area)
        covered: dict[str, Sequence[str]] = {}
        shared: list[str] = []
        for tree, mounted in trees.items():
            if _is_covered(tree, covered):
                continue
            try:
                self._cover_tree(tree, mounted, number=len(covered))
            except OSError:
                # In a user namespace, the kernel lets nobody hide what is mounted in a tree, even if it is shown again. Trees inside this one come next.
                if not mounted:
                    raise
                shared.append(tree)
            else:
                covered[tree] = mounted
        if os.path.isdir("/dev/shm"):  # noqa: S108 - it becomes private here
            options = f"mode=1777,{self._size}"
            self._mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID_NODEV, options)  # noqa: S108 - as above
        return shared

    def _cover_tree(self, tree: str, mounted: Sequence[str], *, number: int) -> None:
        for kind in ("upper", "work"):
            os.makedirs(f"{number}.{kind}", exist_ok=True)
        inner = _opened(mounted)
        try:
            options = ",userxattr" if self._has_user_namespace else ""
            lower = tree.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")
            layers = f"lowerdir={lower},upperdir={number}.upper,workdir={number}.work{options}"
            self._mount("overlay", tree, "overlay", 0, layers)
            for place, handle in inner.items():
                with suppress(OSError):  # a place that cannot be shown again is empty
                    self._mount(f"/proc/self/fd/{handle}", place, None, MS_BIND | MS_REC, None)
        finally:
            for handle in inner.values():
                os.close(handle)

    def hide(self, path: str) -> None:
        """Cover a path with an empty directory or file, if it exists. A parent of the harness may have ended."""
        with suppress(OSError):
            if os.path.isdir(path):
                self._mount("tmpfs", path, "tmpfs", MS_NOSUID_NODEV, "mode=700")
            elif os.path.exists(path):
                self._mount("/dev/null", path, None, MS_BIND, None)

    def protect(self, directories: Sequence[str]) -> None:
        """Let nobody write in these directories. Devices and sockets in them can be used as before."""
        for directory in directories:
            with suppress(OSError):  # the system may forbid it in a container
                self._mount(directory, directory, None, MS_BIND | MS_REC, None)
                # The kernel lets nobody take away these flags of the mounts of another user namespace.
                flags = os.statvfs(directory).f_flag
                kept = flags & KEPT | (MS_RELATIME if flags & os.ST_RELATIME else 0)
                self._mount("none", directory, None, MS_BIND | MS_REMOUNT | MS_RDONLY | kept, None)

    def drop_rights(self) -> None:
        """Give up what could undo all this: all rights of a user namespace, and some of root's. And let nobody raise the priority."""
        import resource  # noqa: PLC0415 - not every system has it

        for limit in (resource.RLIMIT_NICE, resource.RLIMIT_RTPRIO):
            resource.setrlimit(limit, (0, 0))
        if not (self._is_root or self._has_user_namespace):
            return
        forbid_user_namespaces(self._c)
        if self._has_user_namespace:
            self._check(self._c.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
            self._set_capabilities((ctypes.c_uint32 * 6)())
        else:
            self._drop_capabilities()
        # Giving up rights makes a process unreadable for its parent, which must read its memory.
        self._check(self._c.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")
        self.end_with_parent()

    def _drop_capabilities(self) -> None:
        for number in GIVEN_UP.values():
            self._c.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)  # fails if this root has no such right
        sets = (ctypes.c_uint32 * 6)()
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
        self._check(self._c.capget(header, sets), "capget")
        for number in GIVEN_UP.values():
            word = 3 * (number // 32)
            for kind in range(3):  # effective, permitted, inheritable
                sets[word + kind] &= ~(1 << number % 32) & 0xFFFFFFFF
        self._set_capabilities(sets)

    def _set_capabilities(self, sets: ctypes.Array[ctypes.c_uint32]) -> None:
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
        self._check(self._c.capset(header, sets), "capset")

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


def _is_covered(path: str, covered: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a tree that is covered contains the path, with no other file system between them."""
    return any(
        path.startswith(tree + "/") and not any(path == point or path.startswith(point + "/") for point in mounted)
        for tree, mounted in covered.items()
    )


def _opened(places: Sequence[str]) -> dict[str, int]:
    """Return handles of mounted file systems, by which they can be reached once they are covered."""
    found = {}
    for place in places:
        with suppress(OSError):
            found[place] = os.open(place, os.O_PATH | os.O_CLOEXEC)
    return found


def _fall_back(area: Path, reason: str) -> str:
    """Give the process directories of its own through the environment. Its cache begins as a copy."""
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
