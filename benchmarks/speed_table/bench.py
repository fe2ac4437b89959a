"""What every section is given."""

from __future__ import annotations

from collections.abc import Collection

from attrs import frozen

from speed_table.corpora import Corpora
from speed_table.peers import Peers

__all__ = ["Bench"]


@frozen(kw_only=True)
class Bench:
    corpora: Corpora
    peers: Peers
    rounds: int
    rows: Collection[str] = ()
    """The rows of section ``elements`` that are measured; none stand for all."""
    is_huge: bool = False
    """Whether what takes a quarter of an hour is measured as well."""
