"""The ledger: hours, nights, weekends, holidays and pages against the fair share, and what is carried over."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.core.oncall.ledger import MEASURES, Account, Home, Ledger, accounts, added, ledger
from tocsin.core.oncall.paged import Paged
from tocsin.core.oncall.seats import Seat
from tocsin.core.oncall.spans import Span, length, within

BERLIN = Home("Europe/Berlin")
PEOPLE = ("alice", "bob", "carol", "dan")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def span(begin: str, end: str) -> Span:
    return at(begin), at(end)


def kept(
    *seats: tuple[str, str, str],
    parts: dict[str, list[Span]] | None = None,
    leaves: dict[str, list[Span]] | None = None,
    homes: dict[str, Home] | None = None,
    pages: tuple[Paged, ...] = (),
) -> Ledger:
    held = [Seat(person, at(begin), at(end)) for person, begin, end in seats]
    return ledger(held, parts or {}, leaves or {}, homes or {}, pages)


def of(found: list[Account], person: str) -> Account:
    return next(account for account in found if account.person == person)


def of_alice(book: Ledger) -> Account:
    return of(accounts(book), "alice")


# -- what is held -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "end", "nights"),
    [
        ("2026-06-15T20:00", "2026-06-16T04:00", 1),  # 22:00 to 06:00 in Berlin: the whole night
        ("2026-06-15T20:00", "2026-06-15T22:00", 1),  # two hours of it are a night
        ("2026-06-15T20:00", "2026-06-15T21:59", 0),  # less is an evening
        ("2026-06-16T02:00", "2026-06-16T07:00", 1),  # its last two hours
        ("2026-06-16T04:00", "2026-06-16T20:00", 0),  # 06:00 to 22:00 is a day
        ("2026-06-15T07:00", "2026-06-22T07:00", 7),  # a week from Monday 09:00
    ],
)
def test_a_night_is_two_hours_or_more_between_22_and_6_on_the_persons_own_clock(
    begin: str, end: str, nights: int
) -> None:
    assert of_alice(kept(("alice", begin, end), homes={"alice": BERLIN})).nights.held == nights


def test_the_same_shift_is_a_night_in_berlin_and_a_day_in_auckland() -> None:
    book = kept(
        ("alice", "2026-06-15T22:00", "2026-06-16T04:00"),
        ("bob", "2026-06-15T22:00", "2026-06-16T04:00"),
        homes={"alice": BERLIN, "bob": Home("Pacific/Auckland")},
    )
    assert [account.nights.held for account in accounts(book)] == [1, 0]


def test_two_seats_in_one_night_are_one_night_and_twice_the_hours() -> None:
    night = ("alice", "2026-06-15T22:00", "2026-06-16T04:00")
    account = of_alice(kept(night, night))
    assert (account.nights.held, account.hours.held) == (1, 12)


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-03-28T23:00", "2026-03-29T22:00", 23),  # clocks go forward: the Sunday has 23 hours
        ("2026-10-24T22:00", "2026-10-25T23:00", 25),  # and back: 25
    ],
)
def test_hours_are_time_that_passes_when_clocks_change(begin: str, end: str, hours: int) -> None:
    account = of_alice(kept(("alice", begin, end), homes={"alice": BERLIN}))
    assert (account.hours.held, account.weekend.held) == (hours, hours)


def test_weekends_begin_and_end_at_the_persons_own_midnight() -> None:
    week = ("alice", "2026-06-15T07:00", "2026-06-22T07:00")
    assert of_alice(kept(week, homes={"alice": BERLIN})).weekend.held == 48
    friday_night_in_utc = ("alice", "2026-06-19T21:00", "2026-06-19T23:00")
    assert of_alice(kept(friday_night_in_utc, homes={"alice": BERLIN})).weekend.held == 1


def test_holidays_are_those_of_where_the_person_lives() -> None:
    christmas = Home("Europe/Berlin", {date(2026, 12, 25): "Christmas Day"})
    book = kept(
        ("alice", "2026-12-24T08:00", "2026-12-26T08:00"),
        ("bob", "2026-12-24T08:00", "2026-12-26T08:00"),
        homes={"alice": christmas, "bob": BERLIN},
    )
    assert [account.holidays.held for account in accounts(book)] == [24, 0]


def test_a_page_counts_where_it_reached_somebody_on_call() -> None:
    pages = (
        Paged("alice", at("2026-06-15T07:00"), count=2),
        Paged("alice", at("2026-06-15T08:00")),  # the end is exclusive
        Paged("bob", at("2026-06-15T07:30")),
    )
    book = kept(("alice", "2026-06-15T07:00", "2026-06-15T08:00"), pages=pages)
    assert [(a.person, a.pages.held) for a in accounts(book)] == [("alice", 2)]


# -- the fair share ---------------------------------------------------------------------------------------------------

JUNE = span("2026-06-01", "2026-07-01")


def test_the_share_is_divided_by_how_long_people_took_part() -> None:
    """Bob joined in the middle of June, so he owes a third of it and alice two."""
    half = [span("2026-06-16", "2026-07-01")]
    book = kept(("alice", "2026-06-01", "2026-06-13T12:00"), parts={"alice": [JUNE], "bob": half})
    found = accounts(book)
    assert [(a.person, a.hours.held, a.hours.share) for a in found] == [("alice", 300, 200), ("bob", 0, 100)]
    assert [a.hours.over for a in found] == [100, -100]


def test_leave_is_taken_off_the_part() -> None:
    away = {"bob": [span("2026-06-10", "2026-06-20"), span("2026-06-15", "2026-06-25")]}
    book = kept(
        ("alice", "2026-06-01", "2026-06-13T12:00"), parts={"alice": [JUNE], "bob": [JUNE]}, leaves=away
    )
    found = accounts(book)
    assert [a.part.days for a in found] == [30, 15]
    assert [a.hours.share for a in found] == [200, 100]


def test_who_covers_christmas_while_the_others_are_on_leave_is_owed() -> None:
    december = [span("2026-12-01", "2027-01-01")]
    holidays = {date(2026, 12, 25): "Christmas Day"}
    book = kept(
        ("dan", "2026-12-25T00:00", "2026-12-26T00:00"),
        parts={"carol": december, "dan": december},
        leaves={"carol": [span("2026-12-20", "2026-12-27")]},
        homes={"dan": Home("UTC", holidays)},
    )
    carol, dan = accounts(book)
    assert dan.holidays.share == Fraction(24 * 31, 31 + 24)
    assert dan.holidays.owed > 10
    assert carol.holidays.owed == -dan.holidays.owed


def test_nobody_owes_anything_for_a_month_before_they_came() -> None:
    may, june = span("2026-05-01", "2026-06-01"), span("2026-06-01", "2026-07-01")
    book = kept(("alice", "2026-05-01", "2026-05-10"), parts={"alice": [may, june], "bob": [june]})
    assert of(accounts(book), "bob").hours.owed == 0


def test_who_only_stood_in_has_no_share_and_is_owed_all_of_it() -> None:
    book = kept(("dan", "2026-06-01", "2026-06-02"), parts={"alice": [JUNE]})
    assert [(a.person, a.hours.owed) for a in accounts(book)] == [("alice", -24), ("dan", 24)]


def test_what_nobody_shares_stays_with_who_held_it() -> None:
    assert of_alice(kept(("alice", "2026-06-01", "2026-06-02"))).hours.owed == 0


def test_what_came_before_is_carried_over() -> None:
    parts = {"alice": [JUNE], "bob": [JUNE]}
    july = [span("2026-07-01", "2026-08-01")]
    june = kept(("alice", "2026-06-01", "2026-06-02"), parts=parts)
    then = kept(("bob", "2026-07-01", "2026-07-02"), parts={"alice": july, "bob": july})
    alice = of(accounts(then, before=june), "alice").hours
    assert (alice.carried, alice.over, alice.owed) == (12, -12, 0)


# -- whatever the shifts ----------------------------------------------------------------------------------------------

BEGIN, END = at("2026-03-20"), at("2026-06-10")  # European clocks change within
MINUTES = (END - BEGIN) // timedelta(minutes=1)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
HOMES = {p: Home(z, {date(2026, 4, 6): "Easter Monday"}) for p, z in zip(PEOPLE, ZONES, strict=True)}


@st.composite
def spans(draw: st.DrawFn) -> Span:
    one, other = sorted((draw(st.integers(0, MINUTES)), draw(st.integers(0, MINUTES))))
    return BEGIN + one * timedelta(minutes=1), BEGIN + other * timedelta(minutes=1)


SEATS = st.lists(st.tuples(st.sampled_from(PEOPLE), spans()), max_size=12)
PARTS = st.dictionaries(st.sampled_from(PEOPLE), st.lists(spans(), max_size=2), max_size=4)
PAGES = st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(0, MINUTES - 1)), max_size=20)


def book_of(seats, parts, leaves, pages, begin: datetime, end: datetime) -> Ledger:
    """Of a part of the span: all is cut at its ends."""
    return ledger(
        [Seat(person, *cut) for person, held in seats for cut in within([held], begin, end)],
        {person: within(given, begin, end) for person, given in parts.items()},
        leaves,
        HOMES,
        [
            Paged(person, moment)
            for person, minute in pages
            if begin <= (moment := BEGIN + minute * timedelta(minutes=1)) < end
        ],
    )


@given(SEATS, PARTS, PARTS, PAGES)
def test_sums_are_the_shifts_and_shares_are_the_sums(seats, parts, leaves, pages) -> None:
    found = accounts(book_of(seats, parts, leaves, pages, BEGIN, END))
    minutes = length(held for _, held in seats) // timedelta(minutes=1)
    assert sum(a.hours.held for a in found) == Fraction(minutes, 60)
    for name in MEASURES:
        measures = [getattr(account, name) for account in found]
        assert sum(m.held for m in measures) == sum(m.share for m in measures), name
        assert sum(m.owed for m in measures) == 0, name


@given(SEATS, PARTS, PARTS, PAGES, st.integers(0, MINUTES))
def test_what_is_carried_over_a_cut_is_what_one_span_says(seats, parts, leaves, pages, cut: int) -> None:
    middle = BEGIN + cut * timedelta(minutes=1)
    whole = book_of(seats, parts, leaves, pages, BEGIN, END)
    before = book_of(seats, parts, leaves, pages, BEGIN, middle)
    after = book_of(seats, parts, leaves, pages, middle, END)
    assert accounts(added(before, after)) == accounts(whole)
    assert {
        (a.person, name): getattr(a, name).owed for a in accounts(after, before) for name in MEASURES
    } == {(a.person, name): getattr(a, name).owed for a in accounts(whole) for name in MEASURES}


@given(SEATS)
def test_weekends_and_holidays_are_never_more_than_the_hours(seats) -> None:
    for account in accounts(book_of(seats, {}, {}, [], BEGIN, END)):
        assert max(account.weekend.held, account.holidays.held) <= account.hours.held
