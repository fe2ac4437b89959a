"""What OpenLineage's client logs of its problems. Some of its transports only log them, and raise nothing."""

from __future__ import annotations

import logging

__all__ = ["ClientLog"]

LOGGER = "openlineage"


class ClientLog(logging.Handler):
    """Keeps the first warning that the client logs while this is attached. Without it, warnings go to standard error with a traceback."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.said = self.said or (record.getMessage() if error is None else f"{record.getMessage()} {error}").strip()

    def attach(self) -> None:
        logging.getLogger(LOGGER).addHandler(self)

    def detach(self) -> None:
        logging.getLogger(LOGGER).removeHandler(self)
