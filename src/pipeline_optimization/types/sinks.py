"""The protocol of sinks, which take the rows of a result to files, tables or queues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

__all__ = ["Row", "Sink"]

Row = object
"""A value that reached the end of a pipeline: often a dictionary of names and values, but any other value as well."""


class Sink(Protocol):
    """Takes the rows of one run, each exactly once, even if the run is killed and goes on later.

    A sink that writes files may have an attribute ``files``, their paths, so that no run reads a file that it writes over. The first path is taken as
    the place of the result. Each other sink may have an attribute ``writes``: URLs that tell observers where its rows are found, with a table as
    fragment, such as ``postgresql://db.example.org/shop#public.counts``.

    A sink is built in the process of the run, used by one thread, and never sent to workers. The run calls ``open`` once, then ``deliver`` for the
    deliveries 1, 2, 3, ..., and at the end ``close``. Rows come in the order in which they were finished.

    Two promises make each row come once. First, the sink commits the rows of a delivery *together with its number*, so there are never rows without
    their number, nor a number without its rows. Second, before the run makes a delivery, it writes into its checkpoint which elements the delivery
    has. When a run goes on after it was killed, ``open`` returns the number of the last delivery that the sink has. If the checkpoint's last delivery
    is missing there, its elements are run and delivered once more, under the same number.

    What errors mean to the run:

    - ``RefusedRowsError({index: message})``: The sink cannot take these rows, and has committed nothing of the delivery. Their elements fail for good
      with the message, and the other rows are delivered again under the same number. If you know all bad rows, name them at once.
    - ``SinkError(message, is_transient=True)``: It might work in a moment. The run makes the same delivery again after a delay, as often as its retry
      policy says. The sink connects anew by itself. It need not know whether the delivery was committed, because the number tells.
    - ``SinkError(message)`` and any other exception: The run stops with the message. With a checkpoint it can go on later.
    """

    def open(self, run: str | None) -> int:
        """Begin with a run, or go on with one.

        Do not change rows that other runs have delivered, and do not remove anything: a run that is unknown here may end before its first delivery.
        If something is in the way, such as the rest of a run that will not go on, let the first delivery remove it.

        Args:
            run: The run's identity, 32 hexadecimal digits, which is kept in the checkpoint: a run that goes on has the same one. None stands for a
                run without a checkpoint, which cannot go on. If such a run dies, it begins again, so all its rows must become visible at
                ``close(is_complete=True)``, or never.

        Returns:
            The number of the run's last delivery that is committed, or 0 if there is none.

        Raises:
            SinkError: If the sink cannot be opened: no such table, wrong credentials, another run that is writing to it.
        """
        ...

    def deliver(self, number: int, rows: Sequence[Row]) -> None:
        """Commit rows together with the delivery's number, so that both survive a power cut once this returns.

        Args:
            number: The delivery's number. If it is committed already, the call changes nothing, whatever the rows.
            rows: The rows, at least one. They must not be changed.

        Raises:
            RefusedRowsError: If some rows cannot be taken. Nothing was committed.
            SinkError: If the delivery could not be made, or if it is not known whether it was.
        """
        ...

    def close(self, *, is_complete: bool) -> None:
        """End the run's use of the sink. It is called once after ``open`` has returned, even if the run failed.

        Args:
            is_complete: Whether the run came to its end, so that no other rows will come. Elements that failed may be tried again later; then the
                same run is opened again, and its deliveries go on. It is False if the run was stopped or failed.

        Raises:
            SinkError: If the result cannot be completed, as when a file cannot take its place.
        """
        ...
