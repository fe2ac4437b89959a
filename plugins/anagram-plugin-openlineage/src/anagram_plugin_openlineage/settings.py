"""What the environment says beside where events go: the job's namespace, and the run that this one is a part of."""

from __future__ import annotations

import os
from collections.abc import Mapping
from uuid import UUID

from attrs import frozen

from anagram_plugin_openlineage.asking import CONFIG

__all__ = ["ParentRun", "SettingError", "Settings"]

NAMESPACE, PARENT, ROOT = "OPENLINEAGE_NAMESPACE", "OPENLINEAGE_PARENT_ID", "OPENLINEAGE_ROOT_PARENT_ID"


class SettingError(Exception):
    """A variable has a value that cannot be used; the message names both."""


@frozen
class ParentRun:
    """A run by its job's namespace and name, and its id, as the variables of OpenLineage's integrations have it: NAMESPACE/NAME/UUID."""

    namespace: str
    name: str
    run_id: str

    @classmethod
    def read(cls, environment: Mapping[str, str], variable: str) -> ParentRun | None:
        """Return the run that a variable names, None if it is not set. Raises SettingError."""
        text = environment.get(variable, "").strip()
        if not text:
            return None
        before, _, run_id = text.rpartition("/")
        namespace, _, name = before.rpartition("/")  # a namespace may be a URL
        try:
            run_id = str(UUID(run_id))
        except ValueError:
            run_id = ""
        if not (namespace and name and run_id):
            raise SettingError(f"{variable} is {text!r}, and must be NAMESPACE/NAME/UUID")
        return cls(namespace, name, run_id)


@frozen(kw_only=True)
class Settings:
    """``root`` is the outermost run, of which the ``parent`` is a part. Unless it is given, it is the parent."""

    namespace: str
    parent: ParentRun | None
    root: ParentRun | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Settings:
        """Read the variables. Raises SettingError for a value that cannot be used."""
        path = environment.get(CONFIG, "").strip()
        if path and not (os.path.isfile(path) and os.access(path, os.R_OK)):
            raise SettingError(f"{CONFIG} is {path!r}, which is no file that can be read")
        parent = ParentRun.read(environment, PARENT)
        return cls(
            namespace=environment.get(NAMESPACE, "").strip() or "default",
            parent=parent,
            root=ParentRun.read(environment, ROOT) or parent,
        )
