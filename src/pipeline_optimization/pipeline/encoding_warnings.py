"""What a run says of text that is not in the encoding that it was read in."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline_optimization.errors import OptionError
from pipeline_optimization.pipeline.reading import Reading
from pipeline_optimization.sources import UTF_8, check_encoding

__all__ = ["encoding_warnings"]


def encoding_warnings(reading: Reading) -> Sequence[str]:
    """Return a sentence or two if words may be wrong because of the encoding, and what would read them right."""
    if reading.invalid_bytes:
        sequences = "sequence" if reading.invalid_bytes == 1 else "sequences"
        said = "UTF-8" if reading.encoding == UTF_8 else reading.encoding
        found = f"{reading.invalid_bytes:,} invalid {said} {sequences} became U+FFFD, so that words may be wrong"
    elif reading.looks:
        found = "The text has NUL characters, so that words may be wrong"
    else:
        return ()
    if not reading.looks:
        return (f"{found}.",)
    try:
        check_encoding(reading.looks)
        advice = f". It looks like {reading.looks}: --encoding {reading.looks} reads that."
    except OptionError:
        advice = f". It looks like {reading.looks}."
    return (f"{found} (first in {reading.looks_in}){advice}",)
