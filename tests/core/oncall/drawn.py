"""Random schedules for the properties of on-call: every rule there is, mostly around changes of clocks."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.core.oncall.twin import DAY, KEYS, MINUTE
from tocsin.core.oncall.schedule import (
    NO_ROTATION,
    Event,
    Former,
    Layer,
    Override,
    OverrideKind,
    Repeat,
    Restriction,
    Rotation,
    Schedule,
    Unit,
)
from tocsin.core.oncall.wall_clock import zone

ZONES = [
    "America/New_York",
    "Europe/Berlin",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/Havana",
]
CAST = ("alice", "bob", "carol", "dan")
Case = tuple[dict[str, Schedule], datetime, int, tuple[Override, ...]]

relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@lru_cache
def clock_changes(time_zone: str) -> list[datetime]:
    """To the hour, 2020 to 2035, and the week in which Apia skipped a day."""
    tz = zone(time_zone)
    hours = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=6 * n) for n in range(16 * 365 * 4)]
    offsets = [hour.astimezone(tz).utcoffset() for hour in hours]
    found = [hours[n] for n in range(1, len(hours)) if offsets[n] != offsets[n - 1]]
    if time_zone == "Pacific/Apia":
        found += [datetime(2011, 12, 30, 10, tzinfo=UTC)] * 10
    return found or [datetime(2026, 3, 29, tzinfo=UTC)]


wall_times = st.sampled_from(
    [
        time.fromisoformat(text)
        for text in ["00:00", "00:30", "01:00", "01:30", "01:45", "02:00", "02:15", "02:30", "03:00"]
    ]
) | st.sampled_from([time(9), time(17), time(22), time(23, 59)])
groups = st.lists(st.sampled_from(CAST), max_size=2, unique=True).map(tuple)
several_days = st.sets(st.integers(0, 6), min_size=2).map(lambda days: tuple(sorted(days)))
restrictions = st.builds(
    Restriction,
    days=st.just((0, 1, 2, 3, 4, 5, 6)) | st.sets(st.integers(0, 6)).map(lambda d: tuple(sorted(d))),
    start=wall_times,
    end=wall_times,
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Schedules, a span of minutes (mostly around a clock change), and overrides in and around it."""
    time_zone = draw(st.sampled_from(ZONES))
    if draw(st.integers(0, 3)):
        center = draw(st.sampled_from(clock_changes(time_zone)))
    else:
        center = draw(st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 1))).replace(
            second=0, microsecond=0, tzinfo=UTC
        )
    starts_at = center - draw(st.integers(0, 24 * 60)) * MINUTE
    minutes = draw(st.integers(1, 36 * 60))
    near = st.integers(-600, minutes + 600).map(lambda n: starts_at + n * MINUTE)

    @st.composite
    def rotations(draw: st.DrawFn) -> Rotation:
        unit = draw(st.sampled_from(Unit))
        longest = 30 if unit is Unit.HOUR else 800
        days, day = (), None
        if unit in (Unit.DAY, Unit.WEEK):
            days = draw(st.just(()) | several_days)
            day = draw(st.none() | st.integers(0, 6)) if not days else None
        return Rotation(
            people=tuple(draw(st.lists(groups, max_size=4))),
            starts=center.date() - draw(st.integers(-1, longest)) * DAY,
            every=draw(st.integers(1, 12 if unit is Unit.HOUR else 3)),
            unit=unit,
            handoff_at=draw(wall_times),
            handoff_day=day,
            handoff_days=days,
            until=draw(st.none() | st.none() | near),
            first=draw(st.integers(0, 3)),
        )

    @st.composite
    def calendars(draw: st.DrawFn) -> Layer:
        people = st.lists(st.sampled_from(CAST), min_size=1, max_size=2, unique=True).map(tuple)
        lengths = st.integers(1, 900).map(lambda n: n * MINUTE)
        event = st.tuples(near, lengths, people).map(lambda e: (e[0], e[0] + e[1], e[2]))
        return Layer(NO_ROTATION, calendar="rota", events=disjoint(draw(st.lists(event, max_size=4))))

    @st.composite
    def layers(draw: st.DrawFn) -> Layer:
        if not draw(st.integers(0, 5)):
            layer = draw(calendars())
        else:
            layer = Layer(draw(rotations()))
        seat = draw(st.sampled_from(["instead", "instead", "beside", "shadow"]))
        return Layer(
            layer.rotation,
            calendar=layer.calendar,
            events=layer.events,
            restrictions=tuple(draw(st.lists(restrictions, max_size=2))),
            time_zone=draw(st.none() | st.none() | st.sampled_from(ZONES)),
            beside=seat == "beside",
            shadow=seat == "shadow",
        )

    @st.composite
    def overrides(draw: st.DrawFn) -> Override:
        starts, length = draw(near), draw(st.integers(-60, 1500)) * MINUTE
        repeat = None
        if not draw(st.integers(0, 2)):
            unit, every = draw(st.sampled_from([Unit.DAY, Unit.WEEK])), draw(st.integers(1, 3))
            length = min(length, DAY * every * (7 if unit is Unit.WEEK else 1) - 26 * 60 * MINUTE)
            starts -= DAY * draw(st.integers(0, 60))
            repeat = Repeat(every, unit, draw(st.sampled_from(ZONES)), draw(st.none() | near))
        return Override(
            str(draw(st.integers(0, 99))),
            draw(st.sampled_from(KEYS)),
            draw(st.sampled_from(CAST)),
            starts,
            starts + length,
            draw(st.sampled_from(OverrideKind)),
            draw(st.none() | st.sampled_from(CAST)),
            repeat=repeat,
        )

    primaries = st.builds(
        lambda layers, effective: Schedule(
            "primary", time_zone=time_zone, layers=tuple(layers), effective_from=effective
        ),
        st.lists(layers(), max_size=4),
        st.none() | st.none() | near,
    )
    secondary = Schedule("secondary", secondary_of="primary")
    was_own = Schedule("secondary", time_zone=time_zone, layers=tuple(draw(st.lists(layers(), max_size=1))))
    schedules = {
        "primary": with_former(draw(primaries), draw(st.lists(st.tuples(near, primaries), max_size=2))),
        "secondary": with_former(secondary, draw(st.lists(st.tuples(near, st.just(was_own)), max_size=1))),
        "tertiary": Schedule("tertiary", secondary_of="secondary"),
    }
    return schedules, starts_at, minutes, tuple(draw(st.lists(overrides(), max_size=4)))


def with_former(schedule: Schedule, versions: list[tuple[datetime, Schedule]]) -> Schedule:
    former = tuple(Former(until, each) for until, each in sorted(versions, key=lambda each: each[0]))
    return replace(schedule, former=former)


def disjoint(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events in any order as stretches that do not overlap, by their start; where several hold at once, all their people."""
    known = sorted(events)
    edges = sorted({edge for starts_at, ends_at, _ in known for edge in (starts_at, ends_at)})
    found: list[Event] = []
    holding: list[Event] = []
    coming = 0
    for number, edge in enumerate(edges):
        holding = [event for event in holding if event[1] > edge]
        while coming < len(known) and known[coming][0] == edge:
            holding.append(known[coming])
            coming += 1
        if not holding:
            continue
        people = tuple(dict.fromkeys(person for event in holding for person in event[2]))
        if found and found[-1][1] == edge and found[-1][2] == people:
            found[-1] = (found[-1][0], edges[number + 1], people)
        else:
            found.append((edge, edges[number + 1], people))
    return tuple(found)
