"""Generations end in order, each answer after its own."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
import structlog

from tests.ingest.knocking import START
from tocsin.core.detect.signal import InboxRow
from tocsin.ingest import committer
from tocsin.ingest.committer import GATHERED, QUICK_IN_A_ROW, Committer, Waiting
from tocsin.ingest.registry import discover


def request(body: bytes = b"") -> Waiting:
    return Waiting(InboxRow(0, START, "prom", "prometheus", body), discover()["prometheus"])


class Disk:
    def __init__(self, *, fails_at: int | None = None, at_once: int = 0) -> None:
        self.rows: list[InboxRow] = []
        self.commits = 0
        self.fails_at = fails_at
        self.failed: list[int] = []
        self.threads: list[str] = []
        self.unanswered = 0
        self.committer = Committer(
            self.append, lambda number, _: self.failed.append(number), at_once, self._unanswered
        )

    def _unanswered(self) -> None:
        self.unanswered += 1

    def append(self, rows: Sequence[InboxRow]) -> int:
        self.commits += 1
        self.threads.append(threading.current_thread().name)
        if self.commits == self.fails_at:
            raise OSError("I/O error")
        self.rows.extend(rows)
        return len(self.rows) - len(rows) + 1

    def add(self, body: bytes = b"") -> asyncio.Future[bool]:
        told: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.committer.add(request(body), told.set_result)
        return told


async def test_a_row_is_on_disk_before_it_is_told() -> None:
    disk = Disk()
    for number in range(5):
        assert await disk.add(str(number).encode())
        assert [row.body for row in disk.rows] == [str(n).encode() for n in range(number + 1)]
    await disk.committer.close()


async def test_one_failed_commit_fails_its_own_requests_only() -> None:
    disk = Disk(fails_at=2)
    assert [await disk.add() for _ in range(3)] == [True, False, True]
    assert disk.failed == [2]
    await disk.committer.close()


async def test_nothing_needs_to_be_waited_for_once_it_is_durable() -> None:
    disk = Disk()
    told: list[bool] = []
    generation = disk.committer.add(request(), told.append)
    await disk.add()
    assert told == [True]
    assert not disk.committer.wait_for(generation, told.append)
    await disk.committer.close()
    assert told == [True]


async def test_whoever_waits_for_a_generation_hears_of_its_end() -> None:
    disk = Disk(fails_at=1)
    told: list[str] = []
    generation = disk.committer.add(request(), lambda stored: told.append(f"its own: {stored}"))
    assert disk.committer.wait_for(generation, lambda stored: told.append(f"a copy: {stored}"))
    await disk.committer.close()
    assert told == ["its own: False", "a copy: False"]


async def test_an_answer_that_breaks_is_counted_and_does_not_hold_up_the_others() -> None:
    disk = Disk()

    def breaks(stored: bool) -> None:
        raise RuntimeError("the connection's fault")

    with structlog.testing.capture_logs() as logs:
        disk.committer.add(request(), breaks)
        assert await disk.add()
    assert [line["event"] for line in logs] == ["answer_failed"]
    assert disk.unanswered == 1
    assert len(disk.rows) == 2
    await disk.committer.close()


async def test_closing_twice_or_unused_is_fine() -> None:
    disk = Disk()
    await disk.committer.close()
    told = disk.add()
    await disk.committer.close()
    await disk.committer.close()
    assert await told
    assert len(disk.rows) == 1


async def test_small_commits_are_made_on_the_loop_and_large_ones_on_the_thread() -> None:
    disk = Disk(at_once=10)
    for body in (b"small", b"larger than that", b"small"):
        assert await disk.add(body)
    assert disk.threads == ["MainThread", "inbox", "MainThread"]
    await disk.committer.close()


async def test_after_a_slow_commit_the_thread_makes_them_until_the_disk_is_quick_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    disk = Disk(at_once=10)
    monkeypatch.setattr(committer, "QUICK", 0.0)
    assert await disk.add(b"slow")
    monkeypatch.setattr(committer, "QUICK", 3600.0)
    for _ in range(QUICK_IN_A_ROW + 1):
        assert await disk.add(b"quick")
    assert disk.threads == ["MainThread", *["inbox"] * QUICK_IN_A_ROW, "MainThread"]
    await disk.committer.close()


async def test_a_failure_on_the_loop_is_told_as_one_on_the_thread() -> None:
    disk = Disk(fails_at=1, at_once=10)
    assert [await disk.add(b"a"), await disk.add(b"b")] == [False, True]
    assert disk.failed == [1]
    await disk.committer.close()


async def test_what_comes_in_turn_after_turn_is_committed_together() -> None:
    disk = Disk(at_once=10)
    told = []
    for _ in range(3):
        told.append(disk.add(b"a"))
        await asyncio.sleep(0)
    assert disk.commits == 0
    assert await asyncio.gather(*told) == [True] * 3
    assert disk.commits == 1
    await disk.committer.close()


async def test_requests_without_end_do_not_put_off_a_commit() -> None:
    disk = Disk(at_once=1000)
    for _ in range(GATHERED + 2):
        disk.add(b"a")
        await asyncio.sleep(0)
    assert disk.commits == 1
    await disk.committer.close()
