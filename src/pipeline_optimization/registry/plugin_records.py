"""The record of a plugin: what is known of it, whether it works or not."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen

__all__ = ["PluginRecord", "Status"]

Status = Literal["installed", "active", "disabled", "failed", "conflict", "unreadable"]


@frozen(kw_only=True)
class PluginRecord:
    """What is known of one plugin.

    Attributes:
        name: The name of its entry point, or of its file without the suffix.
        distribution: The distribution that brings it.
        version: The version of this distribution.
        origin: The directory of the installed distribution, the path of a single file, or "this program".
        module: The module that the entry point names.
        status: ``installed``: not imported so far. ``active``: imported and sound. ``disabled``: switched off. ``failed``: its import
            or one of its hooks raised an error. ``conflict``: other plugins claim one of its names, too. ``unreadable``: the metadata of
            the distribution is broken, so that nobody knows whether it is a plugin.
        hooks: The hooks that it implements; empty until it is imported.
        components: Its components as "kind:name"; empty until it is imported.
        error: Why it cannot be used, wholly or in part.
        cause: The exception behind the error, if there is one.
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
