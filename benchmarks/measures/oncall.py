"""What it costs to say who is on call, in a house of a thousand schedules. Pure core: no disk. Times are the process's own.

The peer is recurring-ical-events, the library by which calendars are expanded, given the same rotations as events that
repeat. It expands the layers alone; what is measured of Tocsin stacks them, with overrides, into the final timeline.
"""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from benchmarks.bench import Bench
from benchmarks.results import AtMost, Row
from tocsin.core.oncall.overrides import Overrides
from tocsin.core.oncall.schedule import Layer, Override, Repeat, Restriction, Rotation, Schedule, Unit
from tocsin.core.oncall.shifts import shifts, who_is_on_call

SCHEDULES = 1_000
OF_PEER = 10  # of them, for the peer's sake
OVERRIDES = 5_000
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
DAY, WEEK, YEAR = timedelta(days=1), timedelta(weeks=1), timedelta(days=365)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
NIGHT = Restriction(start=wall_time(20), end=wall_time(8))
WEEKEND = Restriction(days=(5, 6))


def on_call(bench: Bench) -> Iterator[Row]:
    """A weekly layer, nightly and weekend ones over it, each schedule with its own people and start."""
    house = {f"s{number}": _schedule(number) for number in range(SCHEDULES)}
    house |= {
        f"second{number}": Schedule(f"second{number}", secondary_of=f"s{number}") for number in range(100)
    }
    overrides = Overrides(_override(number) for number in range(OVERRIDES))
    primaries, seconds = list(house)[:SCHEDULES], list(house)[SCHEDULES:]
    calendars = [_calendar(house[key]) for key in primaries[:OF_PEER]]
    _agree(house, calendars)

    what = f"who is on call now, {SCHEDULES:,} schedules of three layers, {OVERRIDES:,} overrides"
    instants = [BEGIN + 31 * n * timedelta(hours=1) for n in range(10)]
    mine = _best([lambda at=at: _now(house, primaries, at, overrides) for at in instants]) / SCHEDULES
    theirs = _best([lambda at=at: [c.at(at) for c in calendars] for at in instants]) / OF_PEER
    yield Row("on-call", f"{what}, of each", "us", mine * 1e6, theirs * 1e6, AtMost(5), False, PEER)
    second = _best([lambda at=at: _now(house, seconds, at, overrides) for at in instants]) / len(seconds)
    yield Row("on-call", f"{what}, of a secondary", "us", second * 1e6)

    what = f"a year's final timeline, {SCHEDULES:,} schedules of three layers, of each"
    mine = _seconds(lambda: _span(house, primaries, YEAR, overrides)) / SCHEDULES
    theirs = _best([lambda: [c.between(BEGIN, BEGIN + YEAR) for c in calendars]]) / OF_PEER
    yield Row("on-call", what, "ms", mine * 1e3, theirs * 1e3, AtMost(3), False, PEER)
    yield Row("on-call", f"{what}, against the peer", "ms", mine * 1e3, theirs * 1e3, AtMost(0.1), True, PEER)
    yield _growth(house, primaries[:20], overrides)
    yield _age()


PEER = "recurring-ical-events expanding the layers"


def _growth(house: dict[str, Schedule], keys: list[str], overrides: Overrides) -> Row:
    """Time for each segment asked for."""
    of_week, of_decade = (
        _best([lambda span=span: _span(house, keys, span, overrides)])
        / _segments(house, keys, span, overrides)
        for span in (WEEK, 10 * YEAR)
    )
    note = f"{of_week * 1e6:.2f} us a segment in a week, {of_decade * 1e6:.2f} in ten years"
    what = "a segment of ten years, against one of a week"
    return Row("on-call", what, "x", of_decade / of_week, None, AtMost(1.5), note=note)


def _age() -> Row:
    """A rotation that began thirty years ago against one of last month."""
    taken = []
    for starts in (date(2026, 5, 1), date(1996, 5, 1)):
        rotation = Rotation(_people(0), starts, unit=Unit.DAY, handoff_days=(0, 1, 2, 3, 4))
        house = {"s": Schedule("s", time_zone="Europe/Berlin", layers=(Layer(rotation),))}
        work = [lambda house=house: [_span(house, ["s"], YEAR, Overrides()) for _ in range(10)]]
        taken.append(_best(work))
    what = "a year of a rotation thirty years old, against one of last month"
    return Row("on-call", what, "x", taken[1] / taken[0], None, AtMost(1.2))


def _now(house: dict[str, Schedule], keys: list[str], at: datetime, overrides: Overrides) -> None:
    for key in keys:
        who_is_on_call(house, key, at, overrides)


def _span(house: dict[str, Schedule], keys: list[str], span: timedelta, overrides: Overrides) -> None:
    for key in keys:
        shifts(house, key, BEGIN, BEGIN + span, overrides)


def _segments(house: dict[str, Schedule], keys: list[str], span: timedelta, overrides: Overrides) -> int:
    return sum(len(shifts(house, key, BEGIN, BEGIN + span, overrides)) for key in keys)


# --- the house -------------------------------------------------------------------------------------------------------


def _people(number: int) -> tuple[tuple[str, ...], ...]:
    return tuple((f"p{(7 * number + each) % 200}",) for each in range(4))


def _schedule(number: int) -> Schedule:
    monday = date(2026, 1, 5) - timedelta(weeks=number % 300)
    return Schedule(
        f"s{number}",
        time_zone=ZONES[number % len(ZONES)],
        layers=(
            Layer(Rotation(_people(number), monday, handoff_day=0)),
            Layer(Rotation(_people(number + 1), monday, unit=Unit.DAY), restrictions=(NIGHT,)),
            Layer(
                Rotation(_people(number + 2), monday, handoff_day=5, handoff_at=wall_time(0)),
                restrictions=(WEEKEND,),
            ),
        ),
    )


def _override(number: int) -> Override:
    """Five a schedule over the year; one in fifty comes again every week."""
    starts_at = BEGIN + timedelta(days=number * 37 % 365, hours=6 + number % 5)
    repeat = Repeat(1, Unit.WEEK, ZONES[number % SCHEDULES % len(ZONES)]) if number % 50 == 0 else None
    ends_at = starts_at + timedelta(hours=9)
    return Override(
        f"o{number}", f"s{number % SCHEDULES}", f"p{number % 200}", starts_at, ends_at, repeat=repeat
    )


# --- the same for the peer -------------------------------------------------------------------------------------------


def _calendar(schedule: Schedule) -> recurring_ical_events.CalendarQuery:
    """An event for each person of each layer, which comes again when it is their turn."""
    calendar = icalendar.Calendar()
    zone = ZoneInfo(schedule.time_zone)
    week, night, weekend = schedule.layers
    _events(calendar, zone, week, "0", 7 * DAY, WEEK, timedelta(hours=9))
    _events(calendar, zone, night, "1", timedelta(hours=12), DAY, timedelta(hours=20))
    _events(calendar, zone, weekend, "2", 2 * DAY, WEEK, 5 * DAY)
    return recurring_ical_events.of(calendar)


def _events(
    calendar: icalendar.Calendar,
    zone: ZoneInfo,
    layer: Layer,
    priority: str,
    lasts: timedelta,
    turn: timedelta,
    ahead: timedelta,
) -> None:
    people = layer.rotation.people
    for number, group in enumerate(people):
        first = datetime.combine(layer.rotation.starts, wall_time(0)) + number * turn + ahead
        event = icalendar.Event()
        event.add("summary", group[0])
        event.add("priority", int(priority))
        event.add("dtstart", first.replace(tzinfo=zone))
        event.add("dtend", (first + lasts).replace(tzinfo=zone))
        event.add("rrule", {"freq": "daily" if turn == DAY else "weekly", "interval": len(people)})
        calendar.add_component(event)


def _agree(house: dict[str, Schedule], calendars: list[recurring_ical_events.CalendarQuery]) -> None:
    """That both compute the same: the highest event at an instant is who is on call without overrides."""
    for number, calendar in enumerate(calendars):
        for hours in range(0, 2000, 41):
            at = BEGIN + timedelta(hours=hours)
            found = max(calendar.at(at), key=lambda event: int(event["priority"]))
            assert (str(found["summary"]),) == who_is_on_call(house, f"s{number}", at, ()).people, (
                number,
                at,
            )


# --- the clock -------------------------------------------------------------------------------------------------------


def _seconds(work: Callable[[], object]) -> float:
    """Of the process's own time: what else the machine does is none of it."""
    began_at = time.process_time()
    work()
    return time.process_time() - began_at


def _best(works: list[Callable[[], object]]) -> float:
    """The best of five rounds, in the mean of these works, since whatever else the machine does only adds."""
    return min(sum(_seconds(work) for work in works) for _ in range(5)) / len(works)
