"""The harness answers each call of a task: it draws, waits and records, whoever calls, and however strangely."""

from __future__ import annotations

import asyncio
import json
import os
import select
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, suppress
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from pipeline_optimization.benchmarks.anagrams.stages import fault_plan
from pipeline_optimization.benchmarks.measuring import task_server
from pipeline_optimization.benchmarks.measuring.task_server import TaskServer
from pipeline_optimization.engine.faults import TASK_SERVER, Draw, FaultSettings, fault_key
from pipeline_optimization.engine.task_client import TaskClient, _LoopConnection, client_of
from pipeline_optimization.errors import InjectedFault, OptionError
from pipeline_optimization.orchestrator import TaskOrchestrator
from pipeline_optimization.tasks.find_anagrams_task import find_anagrams
from retrying_caller import attempt
from task_server_thread import serving

SETTINGS = FaultSettings(profile="exercise", latency_scale=0.001, seed=5, case="small")
PLAN = fault_plan(SETTINGS)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TaskServer]:
    """A server that answers the tasks of this process, whose environment says the faults, but not their seed."""
    with serving(PLAN, tmp_path) as found:
        monkeypatch.setenv(TASK_SERVER, found.address)
        monkeypatch.setenv("ANAGRAM_FAULTS", "exercise")
        monkeypatch.setenv("ANAGRAM_LATENCY_SCALE", "0.001")
        monkeypatch.setenv("ANAGRAM_SEED", "77")
        yield found


def client() -> TaskClient:
    return client_of(os.environ[TASK_SERVER])


def expected(word: str, number: int) -> tuple[str, str, int, str]:
    fails = PLAN.draw("find_anagrams", fault_key(word), number).fails
    return ("find_anagrams", word, number, "injected" if fails else "ok")


def facts(server: TaskServer) -> list[tuple[str, str, int, str]]:
    return sorted((call.task, call.key, call.number, call.outcome) for call in server.calls())


def lucky(word: str) -> int:
    """Return the number of the first call that fails, after which calls succeed again."""
    return next(n for n in range(1, 100) if PLAN.draw("find_anagrams", word, n).fails)


def test_direct_calls_are_recorded(server: TaskServer) -> None:
    """Each call is recorded with what was drawn for it, by the server's own clock."""
    for _ in range(20):
        attempt("cat")
    calls = server.calls()
    assert facts(server) == [expected("cat", number) for number in range(1, len(calls) + 1)]
    assert {call.outcome for call in calls} == {"ok", "injected"}
    assert all(call.ended - call.began >= call.latency * 1e9 - 1000 > 0 for call in calls)


def test_calls_are_numbered_across_processes(server: TaskServer) -> None:
    """Workers that share no memory meet the faults that one process alone would meet."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(attempt, ["cat"] * 40))
    assert len(server.calls()) > 40
    numbers = {call.number for call in server.calls()}
    assert numbers == set(range(1, max(numbers) + 1))
    assert set(facts(server)) == {expected("cat", number) for number in numbers}


def test_attempts_at_once_are_one_attempt(server: TaskServer) -> None:
    """Whoever asks for several attempts of a call at once gets the one that is due several times, and so no lucky one."""
    word = next(word for word in (f"word{chr(97 + n)}" for n in range(26)) if lucky(word) == 1)

    async def ask() -> list[bool]:
        calls = (client().call_async("find_anagrams", word) for _ in range(9))
        return [draw.fails for draw in await asyncio.gather(*calls)]

    assert asyncio.run(ask()) == [True] * 9
    assert {call.number for call in server.calls()} == {1}


def test_a_forked_child_has_a_connection_of_its_own(server: TaskServer) -> None:
    """Answers to a child never reach its parent, which had asked before."""
    attempt("cat")
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        pool.submit(attempt, "cat").result()
    attempt("cat")
    assert facts(server) == [expected("cat", number) for number in range(1, len(server.calls()) + 1)]


def test_an_execution_begins_anew(server: TaskServer) -> None:
    """Calls are numbered from 1 in each execution, and recorded for the one in which they began."""
    attempt("cat")
    first = server.calls()
    server.begin()
    attempt("cat")
    assert [call.number for call in first] == [call.number for call in server.calls()]


@pytest.mark.parametrize("orchestrator", ["sequential", "threaded", "asyncio", "multiprocess"])
def test_the_engine_makes_the_same_calls(server: TaskServer, orchestrator: str) -> None:
    """Attempts of the engine are answered like direct calls, in every orchestrator."""
    # A fork server that an earlier test started would not know of the server.
    options = {"start": "spawn"} if orchestrator == "multiprocess" else {}
    result = TaskOrchestrator(orchestrator, options=options).process_text("cat dog cat god")
    assert result["anagram_counts"]["act"] == 2
    words = [call for call in facts(server) if call[0] == "find_anagrams"]
    assert words == [expected(word, number) for word, number in sorted((word, n) for _, word, n, _ in words)]
    assert {call.task for call in server.calls()} == {"filter_input", "get_words", "find_anagrams"}


def test_nobody_picks_a_lucky_number(server: TaskServer) -> None:
    """Attempt n is answered after attempt n-1 was; whoever names a later one gets the one that is due."""
    number = lucky("cat")
    for _ in range(number - 1):
        assert not client().call("find_anagrams", "cat").fails
    assert client().call("find_anagrams", "cat", number=number + 40).fails
    assert [call.number for call in server.calls()] == list(range(1, number + 1))


def test_copies_of_an_attempt_fail_alike(server: TaskServer) -> None:
    """An attempt that is made again, as its worker was lost or slow, meets the same fault."""
    assert len({client().call("find_anagrams", "cat", number=1).fails for _ in range(5)}) == 1
    assert {call.number for call in server.calls()} == {1}


def test_an_event_loop_waits_for_many_at_once(server: TaskServer) -> None:
    """``call_async`` meets the same faults as the plain call, without blocking the loop, and without threads."""
    words = [f"word{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(500)]
    threads = threading.active_count()
    seen = 0

    async def look() -> None:
        nonlocal seen
        seen = threading.active_count()

    async def gather() -> list[object]:
        calls = (find_anagrams.call_async(word) for word in words)
        return await asyncio.gather(*calls, look(), return_exceptions=True)

    results = asyncio.run(gather())
    assert facts(server) == [expected(word, 1) for word in words]
    assert [isinstance(result, InjectedFault) for result in results[:-1]] == [
        PLAN.draw("find_anagrams", word, 1).fails for word in words
    ]
    assert seen == threads


def test_loops_come_and_go(server: TaskServer) -> None:
    """A loop's connection goes with it, and a call that was cancelled disturbs no other."""

    async def call() -> bool:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client().call_async("find_anagrams", "dog"), 0.0)
        return (await client().call_async("find_anagrams", "cat")).fails

    assert [asyncio.run(call()) for _ in range(3)] == [expected("cat", n)[3] == "injected" for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "data",
    [
        b"hello\n",
        b"[1]\n",
        b'{"id": 1}\n',
        b"[1, 2, 3, 1e999, 5]\n",
        b"[" * 3000 + b"\n",
        b"x" * 100_000,
        b'[1, "find_anagrams", "' + b"c" * 3000 + b'", 1]\n',
        b"\xff\xfe\n",
    ],
)
def test_what_is_no_call_is_cut_off(server: TaskServer, data: bytes) -> None:
    """Whatever comes on a connection harms no other."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stranger:
        stranger.connect("\0" + server.address[1:] if server.address.startswith("@") else server.address)
        with suppress(BrokenPipeError, ConnectionResetError):  # it is cut off in the middle of what it sends, perhaps
            stranger.sendall(data)
            assert stranger.recv(100) == b""
    attempt("cat")
    assert facts(server)[0] == expected("cat", 1)


def test_connections_leave_handles_for_the_harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If there are too many, more of them wait until one ends. Meanwhile nothing makes the harness look again and again."""
    monkeypatch.setattr(task_server, "most_connections", lambda: 2)
    with closing(TaskServer(PLAN, tmp_path)) as server, ExitStack() as stack:
        address = "\0" + server.address[1:] if server.address.startswith("@") else server.address

        def connected(word: str) -> socket.socket:
            found = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            found.connect(address)
            found.sendall(json.dumps([1, "unknown", word, 0, ""]).encode() + b"\n")
            found.settimeout(0.1)
            return found

        first, second, third = map(connected, ("a", "b", "c"))
        for _ in range(5):
            server.serve()
        assert first.recv(100)
        assert second.recv(100)
        assert not select.select([server], [], [], 0)[0]
        with pytest.raises(TimeoutError):
            third.recv(100)
        first.close()
        for _ in range(5):
            server.serve()
        assert third.recv(100)


def test_a_label_of_a_policy_is_text(server: TaskServer) -> None:
    """A label gets into records and tables, so what cannot be seen or encoded is shown by its escape."""
    client().call("find_anagrams", "cat", policy="\ud800\x1b[2J")
    assert [call.policy for call in server.calls()] == [r"\ud800\x1b[2J"]


def test_a_server_that_is_gone_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call neither waits for ever nor goes on without an answer."""
    monkeypatch.setenv(TASK_SERVER, str(tmp_path / "nobody"))
    with pytest.raises(OptionError, match="Nobody answers calls of tasks at ANAGRAM_TASK_SERVER"):
        find_anagrams("cat")
    with pytest.raises(OptionError, match="Nobody answers"):
        asyncio.run(find_anagrams.call_async("cat"))


def test_a_loop_survives_its_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the server goes away, the calls that wait fail, and the loop forgets its connection. It meets another server at the same place."""
    reads = 0
    read = _LoopConnection._read

    def counted(self: _LoopConnection, *arguments: Any) -> None:
        nonlocal reads
        reads += 1
        read(self, *arguments)

    monkeypatch.setattr(_LoopConnection, "_read", counted)

    async def call(address: str) -> Draw:
        caller = TaskClient(address)
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(address)
            door.listen()
            waiting = asyncio.create_task(caller.call_async("find_anagrams", "cat"))
            await asyncio.sleep(0.01)
            door.accept()[0].close()
            with pytest.raises(OptionError, match="Nobody answers"):
                await waiting
        before = reads
        await asyncio.sleep(0.05)
        assert reads == before
        os.unlink(address)
        with pytest.raises(OptionError, match="Nobody answers"):
            await caller.call_async("find_anagrams", "cat")
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(address)
            door.listen()
            waiting = asyncio.create_task(caller.call_async("find_anagrams", "cat"))
            await asyncio.sleep(0.01)
            with door.accept()[0] as connection:
                number = json.loads(connection.recv(1000))[0]
                connection.sendall(json.dumps([number, False, 0.5]).encode() + b"\n")
                return await waiting

    assert asyncio.run(call(str(tmp_path / "s"))).latency == 0.5


def test_an_unknown_task_is_let_through(server: TaskServer) -> None:
    """A task that the server does not know may go on at once, and is in no record."""
    assert client().call("unknown", "cat").latency == 0.0
    assert server.calls() == ()
