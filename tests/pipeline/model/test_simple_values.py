"""Values that are counted without being kept are counted as all others are, and totals of counts are sent and merged as they are."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline_optimization.pipeline.model.batch import Joined
from pipeline_optimization.pipeline.model.codec import BY_VALUE, PICKLED, PLAIN, Codec
from pipeline_optimization.pipeline.model.ends import Count
from pipeline_optimization.pipeline.model.simple_values import are_simple, count_simple

TEXTS = st.text("ab\n\r\ud800\u2028", max_size=3)
SCALARS: st.SearchStrategy[Any] = TEXTS | st.integers(-2, 300) | st.booleans() | st.none() | st.binary(max_size=2)
SIMPLE = SCALARS | st.lists(SCALARS, max_size=2).map(tuple)
OTHERS: st.SearchStrategy[Any] = st.one_of(
    st.just([]), st.integers(0, 2).map(Decimal), st.tuples(st.tuples(st.none())), st.tuples(st.just([]))
)

WEIGHTS: st.SearchStrategy[Any] = st.one_of(
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False),
    st.integers(4000, 5000).map(lambda digits: -(10**digits)),
)


@given(before=st.lists(SIMPLE), lists=st.lists(st.lists(SIMPLE | OTHERS)))
@example(before=[1], lists=[[Decimal(1)]])
@example(before=["a"], lists=[["a"], ["b", [], "a"], ["a"]])
@example(before=[], lists=[[Decimal(1), 1, True]])
def test_counts_of_simple_values(before: list[Any], lists: list[list[Any]]) -> None:
    """Values are counted all together or not at all, and what is counted is simple."""
    values = Joined(lists, list(map(len, lists)))
    counts = Counter(before)
    reference = Counter(before)
    try:
        is_added = count_simple(counts, values)
    except TypeError:
        is_added = False
        with pytest.raises(TypeError):
            reference.update(values)
        reference = Counter(before)
    if is_added:
        reference.update(values)
    assert list(counts.items()) == list(reference.items())
    assert are_simple(list(counts))
    assert is_added or not are_simple(values)


@pytest.mark.parametrize("codec", [PICKLED, BY_VALUE, PLAIN])
@given(
    counts=st.dictionaries(SIMPLE, st.integers(1, 1 << 40)).map(Counter) | st.dictionaries(TEXTS, WEIGHTS).map(Counter)
)
@example(counts=Counter())
@example(counts=Counter({"": 3}))
@example(counts=Counter({"a\nb": 1, "c": 2}))
@example(counts=Counter({"a": 0.5}))
@example(counts=Counter({"a": True, "b": Decimal("1.50")}))
@example(counts=Counter({"a": 10**5000, "b": -(10**5000), "c": 1}))
def test_counts_on_their_way(codec: Codec, counts: Counter[Any]) -> None:
    """Counts arrive as they were sent, in their order, and so do weights, which a user's counter may have."""
    found = codec.decode(codec.encode(counts))
    assert type(found) is Counter
    assert list(found.items()) == list(counts.items())
    assert list(map(type, found.values())) == list(map(type, counts.values()))


@given(several=st.lists(st.lists(SIMPLE)))
def test_counts_are_merged(several: list[list[Any]]) -> None:
    """What is merged of several counts is the count of all."""
    end: Count[Any] = Count()
    total = end.zero()
    for values in several:
        total = end.merge(total, Counter(values))
    assert total == Counter(value for values in several for value in values)
    assert type(total) is Counter


@pytest.mark.parametrize(
    "data", [b'["Counts"]', b'["Counts", 1, 1]', b'["Counts", "a", 1, 2]', b'["Counts", "a", "b"]']
)
def test_damaged_counts(data: bytes) -> None:
    """Counts that were damaged on disk are told from others."""
    with pytest.raises((ValueError, LookupError)):
        PLAIN.decode(data)


@given(lists=st.lists(st.lists(st.integers())), data=st.data())
def test_joined(lists: list[list[int]], data: st.DataObject) -> None:
    """Lists that are joined are like one list."""
    joined, plain = Joined(lists, list(map(len, lists))), [value for values in lists for value in values]
    assert (list(joined), len(joined), bool(joined)) == (plain, len(plain), bool(plain))
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(plain)), st.integers(0, len(plain)))))
    assert joined[start:stop] == plain[start:stop]
    assert [joined[number] for number in range(len(plain))] == plain


@pytest.mark.parametrize("codec", [PICKLED, BY_VALUE, PLAIN])
@pytest.mark.parametrize(
    "value",
    [datetime(2026, 10, 25, 2, 30, fold=1), time(2, 30, fold=1), datetime(2026, 1, 1, tzinfo=UTC)],  # noqa: DTZ001 - a clock's reading
)
def test_times_keep_which_of_two_equal_readings_they_are(codec: Codec, value: datetime | time) -> None:
    """When clocks are set back, an hour has two times with the same digits. Python takes them for equal, so both parts are compared."""
    again = codec.decode(codec.encode(value))
    assert (again, again.fold) == (value, value.fold)


@pytest.mark.parametrize(
    "written", [b'["decimal.Decimal", "1", 1]', b'["datetime.date", "2026-01-01", 1]', b'["uuid.UUID"]']
)
def test_damaged_values_are_told(written: bytes) -> None:
    """Whatever stands in a file that somebody has changed, reading it ends in the one error that is expected."""
    with pytest.raises(ValueError, match=r"[a-z]"):
        PLAIN.decode(written)
