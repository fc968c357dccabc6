"""When a schedule passes to others for good, and when it only seems so."""

from datetime import UTC, date, datetime, time, timedelta

from msgspec.structs import replace

from tocsin.core.oncall.handoff.handoff import (
    OFFERED_AFTER,
    REMINDED_AFTER,
    Handoff,
    HandoffState,
    accepted,
    as_planned,
    draft,
    handoff_id,
    next_look,
    offered,
    reminded,
    tells_the_lead,
)
from tocsin.core.oncall.handoff.report import AlertLine, IncidentLine, Report
from tocsin.core.oncall.handoff.turnovers import Turnover, turnovers
from tocsin.core.oncall.handoff.words import MOST, text
from tocsin.core.oncall.schedule import Layer, Override, Restriction, Rotation, Schedule, Unit

BERLIN = "Europe/Berlin"
MONDAY = datetime(2026, 6, 8, 7, tzinfo=UTC)  # 09:00 in Berlin
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
PEOPLE = (("alice",), ("bob",))
REPORT = Report(MONDAY)


def schedule(rotation: Rotation, *restrictions: Restriction) -> Schedule:
    return Schedule("primary", "platform", BERLIN, (Layer(rotation, restrictions=restrictions),))


def weekly(people=PEOPLE) -> Rotation:
    return Rotation(people, date(2026, 6, 1), handoff_day=0)


def found(of: Schedule, since=MONDAY, until=MONDAY + 2 * WEEK, overrides=()) -> list[tuple]:
    known = turnovers({"primary": of}, "primary", since, until, overrides)
    return [(t.at - MONDAY, t.outgoing, t.incoming) for t in known]


def stand_in(person: str, begins: timedelta, ends: timedelta) -> Override:
    return Override("1", "primary", person, MONDAY + begins, MONDAY + ends)


def test_each_week_passes_from_one_to_the_next() -> None:
    assert found(schedule(weekly())) == [
        (timedelta(0), ("alice",), ("bob",)),
        (WEEK, ("bob",), ("alice",)),
    ]


def test_the_nights_of_business_hours_are_no_turnover_and_the_weekend_between_two_people_is() -> None:
    hours = Restriction(days=(0, 1, 2, 3, 4), start=time(9), end=time(17))
    assert [
        (at, *who) for at, *who in found(schedule(weekly(), hours), MONDAY + HOUR, MONDAY + 6 * DAY)
    ] == []


def test_a_short_cover_is_no_turnover() -> None:
    assert (
        found(schedule(weekly()), MONDAY + HOUR, MONDAY + 3 * DAY, [stand_in("carol", DAY, DAY + 2 * HOUR)])
        == []
    )


def test_a_day_of_cover_is_handed_over_and_back() -> None:
    assert found(schedule(weekly()), MONDAY + HOUR, MONDAY + 3 * DAY, [stand_in("carol", DAY, 2 * DAY)]) == [
        (DAY, ("bob",), ("carol",)),
        (2 * DAY, ("carol",), ("bob",)),
    ]


def test_one_person_alone_never_hands_over() -> None:
    assert found(schedule(weekly((("alice",),)))) == []


def test_hourly_turns_have_no_handoffs_and_those_of_eight_hours_have() -> None:
    three = (("alice",), ("bob",), ("carol",))
    hourly = Rotation(three, date(2026, 6, 1), unit=Unit.HOUR, handoff_at=time(0))
    assert found(schedule(hourly), until=MONDAY + DAY) == []
    sun = Rotation(three, date(2026, 6, 1), every=8, unit=Unit.HOUR, handoff_at=time(1))
    assert len(found(schedule(sun), until=MONDAY + DAY)) == 3


def test_of_a_group_only_those_who_go_hand_over() -> None:
    groups = schedule(weekly((("alice", "bob"), ("alice", "carol"))))
    assert found(groups, until=MONDAY + HOUR) == [(timedelta(0), ("bob",), ("carol",))]


# --- from draft to accepted ------------------------------------------------------------------------------------------


def handoff(state: HandoffState = HandoffState.DRAFT) -> Handoff:
    made = draft("primary", "platform", Turnover(MONDAY, ("alice",), ("bob",), MONDAY - WEEK), REPORT)
    if state is HandoffState.DRAFT:
        return made
    made = offered(made, REPORT, MONDAY, "alice")
    return made if state is HandoffState.OFFERED else accepted(made, MONDAY, "bob")


def test_the_same_turnover_has_the_same_id() -> None:
    assert handoff().id == handoff_id("primary", MONDAY) == "primary~20260608T070000Z"


def test_a_draft_is_looked_at_after_the_shift_and_an_accepted_one_never() -> None:
    assert next_look(handoff()) == MONDAY + OFFERED_AFTER
    assert next_look(handoff(HandoffState.ACCEPTED)) is None


def test_reminders_follow_each_other_and_end() -> None:
    one = handoff(HandoffState.OFFERED)
    for number, after in enumerate(REMINDED_AFTER, 1):
        assert next_look(one) == MONDAY + after
        assert not tells_the_lead(one)
        one = reminded(one, MONDAY + after)
        assert one.reminded == number
    assert tells_the_lead(one) and next_look(one) is None


def test_reminders_missed_in_an_outage_are_one() -> None:
    assert reminded(handoff(HandoffState.OFFERED), MONDAY + REMINDED_AFTER[1]).reminded == 2


def test_what_is_handed_over_early_is_reminded_of_from_the_end_of_the_shift_on() -> None:
    early = offered(handoff(), REPORT, MONDAY - DAY, "alice")
    assert next_look(early) == MONDAY + REMINDED_AFTER[0]


def test_a_draft_follows_the_schedule() -> None:
    carols = Turnover(MONDAY, ("alice",), ("carol",), MONDAY - DAY)
    followed = as_planned(handoff(), carols)
    assert followed is not None and (followed.incoming, followed.starts_at) == (("carol",), MONDAY - DAY)
    assert as_planned(handoff(), None) is None


def test_words_somebody_wrote_and_what_is_handed_over_are_never_thrown_away() -> None:
    written = replace(handoff(), notes="The database sulks.", edited_by="alice")
    assert as_planned(written, None) == written
    assert as_planned(handoff(HandoffState.OFFERED), None) == handoff(HandoffState.OFFERED)


# --- words -----------------------------------------------------------------------------------------------------------


def test_the_text_holds_to_lines_whatever_titles_hold() -> None:
    line = IncidentLine(1, "one\n# two", "SEV2", "acknowledged", MONDAY, holder="alice")
    told = text(offered(handoff(), Report(MONDAY, open=(line,)), MONDAY), "https://tocsin.example.com")
    assert (
        "- SEV2 one # two (acknowledged, alice has it) https://tocsin.example.com/incidents/1"
        in told.splitlines()
    )


def test_long_parts_are_cut_and_say_so() -> None:
    alerts = tuple(AlertLine(f"A{n}", (n,), 1, "over by itself") for n in range(MOST + 3))
    assert "- and 3 more" in text(offered(handoff(), Report(MONDAY, alerts=alerts), MONDAY), "").splitlines()
