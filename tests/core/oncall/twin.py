"""A twin of the schedules that looks at the wall clock every minute, and walks turn by turn and day by day."""

import bisect
from datetime import date, datetime, time, timedelta
from typing import Any

from tocsin.core.oncall.schedule import Layer, Override, OverrideKind, Restriction, Rotation, Schedule, Unit
from tocsin.core.oncall.wall_clock import zone

KEYS = ("primary", "secondary", "tertiary")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Answer:
    def __init__(self, people: list[str], shadows: list[str]) -> None:
        self.people, self.shadows = set(people), set(shadows) - set(people)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Answer) and (self.people, self.shadows) == (other.people, other.shadows)

    def __repr__(self) -> str:
        return f"{sorted(self.people)} shadowed by {sorted(self.shadows)}"


class Twin:
    """Every minute of a span. A wall time has come once the clock has shown it or later: its high-water mark."""

    def __init__(
        self, schedules: dict[str, Schedule], starts_at: datetime, minutes: int, overrides: Any
    ) -> None:
        self.schedules, self.overrides = schedules, overrides
        self.minutes = [starts_at + n * MINUTE for n in range(minutes)]
        self.marks: dict[str, list[datetime]] = {}
        self.walked: dict[tuple[int, str], list[datetime]] = {}
        self.times: dict[int, list[tuple[datetime, datetime]]] = {}

    def mark(self, time_zone: str, n: int) -> datetime:
        if time_zone not in self.marks:
            tz, high, marks = zone(time_zone), datetime(1, 1, 1), []
            before = [self.minutes[0] - k * MINUTE for k in range(240, 0, -1)]
            for instant in before + self.minutes:
                high = max(high, instant.astimezone(tz).replace(tzinfo=None))
                marks.append(high)
            self.marks[time_zone] = marks[240:]
        return self.marks[time_zone][n]

    # --- turns ---------------------------------------------------------------------------------------------------

    def handoffs(self, rotation: Rotation, time_zone: str) -> list[datetime]:
        """The wall times of all handoffs to past the span's end, the first included."""
        key = (id(rotation), time_zone)
        if key not in self.walked:
            end = self.mark(time_zone, len(self.minutes) - 1)
            walk = {Unit.HOUR: self.by_hours, Unit.MONTH: self.by_months}.get(rotation.unit, self.by_days)
            self.walked[key] = walk(rotation, end)
        return self.walked[key]

    def by_hours(self, rotation: Rotation, end: datetime) -> list[datetime]:
        wall, found = datetime.combine(rotation.starts, rotation.handoff_at), []
        while wall <= end:
            found.append(wall)
            wall += timedelta(hours=rotation.every)
        return found

    def by_days(self, rotation: Rotation, end: datetime) -> list[datetime]:
        """Day after day, counting those on which a handoff may be."""
        weekdays = set(rotation.handoff_days) | {rotation.handoff_day} - {None}
        day, found = rotation.starts, []
        if weekdays:
            while day.weekday() not in weekdays:
                day += DAY
        first, seen = day, 0
        while datetime.combine(day, rotation.handoff_at) <= end:
            if rotation.unit is Unit.DAY:
                if not weekdays or day.weekday() in weekdays:
                    if seen % rotation.every == 0:
                        found.append(datetime.combine(day, rotation.handoff_at))
                    seen += 1
            else:
                of_the_week = day.weekday() in (weekdays or {first.weekday()})
                if of_the_week and (day - first).days // 7 % rotation.every == 0:
                    found.append(datetime.combine(day, rotation.handoff_at))
            day += DAY
        return found

    def by_months(self, rotation: Rotation, end: datetime) -> list[datetime]:
        found, months, day = [], 0, rotation.starts
        wall = datetime.combine(day, rotation.handoff_at)
        while wall <= end:
            found.append(wall)
            months += rotation.every
            first = date(day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1, 1)
            last = first
            while (last + DAY).month == first.month and last.day < day.day:
                last += DAY
            wall = datetime.combine(last, rotation.handoff_at)
        return found

    def turn(self, rotation: Rotation, time_zone: str, n: int) -> int | None:
        """How many handoffs have come after the first one; None outside the rotation."""
        mark = self.mark(time_zone, n)
        if mark < datetime.combine(rotation.starts, time(0)):
            return None
        if rotation.until is not None and self.minutes[n] >= rotation.until:
            return None
        return max(0, bisect.bisect_right(self.handoffs(rotation, time_zone), mark) - 1)

    def allowed(self, restrictions: tuple[Restriction, ...], time_zone: str, n: int) -> bool:
        mark = self.mark(time_zone, n)
        for r in restrictions:
            for back in range(3):
                day = mark.date() - back * DAY
                start, end = datetime.combine(day, r.start), datetime.combine(day, r.end)
                if end <= start:
                    end += DAY
                if day.weekday() in r.days and start <= mark < end:
                    return True
        return not restrictions

    # --- layers --------------------------------------------------------------------------------------------------

    def of_layer(self, layer: Layer, time_zone: str, n: int) -> list[list[str]]:
        """The groups from the present one on; none when the layer has nobody."""
        if not self.allowed(layer.restrictions, time_zone, n):
            return []
        if layer.calendar:
            now = [list(people) for begin, end, people in layer.events if begin <= self.minutes[n] < end]
            later = [list(people) for begin, end, people in layer.events if begin > self.minutes[n]]
            return now + later if now else []
        number = self.turn(layer.rotation, time_zone, n)
        groups = [list(group) for group in layer.rotation.people]
        if number is None or not groups:
            return []
        while number + layer.rotation.first >= len(groups):
            number -= len(groups)
        place = number + layer.rotation.first
        return groups[place:] + groups[:place] if groups[place] else []

    def layered(self, schedule: Schedule, n: int) -> tuple[list[str], list[str], list[list[str]]]:
        """Who the layers name, who looks on, and everybody in the order in which they would be secondary."""
        people: list[str] = []
        shadows: list[str] = []
        order: list[list[str]] = []
        covered: list[list[list[str]]] = []
        below: list[list[str]] = []
        closed = False
        for layer in reversed(schedule.layers):
            groups = self.of_layer(layer, layer.time_zone or schedule.time_zone, n)
            if not groups:
                continue
            if layer.shadow:
                shadows += groups[0]
            elif closed:
                below += groups
            else:
                people += groups[0]
                covered.append([*groups[1:], groups[0]])
                closed = not layer.beside
        for groups in reversed(covered):
            order += groups
        return people, shadows, order + below

    def version(self, key: str, n: int) -> Schedule:
        schedule, first = self.schedules[key], True
        for former in schedule.former:
            if self.minutes[n] < former.until:
                schedule = former.schedule
                break
            first = False
        if first and schedule.effective_from is not None and self.minutes[n] < schedule.effective_from:
            return Schedule(key)
        return schedule

    # --- overrides -----------------------------------------------------------------------------------------------

    def holds(self, override: Override, n: int) -> bool:
        instant = self.minutes[n]
        if override.repeat is None or override.starts_at >= override.ends_at:
            return override.starts_at <= instant < override.ends_at
        repeat = override.repeat
        if instant < override.starts_at or (repeat.until is not None and instant >= repeat.until):
            return False
        mark = self.mark(repeat.time_zone, n)
        if id(override) not in self.times:
            tz = zone(repeat.time_zone)
            begin = override.starts_at.astimezone(tz).replace(tzinfo=None)
            end = override.ends_at.astimezone(tz).replace(tzinfo=None)
            step = DAY * repeat.every * (7 if repeat.unit is Unit.WEEK else 1)
            last = self.mark(repeat.time_zone, len(self.minutes) - 1)
            self.times[id(override)] = times = []
            while begin <= last:
                times.append((begin, end))
                begin, end = begin + step, end + step
        return any(begin <= mark < end for begin, end in self.times[id(override)])

    def after_overrides(
        self, key: str, people: list[str], shadows: list[str], taken: list[str], n: int
    ) -> tuple[list[str], list[str]]:
        for o in self.overrides:
            if o.schedule != key or not self.holds(o, n):
                continue
            if o.kind is OverrideKind.REMOVE:
                people = [p for p in people if p != o.person]
                shadows = [p for p in shadows if p != o.person]
            elif o.person in taken:
                continue
            elif o.kind is OverrideKind.ADD:
                people = people if o.person in people else [*people, o.person]
            elif o.replaces is None:
                people = [o.person]
            elif o.replaces in people:
                others = [p for p in people if p != o.person]
                people = (
                    [o.person if p == o.replaces else p for p in others] if o.replaces != o.person else people
                )
                if o.person not in people:
                    people = [o.person, *people]
        return people, shadows

    def at(self, n: int) -> dict[str, Answer]:
        return {key: self.of(key, n) for key in KEYS}

    def of(self, key: str, n: int) -> Answer:
        chain = [self.version(key, n)]
        while chain[0].secondary_of is not None:
            chain.insert(0, self.version(chain[0].secondary_of, n))
        people, shadows, order = self.layered(chain[0], n)
        people, shadows = self.after_overrides(chain[0].key, people, shadows, [], n)
        answer, taken = Answer(people, shadows), list(people)
        for schedule in chain[1:]:
            free = [[p for p in group if p not in taken] for group in order]
            first = next((group for group in free if group), [])
            people, shadows = self.after_overrides(schedule.key, first, [], taken, n)
            answer = Answer(people, shadows)
            taken += people
        return answer
