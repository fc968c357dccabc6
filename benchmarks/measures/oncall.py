"""What it costs to say who is on call, in a house of a thousand schedules. Pure core: no disk. Times are the process's own.

The peer is recurring-ical-events, the library by which calendars are expanded, given the same rotations and overrides as
events that repeat; of a year's events the highest at each time is taken, so that both answer with the final timeline.
"""

import gc
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from functools import partial
from itertools import pairwise
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
    calendars = [_calendar(house[key], overrides) for key in primaries[:OF_PEER]]
    _agree(house, overrides, calendars)

    gc.freeze()  # as the processes do once they have loaded
    what = f"who is on call now, {SCHEDULES:,} schedules of three layers, {OVERRIDES:,} overrides"
    instants = [BEGIN + timedelta(hours=31, minutes=n) for n in range(10)]
    mine = _best([lambda at=at: _now(house, primaries, at, overrides) for at in instants]) / SCHEDULES
    anew = [lambda at=at: _now(house, primaries, at, Overrides(overrides)) for at in instants]
    theirs = _best([lambda at=at: [c.at(at) for c in calendars] for at in instants]) / OF_PEER
    yield Row("on-call", f"{what}, of each", "us", mine * 1e6, theirs * 1e6, AtMost(5), False, PEER)
    first = _best(anew) / SCHEDULES
    yield Row("on-call", f"{what}, of each, first asked after an edit", "us", first * 1e6)
    second = _best([lambda at=at: _now(house, seconds, at, overrides) for at in instants]) / len(seconds)
    yield Row("on-call", f"{what}, of a secondary", "us", second * 1e6)

    what = f"a year's final timeline, {SCHEDULES:,} schedules of three layers, of each"
    # Never the same schedule twice, so that nothing is remembered; the best hundred of the thousand.
    hundreds = [primaries[number : number + 100] for number in range(0, SCHEDULES, 100)]
    mine = min(_seconds(partial(_span, house, hundred, YEAR, overrides)) for hundred in hundreds) / 100
    theirs = _best([lambda: [_stacked(c.between(BEGIN, BEGIN + YEAR)) for c in calendars]]) / OF_PEER
    yield Row("on-call", what, "ms", mine * 1e3, theirs * 1e3, AtMost(3), False, PEER)
    yield Row("on-call", f"{what}, against the peer", "ms", mine * 1e3, theirs * 1e3, AtMost(0.1), True, PEER)
    yield _growth(house, primaries, overrides)
    yield _age()


PEER = "recurring-ical-events"


def _growth(house: dict[str, Schedule], keys: list[str], overrides: Overrides) -> Row:
    """Time for each segment asked for: a week of many schedules, ten years of a few, none of them asked for before."""
    of_week, of_decade = (
        min(
            _segment(house, keys[begin : begin + count], span, overrides)
            for begin in range(0, 4 * count, count)
        )
        for span, count in ((WEEK, 200), (10 * YEAR, 2))
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


def _segment(house: dict[str, Schedule], keys: list[str], span: timedelta, overrides: Overrides) -> float:
    found: list[int] = []
    begin = BEGIN + 2 * YEAR
    taken = _seconds(
        lambda: found.extend(len(shifts(house, key, begin, begin + span, overrides)) for key in keys)
    )
    return taken / sum(found)


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


def _calendar(schedule: Schedule, overrides: Overrides) -> recurring_ical_events.CalendarQuery:
    """An event for each person of each layer, which comes again when it is their turn; and one for each override."""
    calendar = icalendar.Calendar()
    zone = ZoneInfo(schedule.time_zone)
    week, night, weekend = schedule.layers
    _events(calendar, zone, week, "0", 7 * DAY, WEEK, timedelta(hours=9))
    _events(calendar, zone, night, "1", timedelta(hours=12), DAY, timedelta(hours=20))
    _events(calendar, zone, weekend, "2", 2 * DAY, WEEK, 5 * DAY)
    for number, override in enumerate(each for each in overrides if each.schedule == schedule.key):
        event = icalendar.Event()
        event.add("summary", override.person)
        event.add("priority", 3 + number)
        event.add("dtstart", override.starts_at.astimezone(zone))
        event.add("dtend", override.ends_at.astimezone(zone))
        if override.repeat is not None:
            event.add("rrule", {"freq": "weekly"})
        calendar.add_component(event)
    return recurring_ical_events.of(calendar)


def _stacked(events: list[icalendar.Event]) -> list[tuple[datetime, datetime, str]]:
    """The final timeline: at each time the highest event."""
    spans = [
        (int(e["priority"]), e.start.astimezone(UTC), e.end.astimezone(UTC), str(e["summary"]))
        for e in events
    ]
    begins = sorted(spans, key=lambda span: span[1])
    edges = sorted({edge for _, start, end, _ in spans for edge in (start, end)})
    found: list[tuple[datetime, datetime, str]] = []
    holding: list[tuple[int, datetime, datetime, str]] = []
    begun = 0
    for edge, following in pairwise(edges):
        holding = [span for span in holding if span[2] > edge]
        while begun < len(begins) and begins[begun][1] == edge:
            holding.append(begins[begun])
            begun += 1
        if not holding:
            continue
        person = max(holding)[3]
        if found and found[-1][1:] == (edge, person):
            found[-1] = (found[-1][0], following, person)
        else:
            found.append((edge, following, person))
    return found


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


def _agree(
    house: dict[str, Schedule], overrides: Overrides, calendars: list[recurring_ical_events.CalendarQuery]
) -> None:
    """That both compute the same: the highest event at an instant is who is on call then."""
    for number, calendar in enumerate(calendars):
        for hours in range(0, 2000, 41):
            at = BEGIN + timedelta(hours=hours)
            found = max(calendar.at(at), key=lambda event: int(event["priority"]))
            on_call = who_is_on_call(house, f"s{number}", at, overrides).people
            assert (str(found["summary"]),) == on_call, (number, at)


# --- the clock -------------------------------------------------------------------------------------------------------


def _seconds(work: Callable[[], object]) -> float:
    """Of the process's own time: what else the machine does is none of it."""
    began_at = time.process_time()
    work()
    return time.process_time() - began_at


def _best(works: list[Callable[[], object]]) -> float:
    """The best of five rounds, in the mean of these works, since whatever else the machine does only adds."""
    return min(sum(_seconds(work) for work in works) for _ in range(5)) / len(works)
