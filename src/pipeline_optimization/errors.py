"""Every exception that the project raises on purpose.

::

    AnagramError
    ├── UsageError (ValueError)            the caller asked for something that cannot be
    │   ├── CheckpointError                a checkpoint belongs to another run, is damaged, in use or cannot be written
    │   ├── OptionError                    an option has an unknown name or a wrong value
    │   ├── UnknownComponentError          no plugin offers a component of that name
    │   ├── UnknownPluginError             no plugin has that name
    │   └── TextTypeError                  process_text() was given something that is no string
    ├── InputError (ValueError)            a source cannot be read
    │   └── MissingDependencyError         reading it takes a package that is not installed
    ├── LexiconError (ValueError)          a lexicon cannot be loaded or holds no usable word
    ├── PluginError (RuntimeError)         a plugin cannot be used
    │   ├── PluginLoadError                importing or registering it failed
    │   └── PluginConflictError            two plugins claim one name
    ├── TaskError (RuntimeError)           a task failed
    │   ├── InjectedFault                  ... because the fault profile said so
    │   ├── RetryAfter                     ... and asks for a delay before it is tried again
    │   ├── BrokenResourceError            ... because what @task(using=...) opened for it is broken
    │   └── UnsendableError                ... because it returned what cannot be sent to another process
    ├── OrchestratorError (RuntimeError)   an orchestrator broke its contract
    │   ├── ClusterError                   a cluster cannot be reached, or its workers do not fit this program
    │   └── WorkerStartError               its workers die before they are ready
    ├── SinkError (RuntimeError)           a sink cannot take what is delivered to it
    ├── RefusedRowsError (ValueError)      a sink cannot take certain rows, and has committed none
    ├── ResourceError (RuntimeError)       the system has not enough of what a run needs
    └── IncompleteRunError (RuntimeError)  some items failed for good

    KeyboardInterrupt
    └── RunInterrupted                     Ctrl-C; carries the report of what was finished

Each message says what happened, where, and what to do. The facts are attributes too.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pipeline_optimization.spelling_hint import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "AnagramError",
    "BrokenResourceError",
    "CheckpointError",
    "ClusterError",
    "IncompleteRunError",
    "InjectedFault",
    "InputError",
    "LexiconError",
    "MissingDependencyError",
    "OptionError",
    "OrchestratorError",
    "PluginConflictError",
    "PluginError",
    "PluginLoadError",
    "RefusedRowsError",
    "ResourceError",
    "RetryAfter",
    "RunInterrupted",
    "SinkError",
    "TaskError",
    "TextTypeError",
    "UnknownComponentError",
    "UnknownPluginError",
    "UnsendableError",
    "UsageError",
    "WorkerStartError",
]


class AnagramError(Exception):
    """Base of every error that the project raises on purpose."""


class UsageError(AnagramError, ValueError):
    """The caller asked for something that cannot be."""


class CheckpointError(UsageError):
    """A checkpoint belongs to another run, is damaged or in use, or cannot be written. ``path`` is its file."""

    def __init__(self, message: str, *, path: str) -> None:
        super().__init__(message)
        self.path = path


class OptionError(UsageError):
    """An option has an unknown name or a wrong value."""


class TextTypeError(UsageError):
    """``process_text`` was given something that is no string."""


class UnknownComponentError(UsageError):
    """No active plugin offers a component of that kind and name.

    Attributes:
        kind: The kind as a singular noun, such as "orchestrator".
        name: The name that was asked for.
        installed: The sorted names that can be chosen.
    """

    def __init__(self, message: str, *, kind: str, name: str, installed: Sequence[str]) -> None:
        super().__init__(message)
        self.kind = kind
        self.name = name
        self.installed = tuple(installed)


class UnknownPluginError(UsageError):
    """No plugin has that name. ``installed`` are the names of all plugins that there are."""

    def __init__(self, message: str, *, name: str, installed: Sequence[str]) -> None:
        super().__init__(message)
        self.name = name
        self.installed = tuple(installed)

    @classmethod
    def of(cls, name: str, installed: Sequence[str]) -> UnknownPluginError:
        """Return the error for a name, with the installed name that is most like it."""
        hint = did_you_mean(name, installed)
        return cls(
            f"There is no plugin {name!r}.{hint} There are: {', '.join(installed)}.", name=name, installed=installed
        )


class InputError(AnagramError, ValueError):
    """A source cannot be read; ``source`` names it as the user did."""

    def __init__(self, message: str, *, source: str) -> None:
        super().__init__(message)
        self.source = source


class MissingDependencyError(InputError):
    """Reading a source takes a package that is not installed. ``package`` is the package to install."""

    def __init__(self, message: str, *, source: str, package: str) -> None:
        super().__init__(message, source=source)
        self.package = package


class LexiconError(AnagramError, ValueError):
    """A lexicon cannot be loaded, or holds no usable word."""

    def __init__(self, message: str, *, lexicon: str) -> None:
        super().__init__(message)
        self.lexicon = lexicon


class PluginError(AnagramError, RuntimeError):
    """A plugin cannot be used."""

    def __init__(self, message: str, *, plugin: str) -> None:
        super().__init__(message)
        self.plugin = plugin


class PluginLoadError(PluginError):
    """Importing or registering a plugin failed. The plugin's own exception is the cause (``__cause__``)."""


class PluginConflictError(PluginError):
    """Two plugins claim one name. ``providers`` names both with their distributions and versions."""

    def __init__(self, message: str, *, plugin: str, providers: Sequence[str]) -> None:
        super().__init__(message, plugin=plugin)
        self.providers = tuple(providers)


class TaskError(AnagramError, RuntimeError):
    """A task failed."""


class InjectedFault(TaskError):  # noqa: N818 - the field says fault injection
    """A task failed because the fault profile said so. Nothing is wrong with its input.

    Attributes:
        stands_for: The name of the exception that the profile simulates, or empty if it names none.
    """

    def __init__(self, message: str = "", *, stands_for: str = "") -> None:
        super().__init__(message)
        self.stands_for = stands_for


class BrokenResourceError(TaskError):
    """The resource that ``@task(using=...)`` opened is broken. Raise it in a task's function, so that the next attempt opens another one."""


class RetryAfter(TaskError):  # noqa: N818 - called like the HTTP header
    """A task failed and asks for a delay before the next attempt. Raise it in a task's function.

    The run's retry policy bounds the delay, and says how often the task is tried.

    Args:
        seconds: The least time to wait, of at least 0 and finite.
        message: What happened, for people.

    Raises:
        ValueError: If ``seconds`` is no such number.
    """

    def __init__(self, seconds: float, message: str = "") -> None:
        given: object = seconds
        if not isinstance(given, int | float) or not 0 <= given <= sys.float_info.max:
            raise ValueError(f"RetryAfter takes a number of seconds of at least 0, not {seconds!r}.")
        super().__init__(message or f"try again in {seconds:g} s")
        self.seconds = float(seconds)

    def __reduce__(self) -> tuple[type[RetryAfter], tuple[float, str]]:
        return RetryAfter, (self.seconds, str(self))


class UnsendableError(TaskError):
    """A task returned what cannot be sent to another process."""


class OrchestratorError(AnagramError, RuntimeError):
    """An orchestrator broke its contract."""


class ClusterError(OrchestratorError):
    """A cluster cannot be reached or started, or its workers do not fit this program."""


class WorkerStartError(OrchestratorError):
    """An orchestrator's workers die before they are ready to take an attempt."""


class SinkError(AnagramError, RuntimeError):
    """A sink cannot be opened, cannot take a delivery, or cannot be completed.

    Args:
        message: What happened, where, and what to do.
        is_transient: Whether the same may work in a moment, as when a server is away. The run tries again as its retry policy says.
    """

    def __init__(self, message: str, *, is_transient: bool = False) -> None:
        super().__init__(message)
        self.is_transient = is_transient


class RefusedRowsError(AnagramError, ValueError):
    """A sink cannot take some rows of a delivery, and has committed none of its rows.

    Args:
        refused: The reasons, by the index of each such row in the delivery, from 0.
    """

    def __init__(self, refused: Mapping[int, str]) -> None:
        shown = "; ".join(f"row {index}: {message}" for index, message in sorted(refused.items())[:3])
        super().__init__(f"{len(refused)} of the rows cannot be delivered: {shown}")
        self.refused = dict(refused)


class ResourceError(AnagramError, RuntimeError):
    """The system has not enough of what a run needs: memory, file descriptors, processes."""


class IncompleteRunError(AnagramError, RuntimeError):
    """Some items failed for good. ``report`` is the ``RunReport`` of the items that were counted."""

    def __init__(self, message: str, *, report: object) -> None:
        super().__init__(message)
        self.report = report


class RunInterrupted(KeyboardInterrupt):
    """Ctrl-C ended a run. ``report`` is the report of what was finished by then: a ``RunReport``, or the ``PipelineReport`` of a pipeline."""

    def __init__(self, report: object) -> None:
        super().__init__("the run was interrupted")
        self.report = report
