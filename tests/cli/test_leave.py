"""`tocsin leave`: told by days or exactly, listed, ended."""

from datetime import UTC, date, datetime

from tests.cli.cases import OPENED
from tests.cli.conftest import FakeTocsin, Run
from tocsin.control import requests as r

ENDS = datetime(2026, 7, 14, 22, tzinfo=UTC)


def view(leave_id: str = "3f2a1c9e-aaaa", source: str = "") -> r.LeaveView:
    return r.LeaveView(leave_id, "alice", "pending", OPENED, ENDS, "summer", "alice", source)


def test_leave_is_told_by_its_days(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [view()]
    result = run("leave", "add", "alice", "2026-07-01", "2026-07-14", "--comment", "summer")
    assert tocsin.asked == [r.AddLeave("alice", date(2026, 7, 1), date(2026, 7, 14), comment="summer")]
    assert "alice is away" in result.stdout and "tocsin leave end 3f2a1c9e-aaaa" in result.stdout


def test_or_exactly(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [view()]
    run("leave", "add", "alice", "--from", "2099-07-01 13:00", "--until", "2099-07-01 18:00")
    starts_at, ends_at = datetime(2099, 7, 1, 11, tzinfo=UTC), datetime(2099, 7, 1, 16, tzinfo=UTC)
    assert tocsin.asked == [r.AddLeave("alice", starts_at=starts_at, ends_at=ends_at)]


def test_what_is_no_day_is_told_before_anybody_is_asked(tocsin: FakeTocsin, run: Run) -> None:
    result = run("leave", "add", "alice", "July")
    assert result.exit_code == 2 and "'July' is no day" in result.output
    assert tocsin.asked == []


def test_the_list_says_who_is_away_and_who_says_so(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[view(), view("hr~1f", "hr")]]
    result = run("leave", "list", "--team", "platform")
    assert tocsin.asked == [r.ListLeaves(team="platform")]
    assert "summer" in result.stdout and "calendar hr" in result.stdout


def test_leave_is_ended_by_the_beginning_of_its_id(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[view(), view("99aa")], view()]
    run("leave", "end", "3f2a")
    assert tocsin.asked[-1] == r.EndLeave("3f2a1c9e-aaaa")


def test_an_id_that_could_be_several_ends_none(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[view("3f2a-1"), view("3f2a-2")]]
    result = run("leave", "end", "3f2a")
    assert result.exit_code == 1 and len(tocsin.asked) == 1
