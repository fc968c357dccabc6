"""Generations end in order, each answer after its own."""

from collections.abc import Sequence

import structlog

from tests.ingest.knocking import START
from tocsin.core.detect.signal import InboxRow, Parsed, Report
from tocsin.ingest.committer import Committer, NotStored, Waiting


def request(body: bytes = b"") -> Waiting:
    return Waiting(InboxRow(0, START, "prom", "prometheus", body), Parsed(), ())


class Disk:
    def __init__(self, *, fails_at: int | None = None) -> None:
        self.rows: list[InboxRow] = []
        self.commits = 0
        self.fails_at = fails_at
        self.reports: list[Report] = []
        self.failed: list[int] = []
        self.committer = Committer(
            self.append, self.reports.extend, lambda number, _: self.failed.append(number)
        )

    def append(self, rows: Sequence[InboxRow]) -> int:
        self.commits += 1
        if self.commits == self.fails_at:
            raise OSError("I/O error")
        self.rows.extend(rows)
        return len(self.rows) - len(rows) + 1


async def test_reports_come_before_answers_and_in_order_of_their_ids() -> None:
    disk = Disk()
    for number in range(5):
        await disk.committer.add(request())
        assert disk.reports[-1].inbox_id == number + 1
    await disk.committer.close()


async def test_one_failed_commit_fails_its_own_requests_only() -> None:
    disk = Disk(fails_at=2)
    outcomes = []
    for _ in range(3):
        try:
            await disk.committer.add(request())
            outcomes.append("stored")
        except NotStored:
            outcomes.append("failed")
    assert outcomes == ["stored", "failed", "stored"]
    assert disk.failed == [2]
    await disk.committer.close()


async def test_nothing_needs_to_be_waited_for_once_it_is_durable() -> None:
    disk = Disk()
    generation = disk.committer.gathering
    await disk.committer.add(request())
    assert disk.committer.wait_for(generation) is None
    await disk.committer.close()


async def test_a_cancelled_request_does_not_hold_up_the_others() -> None:
    disk = Disk()
    cancelled, other = disk.committer.add(request()), disk.committer.add(request())
    cancelled.cancel()
    await other
    assert len(disk.rows) == 2
    await disk.committer.close()


async def test_a_report_that_breaks_its_listener_is_still_answered() -> None:
    disk = Disk()

    def listener(reports: list[Report]) -> None:
        raise RuntimeError("the engine's fault")

    committer = Committer(disk.append, listener, lambda number, requests: None)
    with structlog.testing.capture_logs() as logs:
        await committer.add(request())
    assert [line["event"] for line in logs] == ["listener_failed"]
    await committer.close()


async def test_closing_twice_or_unused_is_fine() -> None:
    disk = Disk()
    await disk.committer.close()
    disk.committer.add(request())
    await disk.committer.close()
    await disk.committer.close()
    assert len(disk.rows) == 1
