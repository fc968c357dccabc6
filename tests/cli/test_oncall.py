"""`tocsin who`, and what people say about it: silences, maintenance, overrides."""

from datetime import UTC, datetime, timedelta

import msgspec

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


# --- schedules -------------------------------------------------------------------------------------------------------

HOUR = timedelta(hours=1)


def timetable(*gaps: r.GapView) -> r.ScheduleView:
    night = r.ShiftView(OPENED, OPENED + 12 * HOUR, ("alice",), "nights", ("dan",))
    day = r.ShiftView(OPENED + 12 * HOUR, OPENED + 24 * HOUR, ("bob",), "override 3f2a")
    layer = r.LayerView("nights", False, False, (night,))
    span = (OPENED, OPENED + 24 * HOUR)
    return r.ScheduleView(
        "platform-primary", "platform", "Europe/Berlin", *span, (night, day), gaps, (layer,)
    )


def test_a_schedule_is_shown_shift_by_shift(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[timetable()]]
    result = run("schedule", "show", "platform-primary", "--from", "2026-06-14 14:32")
    assert tocsin.asked == [r.ShowSchedules("platform-primary", OPENED)]
    assert "alice shadowed by dan" in result.stdout
    assert result.stdout.index("alice") < result.stdout.index("bob")


def test_gaps_are_shown_among_the_shifts(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[timetable(r.GapView(OPENED + 24 * HOUR, OPENED + 26 * HOUR))]]
    result = run("schedule", "show", "platform-primary", "--layers")
    assert "nobody" in result.stdout and "tocsin override add" in result.stdout
    assert result.stdout.count("nights") >= 2


def test_gaps_exits_1_when_there_are_any(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[timetable(r.GapView(OPENED, OPENED + HOUR))]]
    result = run("schedule", "gaps", "--from", "2026-06-14 14:32", "--until", "2026-06-15 14:32")
    assert result.exit_code == 1
    assert "platform-primary" in result.stdout
    assert tocsin.asked == [r.ShowSchedules(None, OPENED, OPENED + 24 * HOUR)]


def test_gaps_exits_0_when_somebody_always_is(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[timetable()]]
    result = run("schedule", "gaps", "platform-primary")
    assert (result.exit_code, "Somebody is on call" in result.stdout) == (0, True)


def test_gaps_as_json_names_each_schedule(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[timetable(r.GapView(OPENED, OPENED + HOUR))]]
    result = run("schedule", "gaps", "--json")
    assert result.exit_code == 1
    assert msgspec.json.decode(result.stdout)[0]["gaps"][0]["starts_at"].startswith("2026-06-14T12:32")


def test_who_comes_next_is_shown(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[who_view("alice")]]
    result = run("schedule", "next", "platform-primary")
    assert tocsin.asked == [r.Who(schedule="platform-primary")]
    assert "bob" in result.stdout and "2026-06-15 14:32 CEST" in result.stdout


def test_next_exits_1_when_nobody_comes(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[msgspec.structs.replace(who_view("alice"), next_people=(), next_at=None)]]
    assert run("schedule", "next", "platform-primary").exit_code == 1


def test_who_names_the_shadows(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [[msgspec.structs.replace(who_view("alice"), shadows=("dan",))]]
    assert "shadowed by dan" in run("who").stdout


def test_an_override_that_repeats_is_asked_for_as_it_is_typed(tocsin: FakeTocsin, run: Run) -> None:
    tocsin.answers = [operational("overrides", "replace: bob on platform-primary, every week")]
    typed = ("platform-primary", "bob", "--until", "2099-06-14 16:00", "--repeat", "1 week", "--on-top")
    run("override", "add", *typed)
    (asked,) = tocsin.asked
    assert isinstance(asked, r.AddOverride)
    assert (asked.repeat, asked.on_top, asked.time_zone) == ("1 week", True, "")
