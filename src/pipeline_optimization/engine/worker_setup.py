"""What equips a worker, and how it travels: as bytes, which any process of the run can make a worker of."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from attrs import field, frozen

from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.stage import Stage
from pipeline_optimization.errors import PluginError
from pipeline_optimization.file_module import FileModule

if TYPE_CHECKING:
    from pipeline_optimization.engine.attempt_log import LogSettings

__all__ = ["WorkerSetup"]


@frozen(kw_only=True, eq=False, repr=False)
class WorkerSetup:
    """How to equip a worker: ``build(argument)`` returns its stages by task name. Both must be picklable.

    ``files`` are the modules of plugins that are single files; a worker makes them before it unpickles the rest.
    ``is_timed``: workers measure how long attempts await.
    ``policy`` is the label of the run's retry policy, for the harness's record, and ``own_policies`` those of tasks that have their own.
    ``logs`` is how the parent logs, None if nobody there wants to know.
    """

    build: Callable[[object], Mapping[str, Stage]]
    argument: object
    faults: FaultPlan
    files: Sequence[FileModule] = ()
    is_timed: bool = False
    policy: str = ""
    own_policies: Mapping[str, str] = field(factory=dict)
    logs: LogSettings | None = None

    def to_bytes(self) -> bytes:
        """Return what makes a worker. Raises PluginError where a component cannot be found by name elsewhere."""
        try:
            setup = pickle.dumps(self, pickle.HIGHEST_PROTOCOL)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            raise PluginError(
                f"A chosen component cannot be sent to workers: {error}. Its factory, its options class and its options "
                "must be importable by name: define them at the top level of a module.",
                plugin=repr(self.argument),
            ) from error
        return pickle.dumps((tuple(self.files), setup, self.logs), pickle.HIGHEST_PROTOCOL)

    @property
    def modules(self) -> Sequence[str]:
        """Return what workers import, for processes that can share it: where ``build`` is, and ``argument.modules``, if any."""
        return [self.build.__module__, *getattr(self.argument, "modules", ())]

    @staticmethod
    def names_of_main(data: bytes) -> Sequence[str]:
        """Return what of a set-up is defined in the program itself, ``__main__``, where other processes hardly find it."""
        _, setup, _ = pickle.loads(data)
        if b"__main__" not in setup:
            return ()
        import pickletools  # noqa: PLC0415 - for this case only

        # A class or a function is pickled as the names of its module and of itself.
        texts = [text for code, text, _ in pickletools.genops(setup) if code.name.endswith("BINUNICODE")]
        return [str(name) for module, name in pairwise(texts) if module == "__main__"]

    @staticmethod
    def logs_of(data: bytes) -> LogSettings | None:
        """Return how the parent of a set-up logs, importing nothing of the run: that may log already."""
        return cast("LogSettings | None", pickle.loads(data)[2])

    @classmethod
    def from_bytes(cls, data: bytes) -> WorkerSetup:
        """Return what was set up. Raises whatever importing the components raises."""
        files, setup, _ = pickle.loads(data)
        for file in files:
            file.restore()
        return cast("WorkerSetup", pickle.loads(setup))
