"""`tocsin who`, and what people say about it: silences, maintenance, overrides."""

from datetime import UTC, datetime, timedelta

from tests.cli.cases import OPENED
from tests.cli.conftest import FakeTocsin, Run
from tocsin.control import requests as r


def who_view(*people: str) -> r.WhoView:
    return r.WhoView(
        schedule="platform-primary",
        team="platform",
        people=people,
        names=tuple(f"{person.title()} Ames" for person in people),
        by="layer 1",
        until=OPENED + timedelta(days=1),
        next_people=("bob",),
        next_at=OPENED + timedelta(days=1),
    )


def test_who_shows_now_and_next(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[who_view("alice")]]
    result = run("who")
    assert result.exit_code == 0
    assert "alice Alice Ames" in result.stdout
    assert "2026-06-15 14:32 CEST" in result.stdout
    assert tocsin.asked == [r.Who()]


def test_who_at_an_instant_on_one_schedule(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[who_view("alice")]]
    run("who", "--at", "2026-06-14 14:32", "--schedule", "platform-primary")
    assert tocsin.asked == [r.Who(schedule="platform-primary", at=OPENED)]


def test_nobody_on_the_asked_schedule_exits_1(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[who_view()]]
    result = run("who", "--schedule", "platform-primary")
    assert result.exit_code == 1
    assert "nobody" in result.stdout
    assert "tocsin override add" in result.stdout


def operational(kind: str, what: str) -> r.OperationalView:
    return r.OperationalView(
        kind, "3f2a1c9e-aaaa", "active", OPENED, OPENED + timedelta(hours=2), what, "alice", "load test"
    )


def test_a_silence_is_added_until_its_end(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [operational("silences", 'service="task-api"')]
    result = run(
        "silence", "add", 'service="task-api"', "--until", "2099-06-14 16:00", "--comment", "load test"
    )
    (asked,) = tocsin.asked
    assert asked == r.AddSilence(
        ('service="task-api"',), datetime(2099, 6, 14, 14, tzinfo=UTC), None, "load test"
    )
    assert "tocsin silence end 3f2a1c9e-aaaa" in result.stdout


def test_a_maintenance_and_an_override_are_added(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [operational("maintenance", "task-api")]
    span = ["--from", "2099-06-14 14:00", "--until", "2099-06-14 16:00"]
    run("maintenance", "add", "task-api", "worker", *span)
    run("override", "add", "platform-primary", "bob", *span, "--kind", "add")
    starts, ends = datetime(2099, 6, 14, 12, tzinfo=UTC), datetime(2099, 6, 14, 14, tzinfo=UTC)
    assert tocsin.asked == [
        r.AddMaintenance(("task-api", "worker"), ends, starts),
        r.AddOverride("platform-primary", "bob", ends, starts, kind="add"),
    ]


def test_an_end_is_mandatory(tocsin: FakeTocsin, run: Run) -> None:
    assert run("silence", "add", 'service="task-api"').exit_code == 2


def test_what_holds_is_listed_and_ended_by_the_beginning_of_its_id(tocsin: FakeTocsin, run: Run) -> None:
    one = operational("silences", 'service="task-api"')
    tocsin.answers = [[one], [one], one]
    assert "3f2a1c9e" in run("silence", "list").stdout
    assert run("silence", "end", "3f2a").exit_code == 0
    assert tocsin.asked[-1] == r.EndOperational("silences", "3f2a1c9e-aaaa")


def test_a_beginning_that_fits_two_ids_ends_neither(tocsin: FakeTocsin, run: Run) -> None:
    one = operational("overrides", "bob")
    two = r.OperationalView("overrides", "3f2b", "active", OPENED, OPENED, "carol")
    tocsin.answers = [[one, two]]
    result = run("override", "end", "3f2")
    assert result.exit_code == 1
    assert len(tocsin.asked) == 1
