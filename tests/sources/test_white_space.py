"""White space as UTF-8 bytes."""

from __future__ import annotations

import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_optimization.sources import white_space

SPACES = [character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace()]


def test_the_tables_hold_exactly_the_characters_for_which_isspace_is_true() -> None:
    """ASCII and WIDE together are str.isspace, encoded."""
    assert sorted(white_space.ASCII + white_space.WIDE) == sorted(space.encode() for space in SPACES)
    assert max(map(len, white_space.WIDE)) == white_space.MAX_BYTES


@settings(deadline=None)
@given(
    text=st.text(st.sampled_from([*SPACES, "a", "é", "\u2011", "\u3001", "\x00", "😀"]), max_size=30),
    padding=st.integers(0, 600),
    start=st.integers(0, 40),
)
def test_last_end_is_behind_the_last_white_space_wherever_it_is(text: str, padding: int, start: int) -> None:
    """The search agrees with a backward walk over the bytes, in every window of the search."""
    data = text.encode() + b"x" * padding
    ends = [
        index + len(space)
        for index in range(start, len(data))
        for space in map(str.encode, SPACES)
        if data.startswith(space, index)
    ]
    assert white_space.last_end(data, start) == max(ends, default=0)


def test_white_space_is_found_far_from_the_end() -> None:
    """The window grows until it covers the whole block."""
    for space in white_space.ASCII + white_space.WIDE:
        assert white_space.last_end(b"a" + space + b"b" * 100_000) == 1 + len(space)
    assert white_space.last_end(b"b" * 100_000) == 0
