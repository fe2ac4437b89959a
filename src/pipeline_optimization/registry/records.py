"""What is known of a plugin, whether it works or not."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

__all__ = ["PluginRecord", "Status"]

Status = Literal["installed", "active", "disabled", "failed", "conflict", "unreadable"]


@frozen(kw_only=True)
class PluginRecord:
    """One plugin: ``name`` is its entry point's, ``distribution`` and ``version`` say who brings it.

    ``origin`` is the directory of an installed distribution, the path of a single file, or "this program".
    ``status``: ``installed`` (not imported so far, so nothing is known to be wrong), ``active`` (imported and sound),
    ``disabled``, ``failed``, ``conflict`` (a name of its is claimed by others too), ``unreadable`` (the metadata of a
    distribution is broken, whether it is a plugin's or not; ``origin`` is its path). ``hooks`` are those that it
    implements and ``components`` its offers as "kind:name", both empty until it is imported. ``error`` says why it
    cannot be used, wholly or in part; ``cause`` is the exception behind it, where there is one.
    """

    name: str
    distribution: str
    version: str
    origin: str
    module: str
    status: Status
    hooks: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    error: str = ""
    cause: BaseException | None = field(default=None, eq=False, repr=False)

    @property
    def provider(self) -> str:
        """Return the distribution with its version, or the file, as errors name it."""
        return self.origin if self.distribution == "(file)" else f"{self.distribution} {self.version}"

    def to_dict(self) -> dict[str, object]:
        """Return the record as plain data for JSON."""
        return {
            "name": self.name,
            "distribution": self.distribution,
            "version": self.version,
            "origin": self.origin,
            "module": self.module,
            "status": self.status,
            "hooks": list(self.hooks),
            "components": list(self.components),
            "error": self.error,
        }
