"""Several runs may use one process of a cluster. Each gets the log records that its own program wants."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pytest

from pipeline_optimization.engine.attempt_log import LogSettings
from pipeline_optimization.engine.faults import FaultPlan
from pipeline_optimization.engine.wire import Call, decode_answer, encode_call
from pipeline_optimization.engine.worker import Stage, Worker, WorkerSetup

LIBRARY = "a_library_of_two_runs"


def talk(data: bytes) -> bytes:
    logging.getLogger(LIBRARY).info("info")
    logging.getLogger(LIBRARY).debug("debug")
    return b""


def build(argument: object) -> Mapping[str, Stage]:
    return {"talk": talk}


def worker_of(run: str, thresholds: Mapping[str, int]) -> Worker:
    """Return a worker for a run of a program in another process, whose loggers have these levels."""
    logs = LogSettings(run=run, process="another", origin="another", thresholds=thresholds)
    return Worker(WorkerSetup(build=build, argument=None, faults=FaultPlan(), logs=logs).to_bytes())


def logged(worker: Worker) -> list[str]:
    """Run an attempt, and return the messages that its answer takes to the parent."""
    log = decode_answer(worker.run_attempt(encode_call(Call("talk", "", 1, b"")))).log
    return [] if log is None else [str(facts["msg"]) for facts, _ in log.records]


LEVELS = [
    {"": logging.DEBUG},
    {"": logging.INFO},
    {"": logging.WARNING},
    {"": logging.WARNING, LIBRARY: logging.DEBUG},
    {"": logging.DEBUG, LIBRARY: logging.INFO},
    {"": logging.DEBUG, LIBRARY: logging.WARNING},
]


def wanted(levels: Mapping[str, int]) -> list[str]:
    least = levels.get(LIBRARY, levels[""])
    return [name for name, level in (("info", logging.INFO), ("debug", logging.DEBUG)) if level >= least]


@pytest.mark.parametrize("first", LEVELS)
@pytest.mark.parametrize("second", LEVELS)
def test_runs_of_one_process_do_not_change_what_the_others_log(
    first: Mapping[str, int], second: Mapping[str, int]
) -> None:
    """Neither while both run, nor when one of them has ended. When both have ended, the levels are those from before."""
    loggers = logging.getLogger(), logging.getLogger(LIBRARY)
    before = [one.level for one in loggers]
    for ends_first in (0, 1):
        workers = [worker_of("first", first), worker_of("second", second)]
        try:
            found = [logged(workers[0]), logged(workers[1]), logged(workers[0])]
            assert found == [wanted(first), wanted(second), wanted(first)]
            workers[ends_first].close()
            assert logged(workers[1 - ends_first]) == wanted((second, first)[ends_first])
        finally:
            for one in workers:
                one.close()
        assert [one.level for one in loggers] == before
        assert not any(type(one).__name__ == "LogCapture" for one in loggers[0].handlers)


def test_records_that_are_left_at_the_end_of_a_run_do_not_go_to_another_one() -> None:
    """A record outside an attempt goes to all runs of the process. The end of the first run does not hand it to the second once more."""
    first, second = worker_of("first", {"": logging.INFO}), worker_of("second", {"": logging.INFO})
    try:
        logged(first)
        logged(second)
        logging.getLogger(LIBRARY).info("outside")
        first.close()
        assert logged(second) == ["info", "outside"]
    finally:
        first.close()
        second.close()


def test_records_that_are_left_at_the_end_of_a_run_go_to_the_handlers_of_the_process(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A process of a cluster may have handlers of its own, which hear what no answer can take any more."""
    worker = worker_of("first", {"": logging.INFO})
    logged(worker)
    logging.getLogger(LIBRARY).info("outside")
    caplog.clear()
    worker.close()
    assert [one.getMessage() for one in caplog.records] == ["outside"]
