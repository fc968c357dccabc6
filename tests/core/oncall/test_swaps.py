"""What becomes of an offered shift, event by event; and what must hold whatever happens."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tocsin.core.configuration import Configuration
from tocsin.core.oncall import swaps
from tocsin.core.oncall.away import Leave
from tocsin.core.oncall.schedule import Layer, Override, OverrideKind, Rotation, Schedule
from tocsin.core.oncall.shifts import shifts, who_is_on_call
from tocsin.core.oncall.swap import Part, State, Swap
from tocsin.core.oncall.swap_proposals import proposals
from tocsin.core.oncall.swaps import (
    Accepted,
    Declined,
    Event,
    Offered,
    OutOfReach,
    TimerDue,
    Withdrawn,
    decide,
)
from tocsin.core.people import Person, Team

NOW = datetime(2026, 6, 8, 7, 0, tzinfo=UTC)  # Monday 09:00 in Berlin: alice's week begins, bob is secondary
DAY = timedelta(days=1)
WEDNESDAY = Part("primary", NOW + 2 * DAY, NOW + 3 * DAY)
NEXT_WEEK = Part("primary", NOW + 8 * DAY, NOW + 9 * DAY)  # bob's
PEOPLE = ("alice", "bob", "carol", "dan")


def facts(overrides: tuple[Override, ...] = (), **changes: object) -> Configuration:
    turns = Rotation(
        (("alice",), ("bob",), ("carol",)), date(2026, 6, 8), 1, handoff_at=time(9), handoff_day=0
    )
    known = Configuration(
        people={p: Person(p, p.title(), admin=p == "dan") for p in PEOPLE},
        teams={"platform": Team("platform", members=("alice", "bob", "carol"), lead="carol")},
        schedules={
            "primary": Schedule("primary", "platform", "Europe/Berlin", (Layer(turns),)),
            "secondary": Schedule("secondary", "platform", "Europe/Berlin", secondary_of="primary"),
        },
        overrides=overrides,
    )
    return replace(known, **changes)


def a_swap(**changes: object) -> Swap:
    swap = Swap("s1", "alice", WEDNESDAY, ("bob", "carol"), NOW, WEDNESDAY.starts_at, made_by="alice")
    return replace(swap, **changes)


def a_cover(**changes: object) -> Swap:
    return a_swap(cover=True, expires_at=WEDNESDAY.ends_at, **changes)


def told(swap: Swap, event: Event, now: datetime = NOW, given: Configuration | None = None) -> list[str]:
    return [f"{t.person}: {t.what}" for t in decide(swap, event, now, given or facts()).tellings]


ACCEPTED = a_swap(state=State.ACCEPTED, accepted_by="bob")


@pytest.mark.parametrize(
    ("swap", "event", "state", "refused", "tellings"),
    [
        (a_swap(), Offered(), "open", "", ["bob: offered", "carol: offered"]),
        (a_swap(person="bob"), Offered(), "open", "Bob does not hold all of that time on primary", []),
        (a_swap(back=NEXT_WEEK, asked=("bob",)), Offered(), "open", "", ["bob: offered"]),
        (a_swap(back=NEXT_WEEK, asked=("carol",)), Offered(), "open", "Carol does not hold all", []),
        (a_swap(), Accepted("bob"), "accepted", "", ["alice: accepted", "carol: taken", "bob: yours"]),
        (a_swap(), Accepted("dan"), "open", "not offered to them", []),
        (
            a_swap(declined=("bob",)),
            Accepted("bob"),
            "accepted",
            "",
            ["alice: accepted", "carol: taken", "bob: yours"],
        ),
        (ACCEPTED, Accepted("carol"), "accepted", "Bob has taken it already", []),
        (ACCEPTED, Withdrawn("alice"), "accepted", "Bob has taken it already", []),
        (ACCEPTED, TimerDue(), "accepted", "", []),
        (a_swap(), Declined("bob"), "open", "", []),
        (a_swap(declined=("bob",)), Declined("carol"), "declined", "", ["alice: declined"]),
        (a_swap(), Declined("dan"), "open", "not offered to them", []),
        (a_cover(declined=("bob",)), Declined("carol"), "open", "", ["carol: needed", "alice: nobody"]),
        (a_swap(), Withdrawn("alice"), "withdrawn", "", ["bob: withdrawn", "carol: withdrawn"]),
        (a_swap(), Withdrawn("bob"), "open", "only whoever offered it", []),
        (a_swap(state=State.WITHDRAWN), Accepted("bob"), "withdrawn", "Alice has withdrawn it", []),
        (a_swap(), OutOfReach("alice"), "open", "only whoever asks for cover", []),
        (a_cover(), OutOfReach("alice"), "open", "", ["carol: gap", "dan: gap"]),
        (
            a_cover(unreachable=True),
            Offered(),
            "open",
            "",
            ["bob: offered", "carol: offered", "carol: gap", "dan: gap"],
        ),
    ],
)
def test_each_event(swap: Swap, event: Event, state: str, refused: str, tellings: list[str]) -> None:
    decision = decide(swap, event, NOW, facts())
    assert decision.swap.state == state
    assert refused in decision.refused if refused else not decision.refused
    assert [f"{t.person}: {t.what}" for t in decision.tellings] == tellings


def test_whoever_takes_it_holds_exactly_that_time() -> None:
    made = decide(a_swap(), Accepted("bob"), NOW, facts())
    assert [(o.person, o.replaces, o.comment) for o in made.overrides] == [("bob", "alice", "swap s1")]
    after = facts(made.overrides)
    for at, who in (
        (NOW + 2 * DAY, "bob"),
        (NOW + 3 * DAY, "alice"),
        (NOW + 2 * DAY - timedelta(seconds=1), "alice"),
    ):
        assert who_is_on_call(after.schedules, "primary", at, after.overrides).people == (who,)
        assert who_is_on_call(after.schedules, "secondary", at, after.overrides).people != (who,)


def test_with_a_shift_in_return_both_change_hands() -> None:
    made = decide(a_swap(asked=("bob",), back=NEXT_WEEK), Accepted("bob"), NOW, facts())
    assert [(o.person, o.replaces) for o in made.overrides] == [("bob", "alice"), ("alice", "bob")]
    after = facts(made.overrides)
    at = NEXT_WEEK.starts_at
    assert who_is_on_call(after.schedules, "primary", at, after.overrides).people == ("alice",)


def test_what_the_offerer_lost_meanwhile_cannot_be_taken() -> None:
    meanwhile = Override("o", "primary", "carol", WEDNESDAY.starts_at, WEDNESDAY.starts_at + DAY / 2)
    decision = decide(a_swap(), Accepted("bob"), NOW, facts((meanwhile,)))
    assert "Alice does not hold all of that time on primary any more" in decision.refused
    assert not decision.overrides


def test_nobody_is_booked_twice_on_a_schedule() -> None:
    beside = Override("o", "primary", "bob", WEDNESDAY.starts_at, WEDNESDAY.ends_at, kind=OverrideKind.ADD)
    assert (
        "is on call for primary then already"
        in decide(a_swap(), Accepted("bob"), NOW, facts((beside,))).refused
    )


def test_a_secondary_shift_is_not_taken_by_the_primary() -> None:
    seconds = a_swap(person="bob", part=replace(WEDNESDAY, schedule="secondary"), asked=("alice", "carol"))
    assert "is on call for primary then" in decide(seconds, Accepted("alice"), NOW, facts()).refused
    assert not decide(seconds, Accepted("carol"), NOW, facts()).refused


def test_of_a_shift_that_runs_only_the_rest_is_taken() -> None:
    at = WEDNESDAY.starts_at + DAY / 2
    made = decide(a_cover(), Accepted("bob"), at, facts())
    assert [(o.starts_at, o.ends_at) for o in made.overrides] == [(at, WEDNESDAY.ends_at)]


def test_reminders_come_after_a_day_and_a_day_before() -> None:
    late = Part("primary", NOW + 4 * DAY, NOW + 5 * DAY)
    swap = a_swap(part=late, expires_at=late.starts_at)
    at, said = NOW, []
    while (then := swaps.next_look(swap, at)) and swap.is_open:
        decision = decide(swap, TimerDue(), then, facts())
        said += [f"{(then - NOW) // DAY}d {t.person} {t.what}" for t in decision.tellings]
        swap, at = decision.swap, then
    assert said == [
        "1d bob reminder.after",
        "1d carol reminder.after",
        "3d bob reminder.before",
        "3d carol reminder.before",
        "4d alice expired",
    ]
    assert swap.state is State.EXPIRED


def test_of_reminders_that_an_outage_let_pile_up_one_is_told() -> None:
    late = Part("primary", NOW + 4 * DAY, NOW + 5 * DAY)
    swap = a_swap(part=late, expires_at=late.starts_at)
    assert told(swap, TimerDue(), NOW + 3 * DAY + DAY / 2) == [
        "bob: reminder.before",
        "carol: reminder.before",
    ]


@pytest.mark.parametrize(
    ("begins_in", "told_after"),
    [
        (timedelta(hours=10), timedelta(minutes=30)),
        (timedelta(hours=2, minutes=10), timedelta(minutes=10)),
        (timedelta(hours=1), timedelta(0)),
    ],
)
def test_the_lead_hears_that_nobody_covers(begins_in: timedelta, told_after: timedelta) -> None:
    part = Part("primary", NOW + begins_in, NOW + begins_in + DAY)
    swap = a_swap(part=part, cover=True, expires_at=part.ends_at)
    made = decide(swap, Offered(), NOW, facts())
    if not told_after:
        assert ("carol", "needed") in [(t.person, t.what) for t in made.tellings]
        return
    assert made.remind_at == NOW + told_after
    assert told(made.swap, TimerDue(), NOW + told_after) == ["carol: needed"]
    assert (
        told(decide(made.swap, TimerDue(), NOW + told_after, facts()).swap, TimerDue(), NOW + told_after)
        == []
    )


def test_whoever_is_ill_stays_on_call_until_they_say_that_nobody_can_reach_them() -> None:
    assert not decide(a_cover(), Offered(), NOW, facts()).overrides
    made = decide(a_cover(unreachable=True), Offered(), NOW, facts())
    after = facts(made.overrides)
    assert who_is_on_call(after.schedules, "primary", WEDNESDAY.starts_at, after.overrides).people == ()
    taken = decide(made.swap, Accepted("bob"), NOW, after)
    assert taken.ends == made.swap.gaps
    kept = tuple(o for o in after.overrides if o.id not in taken.ends)
    settled = facts((*kept, *taken.overrides))
    assert who_is_on_call(settled.schedules, "primary", WEDNESDAY.starts_at, settled.overrides).people == (
        "bob",
    )
    for shift in shifts(
        settled.schedules, "secondary", WEDNESDAY.starts_at, WEDNESDAY.ends_at, settled.overrides
    ):
        assert "alice" not in shift.people


def test_what_an_unreachable_person_left_comes_back_when_they_withdraw() -> None:
    made = decide(a_cover(unreachable=True), Offered(), NOW, facts())
    assert decide(made.swap, Withdrawn("alice"), NOW, facts(made.overrides)).ends == made.swap.gaps


def test_a_proposal_knows_who_is_free_on_leave_and_rested() -> None:
    away = Leave("l", "carol", WEDNESDAY.starts_at, WEDNESDAY.ends_at)
    found = proposals(facts(leaves=(away,)), WEDNESDAY, "alice")
    assert [(p.person, p.why_not, p.but) for p in found] == [
        ("bob", "", ""),  # the secondary follows by itself
        ("carol", "", "on leave then"),
    ]


EVENTS = st.one_of(
    st.sampled_from(PEOPLE).map(Accepted),
    st.sampled_from(PEOPLE).map(Declined),
    st.sampled_from(PEOPLE).map(Withdrawn),
    st.sampled_from(PEOPLE).map(OutOfReach),
    st.just(TimerDue()),
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(EVENTS, st.integers(0, 20)), max_size=8),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["primary", "secondary"]),
)
def test_whatever_happens_a_swap_seats_at_most_once_and_exactly_whoever_took_it(
    events: list[tuple[Event, int]], cover: bool, unreachable: bool, schedule: str
) -> None:
    person = "alice" if schedule == "primary" else "bob"
    part = replace(WEDNESDAY, schedule=schedule)
    others = tuple(p for p in PEOPLE if p != person)
    expires = part.ends_at if cover else part.starts_at
    swap = Swap("s", person, part, others, NOW, expires, cover=cover, unreachable=cover and unreachable)
    known, now, seated = facts(), NOW, 0
    for event, hours in [(Offered(), 0), *events]:
        now += timedelta(hours=hours)
        decision = decide(swap, event, now, known)
        if decision.refused:
            continue
        swap = decision.swap
        seated += bool([o for o in decision.overrides if o.replaces])
        kept = tuple(o for o in known.overrides if o.id not in decision.ends or o.starts_at < now)
        kept = tuple(replace(o, ends_at=now) if o.id in decision.ends else o for o in kept)
        known = replace(known, overrides=(*kept, *decision.overrides))
        assert (decision.remind_at is not None) == swap.is_open
        assert decision.remind_at is None or decision.remind_at > now
    assert seated == (swap.state is State.ACCEPTED)
    if swap.state is State.ACCEPTED:
        held = shifts(known.schedules, schedule, swap.part.starts_at, swap.part.ends_at, known.overrides)
        assert {s.people for s in held} == {(swap.accepted_by,)}
        assert held[0].starts_at == swap.part.starts_at and held[-1].ends_at == swap.part.ends_at
    elif not swap.unreachable:
        assert known.overrides == ()
    for shift in shifts(known.schedules, "primary", NOW, NOW + 7 * DAY, known.overrides):
        second = shifts(known.schedules, "secondary", shift.starts_at, shift.ends_at, known.overrides)
        assert all(not set(shift.people) & set(s.people) for s in second)
