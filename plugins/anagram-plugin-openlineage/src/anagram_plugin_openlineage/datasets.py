"""Names of datasets as OpenLineage's specification has them, so that other programs give the same dataset the same name.

A name says where a dataset is, and not how it is opened: users, passwords and queries of URLs, which may be signatures, are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from attrs import frozen
from openlineage.client.naming.dataset import GCS, S3, DatasetNaming, LocalFileSystem, Postgres

__all__ = ["DatasetName", "name_of"]


@frozen
class DatasetName:
    """The two parts of a dataset's name."""

    namespace: str
    name: str


def name_of(address: str) -> DatasetName:
    """Return the name of a dataset from its absolute path or its URL."""
    if "://" not in address:
        return _named(LocalFileSystem(address))
    try:
        parts = urlsplit(address)
        naming = NAMINGS.get(parts.scheme, _other)
        return naming(parts)
    except ValueError:
        # It cannot be parsed, or lacks a part that its kind has. A run that reads such an address fails anyway.
        return DatasetName(address.partition("://")[0], "unknown")


def _named(naming: DatasetNaming) -> DatasetName:
    return DatasetName(naming.get_namespace(), naming.get_name())


def _file(parts: SplitResult) -> DatasetName:
    return _named(LocalFileSystem(unquote(parts.path)))


def _s3(parts: SplitResult) -> DatasetName:
    return _named(S3(_host(parts), _key(parts)))


def _gcs(parts: SplitResult) -> DatasetName:
    return _named(GCS(_host(parts), _key(parts)))


def _postgres(parts: SplitResult) -> DatasetName:
    schema, _, table = parts.fragment.rpartition(".")
    port = str(parts.port or 5432)
    return _named(Postgres(_host(parts), port, _key(parts), unquote(schema) or "public", unquote(table)))


def _sqlite(parts: SplitResult) -> DatasetName:
    """Return the name of a table of SQLite, for which the specification has no rule: the namespace is the file."""
    return DatasetName(f"sqlite://{unquote(parts.path)[1:]}", unquote(parts.fragment))


def _other(parts: SplitResult) -> DatasetName:
    """Return a name by the rule that the specification has for most URLs: the authority is the namespace, the path the name."""
    port = "" if parts.port is None else f":{parts.port}"
    return DatasetName(f"{parts.scheme}://{_host(parts)}{port}", unquote(parts.path) or "/")


def _host(parts: SplitResult) -> str:
    """Return the host or the bucket, without the user before it. Capitals are kept, since buckets have them in some systems."""
    authority = parts.netloc.rpartition("@")[2]
    return authority if parts.port is None else authority.rpartition(":")[0]


def _key(parts: SplitResult) -> str:
    return unquote(parts.path).lstrip("/")


NAMINGS: Mapping[str, Callable[[SplitResult], DatasetName]] = {
    "file": _file,
    "gcs": _gcs,
    "gs": _gcs,
    "postgresql": _postgres,
    "s3": _s3,
    "s3a": _s3,
    "sqlite": _sqlite,
}
