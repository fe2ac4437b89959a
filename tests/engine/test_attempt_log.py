"""The records of an attempt are kept as long as there is room for them."""

from __future__ import annotations

from pipeline_optimization.engine.attempt_log import MOST_CHARACTERS, MOST_RECORDS, AttemptLog


def test_a_record_that_is_too_long_does_not_silence_the_rest() -> None:
    """It is dropped and counted, and takes no room."""
    log = AttemptLog()
    for text in ("before", "x" * (MOST_CHARACTERS + 1), "after"):
        log.add({"msg": text}, {})
    assert [facts["msg"] for facts, _ in log.records] == ["before", "after"]
    assert log.dropped == 1


def test_records_are_bounded() -> None:
    """In number and in characters."""
    many, long = AttemptLog(), AttemptLog()
    for _ in range(MOST_RECORDS + 5):
        many.add({"msg": "x"}, {})
    for _ in range(10):
        long.add({"msg": "x" * (MOST_CHARACTERS // 4)}, {})
    assert (len(many.records), many.dropped) == (MOST_RECORDS, 5)
    assert (len(long.records), long.dropped) == (4, 6)
