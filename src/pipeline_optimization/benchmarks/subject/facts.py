"""Facts about exceptions, as plain data."""

from __future__ import annotations

import os
from traceback import walk_tb

from pipeline_optimization import file_module
from pipeline_optimization.benchmarks.subject.contending import LONGEST_NAME, NoContenderError, name_of
from pipeline_optimization.error_text import message_of

__all__ = ["facts_of"]

LONGEST = 500


def facts_of(error: BaseException) -> dict[str, object]:
    """Return an exception's type, message and place. It never raises, whatever the exception's own methods do."""
    frames = list(walk_tb(error.__traceback__))
    place = ""
    # If the text of a file is no Python, its exception says where, and the last frame is the importer's.
    if frames and not (isinstance(error, SyntaxError) and frames[-1][0].f_code.co_filename == file_module.__file__):
        frame, line = frames[-1]
        place = f"{os.path.basename(frame.f_code.co_filename)[:LONGEST_NAME]}:{line}"
    return {
        "type": name_of(type(error)),
        "message": message_of(error)[:LONGEST],
        "place": place,
        "is_missing": isinstance(error, NoContenderError),
    }
