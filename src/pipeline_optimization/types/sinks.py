"""Where the rows of a result go that are not returned: into files, tables, queues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["Row", "Sink"]

Row = object
"""A value that reached the end of a pipeline: often a dictionary of names and values, but anything else as well."""


class Sink(Protocol):
    """Takes the rows of one run, each exactly once, whatever kills the run in between.

    One that writes files may have an attribute ``files``, their paths, so that no run reads what it writes over. The first is taken for
    the result's. Every other one may have an attribute ``writes``: URLs that tell observers where its rows are found, with a table as
    fragment, such as ``postgresql://db.example.org/shop#public.counts``.

    It is built in the process of the run, used by one thread, and never sent to workers. The run calls ``open`` once, then ``deliver`` for
    the deliveries 1, 2, 3, ..., and at the end ``close``. Rows come in the order in which they were finished.

    Two promises make each row come once. The sink commits the rows of a delivery *together with its number*, so that there are never
    rows without their number, nor a number without its rows. And the run writes into its checkpoint which elements a delivery has
    before it delivers them. When a run goes on after its death, ``open`` tells which delivery was the last one that the sink has.
    If the last one of the checkpoint is missing, its elements are run and delivered once more, under the same number.

    Errors, by what they mean to the run:

    - ``RefusedRowsError({index: message})``: the sink cannot take these rows, and nothing of the delivery was committed. Their elements fail for
      good with the message; the other rows are delivered again under the same number. Name all bad rows at once if you know them.
    - ``SinkError(message, is_transient=True)``: it might work in a moment. The same delivery is made again after a delay, as often as the
      run's retry policy says. The sink connects anew by itself. If it does not know whether the delivery was committed, that is no
      problem: the number tells.
    - ``SinkError(message)`` and any other exception: the run stops with the message. With a checkpoint it can go on later.
    """

    def open(self, run: str | None) -> int:
        """Begin with a run, or go on with one. Return the number of its last delivery that is committed, 0 if it has none.

        Do not change what other runs have delivered, nor remove anything: a run that is unknown here may end before its first delivery. What
        is in the way, such as the rest of a run that nobody goes on with, goes away with the first delivery.

        Args:
            run: The run's identity, 32 hexadecimal digits, which is kept in the checkpoint: a run that goes on has the same one. None stands
                for a run without a checkpoint, which nobody can go on with. If it dies, it begins again, so all that it delivers must
                become visible at ``close(is_complete=True)``, or never.

        Raises:
            SinkError: It cannot be opened: no such table, wrong credentials, another run is writing to it.
        """
        ...

    def deliver(self, number: int, rows: Sequence[Row]) -> None:
        """Commit rows and the delivery's number together, so that both survive a power cut once this returns.

        A ``number`` that is committed already changes nothing, whatever the rows. ``rows`` is never empty, and must not be changed.

        Raises:
            RefusedRowsError: Some rows cannot be taken; nothing was committed.
            SinkError: The delivery could not be made, or nobody knows whether it was.
        """
        ...

    def close(self, *, is_complete: bool) -> None:
        """End the run's use of the sink. Called once after ``open`` has returned, also where the run failed.

        Args:
            is_complete: Whether the run came to its end: what it delivered is all that there is. Elements that failed may be tried again
                later; then the same run is opened again, and its deliveries go on. False where it was stopped or failed.

        Raises:
            SinkError: What was delivered cannot be completed, as when a file cannot take its place.
        """
        ...
