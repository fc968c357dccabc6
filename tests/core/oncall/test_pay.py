"""A team's month of on-call as money: every hour of one kind, every line with its reason, exact to the coin."""

import itertools
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.paged import Paged
from tocsin.core.oncall.pay.closed import Adjustment, ClosedMonth, differences, totals
from tocsin.core.oncall.pay.hours import stretches
from tocsin.core.oncall.pay.lines import Paid, PayLine, lines_of, span_of
from tocsin.core.oncall.pay.rules import Hour, Month, PayRule, TimeOff, fits, month_of
from tocsin.core.oncall.schedule import Layer, Rotation, Schedule
from tocsin.core.people import BusinessHours, Person, Team

JUNE = Month(2026, 6)
CORPUS_CHRISTI = date(2026, 6, 4)
BERLIN = "Europe/Berlin"
ONE = Decimal(1)
EVERY_HOUR = dict.fromkeys(Hour, ONE)
RULE = PayRule("platform-de", "platform", "EUR", date(2026, 1, 1), country="DE")


def house(**changed) -> Configuration:
    """alice and bob change every Monday at 09:00; alice begins on 1 June."""
    rotation = Rotation((("alice",), ("bob",)), date(2026, 6, 1), handoff_day=0)
    return replace(
        Configuration(
            people={key: Person(key, key, time_zone=BERLIN, holidays="DE-BY") for key in ("alice", "bob")},
            teams={"platform": Team("platform", business_hours=BusinessHours(BERLIN))},
            schedules={"primary": Schedule("primary", "platform", BERLIN, (Layer(rotation),))},
            holidays={"DE-BY": {CORPUS_CHRISTI: "Corpus Christi"}},
        ),
        **changed,
    )


def lines(
    *rules: PayRule, month: Month = JUNE, facts: Configuration | None = None, paged=()
) -> tuple[PayLine, ...]:
    return lines_of(rules, "platform", month, facts or house(), paged)


def hours(*found: PayLine) -> dict[str, dict[Hour, Decimal]]:
    told: dict[str, dict[Hour, Decimal]] = {}
    for line in found:
        assert line.hour is not None
        kinds = told.setdefault(line.person, {})
        kinds[line.hour] = kinds.get(line.hour, Decimal(0)) + line.quantity
    return told


# --- hours -----------------------------------------------------------------------------------------------------------


def test_a_week_is_counted_by_kind_of_hour() -> None:
    """1 June 00:00 to 8 June 09:00: a Thursday that is a holiday, a weekend, and nights of weekdays only."""
    first = [line for line in lines(replace(RULE, per_hour=EVERY_HOUR)) if line.starts_at.day in (31, 1)]
    assert hours(*first) == {
        "alice": {Hour.HOLIDAY: 24, Hour.WEEKEND: 48, Hour.NIGHT: 38, Hour.WEEKDAY: 67},
    }


def twin(starts_at: datetime, ends_at: datetime, zone: str, rule: PayRule, holidays) -> Counter[Hour]:
    """Minute by minute, by the clock on the wall alone."""
    counted: Counter[Hour] = Counter()
    at = starts_at
    while at < ends_at:
        local = at.astimezone(ZoneInfo(zone))
        clock = local.time()
        begins, ends = rule.night_from, rule.night_to
        overnight = begins >= ends
        night = (clock >= begins or clock < ends) if overnight else begins <= clock < ends
        if local.date() in holidays:
            kind = Hour.HOLIDAY
        elif local.weekday() >= 5:
            kind = Hour.WEEKEND
        else:
            kind = Hour.NIGHT if night and begins != ends else Hour.WEEKDAY
        counted[kind] += 1
        at += timedelta(minutes=1)
    return counted


@settings(max_examples=60, deadline=None)
@given(
    start=st.integers(0, 40 * 1440).map(lambda m: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=m)),
    minutes=st.integers(1, 4 * 1440),
    zone=st.sampled_from([BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
    night=st.sampled_from([(time(22), time(6)), (time(0), time(5)), (time(20), time(0)), (time(1), time(1))]),
)
def test_hours_agree_with_counting_minutes(start, minutes, zone, night) -> None:
    rule = replace(RULE, night_from=night[0], night_to=night[1])
    holidays = {date(2026, 3, 6): "x", date(2026, 4, 3): "Good Friday"}
    ends_at = start + timedelta(minutes=minutes)
    parts = list(stretches(start, ends_at, zone, rule, holidays))
    counted = Counter()
    for part in parts:
        counted[part.kind] += round((part.ends_at - part.starts_at).total_seconds() / 60)
    assert counted == twin(start, ends_at, zone, rule, holidays)
    assert parts[0].starts_at == start and parts[-1].ends_at == ends_at
    assert all(one.ends_at == other.starts_at for one, other in itertools.pairwise(parts))


def test_the_night_in_which_clocks_go_forward_is_an_hour_shorter() -> None:
    begins = datetime(2026, 3, 28, 23, tzinfo=UTC)  # Sunday 29 March, midnight in Berlin
    parts = list(stretches(begins, begins + timedelta(hours=23), BERLIN, RULE, {}))
    assert [(p.kind, p.ends_at - p.starts_at) for p in parts] == [(Hour.WEEKEND, timedelta(hours=23))]


# --- shifts, pages, months, time off ---------------------------------------------------------------------------------


def test_a_shift_is_paid_in_the_month_in_which_it_begins() -> None:
    per_shift = replace(RULE, per_shift=Decimal(50))
    june = [line for line in lines(per_shift) if line.person == "alice"]
    july = [line for line in lines(per_shift, month=Month(2026, 7)) if line.person == "alice"]
    assert [line.starts_at.day for line in june] == [31, 15, 29]  # 31 May in UTC is 1 June in Berlin
    assert [line.starts_at.day for line in july] == [13, 27]


def test_only_pages_while_on_call_are_paid() -> None:
    on, off = datetime(2026, 6, 3, 1, 5, tzinfo=UTC), datetime(2026, 6, 9, 1, 5, tzinfo=UTC)
    found = lines(
        replace(RULE, per_page=Decimal(10)), paged=[Paged("alice", on, count=2), Paged("alice", off)]
    )
    assert [(line.starts_at, line.quantity, line.amount) for line in found] == [(on, 2, Decimal("20.00"))]


def test_a_flat_amount_is_paid_once_a_month_to_who_was_on_call() -> None:
    facts = house()
    facts = replace(facts, people={**facts.people, "carol": Person("carol", "carol", holidays="DE-BY")})
    found = lines(replace(RULE, per_month=Decimal(200)), facts=facts)
    assert [(line.person, line.amount) for line in found] == [("alice", 200), ("bob", 200)]


@pytest.mark.parametrize(
    ("pages", "days"),
    [
        ([(1, 1), (2, 1), (3, 1)], 1),  # three nights
        ([(1, 12)] * 10, 1),  # ten pages by day
        ([(1, 1), (2, 1)], 0),
        ([(1, 12)] * 9, 0),
    ],
)
def test_a_busy_week_gives_time_off(pages, days) -> None:
    rule = replace(RULE, time_off=TimeOff(ONE, pages=10, broken_nights=3))
    paged = [
        Paged("alice", datetime(2026, 6, day, hour, minute, tzinfo=UTC))
        for minute, (day, hour) in enumerate(pages)
    ]
    found = [line for line in lines(rule, paged=paged) if line.what is Paid.TIME_OFF]
    assert sum(line.quantity for line in found) == days
    assert all("busy week from 2026-06-01" in line.why for line in found)


def test_a_busy_week_over_the_end_of_the_month_counts_where_it_ends() -> None:
    rule = replace(RULE, time_off=TimeOff(ONE, pages=1))
    paged = [Paged("alice", datetime(2026, 6, 30, 12, tzinfo=UTC))]
    assert not lines(rule, paged=paged)
    (line,) = lines(rule, month=Month(2026, 7), paged=paged)
    assert line.quantity == 1


def test_a_schedule_that_was_removed_is_still_paid_for() -> None:
    facts = house()
    removed = replace(facts, schedules={}, removed_schedules=facts.schedules)
    rule = replace(RULE, per_hour=EVERY_HOUR)
    assert lines(rule, facts=removed) == lines(rule)


# --- which rule ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "place", "is_for"),
    [
        ("", "", True),
        ("", "DE-BY", True),
        ("DE", "DE-BY", True),
        ("DE-BY", "DE", False),
        ("DE", "DK", False),
        ("D", "DE", False),
    ],
)
def test_a_rule_is_for_a_country_and_its_parts(country, place, is_for) -> None:
    assert fits(replace(RULE, country=country), place) is is_for


def test_the_most_exact_rule_holds() -> None:
    bavaria = replace(RULE, key="by", country="DE-BY", per_month=Decimal(3))
    everybody = replace(RULE, key="all", country="", per_month=ONE)
    found = lines(everybody, replace(RULE, per_month=Decimal(2)), bavaria)
    assert {line.rule for line in found} == {"by"}


def test_a_rule_that_ends_within_the_month_hands_over_to_the_next() -> None:
    old = replace(RULE, key="old", ends=date(2026, 6, 10), per_hour=EVERY_HOUR)
    new = replace(RULE, key="new", starts=date(2026, 6, 10), per_hour=dict.fromkeys(Hour, Decimal(2)))
    found = lines(old, new)
    whole = lines(replace(RULE, per_hour=EVERY_HOUR))
    assert sum(line.quantity for line in found) == sum(line.quantity for line in whole) == 30 * 24
    at = datetime(2026, 6, 9, 22, tzinfo=UTC)  # midnight in Berlin
    assert all((line.rule == "old") == (line.ends_at <= at) for line in found)


def test_rules_of_other_teams_do_not_matter() -> None:
    assert not lines(replace(RULE, team="data", per_month=ONE))


@settings(max_examples=40, deadline=None)
@given(
    cut=st.integers(2, 30),
    rate=st.decimals("0.01", "99.99", places=2),
    month=st.sampled_from([Month(2026, 3), Month(2026, 6), Month(2026, 10)]),
)
def test_the_hours_of_a_month_are_all_paid_however_rules_cut_it(cut, rate, month) -> None:
    facts = house()
    rotation = replace(facts.schedules["primary"].layers[0].rotation, starts=date(2025, 1, 6))
    facts = replace(
        facts, schedules={"primary": replace(facts.schedules["primary"], layers=(Layer(rotation),))}
    )
    day = date(month.year, month.month, cut)
    rates = dict.fromkeys(Hour, rate)
    found = lines(
        replace(RULE, key="a", ends=day, per_hour=rates),
        replace(RULE, key="b", starts=day, per_hour=rates),
        facts=facts,
        month=month,
    )
    starts_at, ends_at = span_of(month, BERLIN)
    assert sum(line.quantity for line in found) * 3600 == Decimal((ends_at - starts_at).total_seconds())
    assert all(line.amount == (line.quantity * rate).quantize(Decimal("0.01")) for line in found)


# --- money -----------------------------------------------------------------------------------------------------------


def test_amounts_are_rounded_half_up_to_the_smallest_coin() -> None:
    found = lines(replace(RULE, per_shift=Decimal("10.005")))
    assert {line.amount for line in found} == {Decimal("10.01")}
    yen = lines(replace(RULE, currency="JPY", per_shift=Decimal("10.5")))
    assert {line.amount for line in yen} == {Decimal(11)}


def test_every_line_says_why() -> None:
    rule = replace(
        RULE, per_shift=ONE, per_hour=EVERY_HOUR, per_page=ONE, per_month=ONE, time_off=TimeOff(ONE, pages=1)
    )
    found = lines(rule, paged=[Paged("alice", datetime(2026, 6, 3, 1, tzinfo=UTC))])
    assert {line.what for line in found} == set(Paid) - {Paid.ADJUSTMENT}
    assert all(line.why for line in found)
    holiday = next(line for line in found if line.hour is Hour.HOLIDAY)
    assert "Corpus Christi" in holiday.why


# --- closed months ---------------------------------------------------------------------------------------------------


def closed(*found: PayLine) -> ClosedMonth:
    return ClosedMonth("platform", "2026-06", datetime(2026, 7, 2, tzinfo=UTC), "carol", found)


def line(person: str, amount: str, currency: str = "EUR", **changed) -> PayLine:
    return replace(PayLine(person, Paid.SHIFT, "a shift", currency, amount=Decimal(amount)), **changed)


def adjustment(amount: str, **changed) -> Adjustment:
    made = Adjustment(
        "1",
        "platform",
        "2026-06",
        "2026-07",
        "alice",
        Decimal(amount),
        "EUR",
        "",
        "carol",
        datetime(2026, 7, 3, tzinfo=UTC),
    )
    return replace(made, **changed)


def test_totals_are_by_person_and_currency_with_days_off_apart() -> None:
    off = PayLine("alice", Paid.TIME_OFF, "busy", quantity=Decimal("1.5"))
    found = totals([line("alice", "1.10"), line("alice", "2.20"), line("alice", "3", "CHF"), off])
    assert [(t.person, t.currency, t.amount, t.days_off) for t in found] == [
        ("alice", "CHF", 3, 0),
        ("alice", "EUR", Decimal("3.30"), 0),
        ("alice", "", 0, Decimal("1.5")),
    ]


def test_what_would_come_out_otherwise_by_now_is_a_difference() -> None:
    (found,) = differences(closed(line("alice", "50")), [line("alice", "80")], [])
    assert (found.person, found.paid, found.now, found.owed) == ("alice", 50, 80, 30)


def test_a_correction_settles_the_difference() -> None:
    was, now = closed(line("alice", "50")), [line("alice", "80")]
    assert not differences(was, now, [adjustment("30")])
    (left,) = differences(was, now, [adjustment("20")])
    assert left.owed == 10


def test_corrections_of_other_months_and_teams_settle_nothing() -> None:
    was, now = closed(line("alice", "50")), [line("alice", "80")]
    others = [adjustment("30", of="2026-05"), adjustment("30", team="data"), adjustment("30", currency="CHF")]
    assert {(d.person, d.currency, d.owed) for d in differences(was, now, others)} == {
        ("alice", "EUR", 30),
        ("alice", "CHF", -30),
    }


def test_corrections_paid_with_the_closed_month_are_of_another() -> None:
    paid = line("alice", "5", what=Paid.ADJUSTMENT, of="2026-05")
    assert not differences(closed(line("alice", "50"), paid), [line("alice", "50")], [])


@pytest.mark.parametrize("text", ["2026-13", "2026-6", "26-06", "2026-06-01", "", "２０２６-06", "0000-01"])
def test_what_is_no_month_is_refused(text) -> None:
    with pytest.raises(ValueError, match="expected a month such as 2026-06"):
        month_of(text)
