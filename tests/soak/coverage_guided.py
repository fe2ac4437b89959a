"""Coverage-guided fuzzing of the byte paths with atheris: ``hatch run fuzz:bytes [-runs=N]``.

libFuzzer changes inputs so that they reach new branches; each is counted as a stream and as ranges of a file, and compared
with the oracle.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["pipeline_optimization"]):
    import byte_paths


def check(data: bytes) -> None:
    """Take the chunk size from the first byte, and the text from the others."""
    if data:
        byte_paths.check_bytes(data[1:], 1 + data[0])


if __name__ == "__main__":
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
