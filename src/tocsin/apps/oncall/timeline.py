"""A schedule as rows to draw: each layer, the overrides, and what comes of them. Numbers for the template, nothing drawn.

Places are per cent of the span in elapsed time, so that they are true also when clocks change.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from tocsin.apps.oncall.hues import hues_among, hues_of
from tocsin.apps.oncall.spans import Length, Span, View, midnight
from tocsin.channels import plain
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.overrides import Occurrences
from tocsin.core.oncall.schedule import Gap, Override, OverrideKind, Schedule, Shift
from tocsin.core.oncall.shifts import gaps, layers_of, shifts

LANE = 30  # pixels
LETTER = 0.0085  # of the drawing's width, about
WIDE_LETTER = 0.02  # the same where a phone shows all of it at once
MOST_LANES = 6
ROOMY = 14  # days of which each has room for its month's name
MOST_COLUMNS = 31  # of days; more are drawn as weeks


class Bar(msgspec.Struct, frozen=True):
    """One person's stretch in one row; nobody's is a gap. `y` and `height` are pixels, `x` and `width` per cent."""

    x: str
    width: str
    y: int
    height: int
    person: str
    hue: int
    text: str  # as much of the name as fits
    starts_at: datetime
    ends_at: datetime
    says: str  # who, and the exact instants

    @property
    def query(self) -> str:
        return asking(self.starts_at, self.ends_at, self.person)


class Row(msgspec.Struct, frozen=True):
    """`kind`: layer, shadow, override or final."""

    name: str
    kind: str
    height: int
    bars: tuple[Bar, ...]
    says: str = ""


class Column(msgspec.Struct, frozen=True):
    """A day, or a week when there are many. `x` and `width` are per cent."""

    x: str
    width: str
    name: str  # Mon
    number: str  # 8, or 8 Jun
    weekend: bool
    today: bool


class Timeline(msgspec.Struct, frozen=True):
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    now: str  # where now is, in per cent; "" when it is elsewhere
    starts_at: datetime
    ends_at: datetime
    shifts: tuple[Shift, ...]
    gaps: tuple[Gap, ...]
    hues: dict[str, int]
    gap_hours: int  # of the gaps still to come
    snap: int  # seconds to which a stretch chosen by dragging is rounded

    @property
    def final(self) -> Row:
        return self.rows[-1]


class Stretch(msgspec.Struct, frozen=True):
    """One person's, in one lane: whoever goes on being there stays in theirs."""

    person: str
    lane: int
    starts_at: datetime
    ends_at: datetime
    by: str


def timeline(facts: Configuration, key: str, span: Span, now: datetime) -> Timeline:
    schedules, overrides = facts.schedules, facts.overrides
    begin, end = span.starts_at, span.ends_at
    final = shifts(schedules, key, begin, end, overrides)
    layers = layers_of(schedules, key, begin, end, overrides)
    empty = gaps(schedules, key, begin, end, overrides)
    people = {person for shift in final for person in (*shift.people, *shift.shadows)}
    people |= {person for layer in layers for shift in layer.shifts for person in shift.people}
    draw = Drawing(begin, end, span.zone, hues_among(people, hues_of(facts)), facts)
    columns, mark = scale(begin, end, span.zone, now)
    rows = [
        draw.row(
            layer.name, "shadow" if layer.shadow else "layer", layer.shifts, _said(layer.beside, layer.shadow)
        )
        for layer in reversed(layers)
    ]
    if override_row := draw.overrides(overrides_in(facts, key, begin, end)):
        rows.append(override_row)
    rows.append(draw.row("On call", "final", final, gaps=empty))
    coming = sum((gap.ends_at - max(gap.starts_at, now) for gap in empty if gap.ends_at > now), timedelta(0))
    return Timeline(
        columns=tuple(columns),
        rows=tuple(rows),
        now=mark,
        starts_at=begin,
        ends_at=end,
        shifts=tuple(final),
        gaps=tuple(empty),
        hues=draw.hues,
        gap_hours=int(coming / timedelta(hours=1)),
        snap=4 * 3600 if span.view is View.TIMELINE and span.length is Length.QUARTER else 3600,
    )


def final_rows(
    facts: Configuration,
    key: str,
    starts_at: datetime,
    ends_at: datetime,
    zone: ZoneInfo,
    versions: Sequence[tuple[str, Mapping[str, Schedule], Iterable[Override]]],
    letter: float = WIDE_LETTER,
) -> list[Row]:
    """The same stretch by several versions of schedules and overrides, each with its name: before and after, to compare."""
    found = [
        (name, shifts(them, key, starts_at, ends_at, over), gaps(them, key, starts_at, ends_at, over))
        for name, them, over in ((name, them, tuple(over)) for name, them, over in versions)
    ]
    people = {p for _, held, _ in found for shift in held for p in (*shift.people, *shift.shadows)}
    draw = Drawing(starts_at, ends_at, zone, hues_among(people, hues_of(facts)), facts, letter)
    return [draw.row(name, "final", held, gaps=empty) for name, held, empty in found]


def overrides_in(facts: Configuration, key: str, starts_at: datetime, ends_at: datetime) -> list[Override]:
    """Each time that one of this schedule's holds in the span, as an override of its own."""
    return [
        once
        for override in facts.overrides
        if override.schedule == key
        for once in occurrences(override, starts_at, ends_at)
    ]


def occurrences(override: Override, starts_at: datetime, ends_at: datetime) -> list[Override]:
    """One that does not repeat is one, when it touches the span."""
    if override.repeat is None:
        return [override] if override.starts_at < ends_at and starts_at < override.ends_at else []
    return [
        msgspec.structs.replace(override, starts_at=begin, ends_at=end)
        for begin, end in Occurrences(override).between(starts_at, ends_at)
        if end > starts_at
    ]


def _said(beside: bool, shadow: bool) -> str:
    return "looks on" if shadow else "beside the others" if beside else ""


# --- drawing -----------------------------------------------------------------------------------------------------------


def merged(held: Sequence[Shift]) -> list[Shift]:
    """As people read them: neighbours with the same people are one, whatever decided each."""
    found: list[Shift] = []
    for shift in held:
        last = found[-1] if found else None
        if last and (last.ends_at, last.people, last.shadows) == (
            shift.starts_at,
            shift.people,
            shift.shadows,
        ):
            found[-1] = msgspec.structs.replace(last, ends_at=shift.ends_at, by=_and(last.by, shift.by))
        else:
            found.append(shift)
    return found


def decided_by(by: str) -> str:
    """As people read it: an override's own number tells nobody anything."""
    return ", ".join(dict.fromkeys(re.sub(r"^override .*", "an override", each) for each in by.split(", ")))


def _and(by: str, more: str) -> str:
    """Every rule once, in order."""
    return ", ".join(dict.fromkeys([*by.split(", "), *more.split(", ")]))


class Scale:
    """Where instants stand in one stretch of time."""

    def __init__(self, starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> None:
        self.starts_at, self.ends_at, self.zone = starts_at, ends_at, zone
        self._length = (ends_at - starts_at).total_seconds()

    def percent(self, at: datetime) -> str:
        return f"{100 * (at - self.starts_at).total_seconds() / self._length:.3f}%"

    def share(self, starts_at: datetime, ends_at: datetime) -> float:
        return (ends_at - starts_at).total_seconds() / self._length

    def band(self, starts_at: datetime, ends_at: datetime) -> tuple[str, str]:
        """Where a stretch begins and how wide it is, as far as it lies within."""
        begin, end = max(starts_at, self.starts_at), min(ends_at, self.ends_at)
        return self.percent(begin), f"{100 * max(0.0, self.share(begin, end)):.3f}%"


class Drawing(Scale):
    """Rows of bars in it. `hues` are the people's colours."""

    def __init__(
        self,
        starts_at: datetime,
        ends_at: datetime,
        zone: ZoneInfo,
        hues: dict[str, int],
        facts: Configuration,
        letter: float = LETTER,
    ) -> None:
        super().__init__(starts_at, ends_at, zone)
        self.hues, self._facts, self._letter = hues, facts, letter

    def row(
        self, name: str, kind: str, held: Sequence[Shift], says: str = "", gaps: Sequence[Gap] = ()
    ) -> Row:
        stretches = list(in_lanes(held))
        lanes = min(MOST_LANES, max((each.lane for each in stretches), default=0) + 1)
        height = LANE * lanes
        bars = [self._bar(each, lanes) for each in stretches if each.lane < lanes]
        bars += [self._gap(gap, height) for gap in gaps]
        return Row(name, kind, height, tuple(sorted(bars, key=lambda bar: (bar.starts_at, bar.y))), says)

    def overrides(self, known: Sequence[Override]) -> Row | None:
        if not known:
            return None
        lanes: list[datetime] = []
        bars = []
        for each in sorted(known, key=lambda o: o.starts_at):
            lane = next((n for n, free in enumerate(lanes) if free <= each.starts_at), len(lanes))
            if lane >= MOST_LANES:
                continue
            lanes[lane : lane + 1] = [each.ends_at]
            begin, end = max(each.starts_at, self.starts_at), min(each.ends_at, self.ends_at)
            bars.append(
                Bar(
                    x=self.percent(begin),
                    width=f"{100 * self.share(begin, end):.3f}%",
                    y=LANE * lane,
                    height=LANE,
                    person=each.person,
                    hue=self.hues.get(each.person, hues_of(self._facts).get(each.person, 0)),
                    text=self._fitting(each.person, self.share(begin, end)),
                    starts_at=each.starts_at,
                    ends_at=each.ends_at,
                    says=self._says(effect_of(each, self._facts), each.starts_at, each.ends_at),
                )
            )
        return Row("Overrides", "override", LANE * len(lanes), tuple(bars))

    def _bar(self, stretch: Stretch, lanes: int) -> Bar:
        share = self.share(stretch.starts_at, stretch.ends_at)
        return Bar(
            x=self.percent(stretch.starts_at),
            width=f"{100 * share:.3f}%",
            y=LANE * stretch.lane,
            height=LANE,
            person=stretch.person,
            hue=self.hues.get(stretch.person, 0),
            text=self._fitting(stretch.person, share),
            starts_at=stretch.starts_at,
            ends_at=stretch.ends_at,
            says=self._says(
                name_of(stretch.person, self._facts), stretch.starts_at, stretch.ends_at, stretch.by
            ),
        )

    def _gap(self, gap: Gap, height: int) -> Bar:
        share = self.share(gap.starts_at, gap.ends_at)
        return Bar(
            x=self.percent(gap.starts_at),
            width=f"{100 * share:.3f}%",
            y=0,
            height=height,
            person="",
            hue=-1,
            text="nobody" if share > 7 * self._letter else "!" if share > self._letter else "",
            starts_at=gap.starts_at,
            ends_at=gap.ends_at,
            says=self._says("Nobody", gap.starts_at, gap.ends_at),
        )

    def _says(self, who: str, starts_at: datetime, ends_at: datetime, by: str = "") -> str:
        decided = f", by {plain.line(decided_by(by), 80)}" if by else ""
        return f"{who}: {exact(starts_at, self.zone)} to {exact(ends_at, self.zone)}{decided}"

    def _fitting(self, person: str, share: float) -> str:
        """The name, the first of its words, its initials, or nothing."""
        name = name_of(person, self._facts)
        for text in (name, (name.split() or [name])[0], initials(name)):
            if (len(text) + 2) * self._letter <= share:
                return text
        return ""


def in_lanes(held: Sequence[Shift]) -> Iterator[Stretch]:
    """Each person's stretches, those that follow on each other as one."""
    open_now: dict[str, Stretch] = {}
    done: list[Stretch] = []
    for shift in held:
        for person, stretch in list(open_now.items()):
            if person not in shift.people or stretch.ends_at != shift.starts_at:
                done.append(open_now.pop(person))
        taken = {stretch.lane for stretch in open_now.values()}
        for person in shift.people:
            if person in open_now:
                known = open_now[person]
                open_now[person] = msgspec.structs.replace(
                    known, ends_at=shift.ends_at, by=_and(known.by, shift.by)
                )
                continue
            lane = next(n for n in range(len(taken) + 1) if n not in taken)
            taken.add(lane)
            open_now[person] = Stretch(person, lane, shift.starts_at, shift.ends_at, shift.by)
    return iter(sorted([*done, *open_now.values()], key=lambda s: (s.starts_at, s.lane)))


def asking(starts_at: datetime, ends_at: datetime, person: str = "") -> str:
    """What the address of a form about this stretch says."""
    said = {"starts_at": written(starts_at), "ends_at": written(ends_at), "replaces": person}
    return urlencode({name: value for name, value in said.items() if value})


def written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def exact(at: datetime, zone: ZoneInfo) -> str:
    """`Mon 8 Jun 2026, 09:00`."""
    here = at.astimezone(zone)
    return f"{here:%a} {here.day} {here:%b %Y}, {here:%H:%M}"


def name_of(person: str, facts: Configuration) -> str:
    known = facts.people.get(person)
    return plain.line(known.name if known is not None and known.name else person, 60)


def initials(name: str) -> str:
    return "".join(word[:1] for word in name.split()[:2]).upper()


def effect_of(override: Override, facts: Configuration) -> str:
    """`Bob Brandt for Alice Ames`, `Bob Brandt as well`, `without Alice Ames`."""
    who = name_of(override.person, facts)
    if override.kind is OverrideKind.ADD:
        return f"{who} as well"
    if override.kind is OverrideKind.REMOVE:
        return f"without {who}"
    return f"{who} for {name_of(override.replaces, facts)}" if override.replaces else f"{who} for everybody"


def scale(starts_at: datetime, ends_at: datetime, zone: ZoneInfo, now: datetime) -> tuple[list[Column], str]:
    """The days of a stretch that begins and ends at midnight, and where now is."""
    draw = Scale(starts_at, ends_at, zone)
    first, end = starts_at.astimezone(zone).date(), ends_at.astimezone(zone).date()
    columns = _columns(first, end, now.astimezone(zone).date(), draw)
    # A tenth of a per cent is exact enough for now, and keeps the page from changing under a reader every minute.
    return list(columns), f"{100 * draw.share(starts_at, now):.1f}%" if starts_at <= now < ends_at else ""


def _columns(first: date, end: date, today: date, draw: Scale) -> Iterator[Column]:
    days = [first + timedelta(days=n) for n in range((end - first).days)]
    step = 1 if len(days) <= MOST_COLUMNS else 7
    for number in range(0, len(days), step):
        day = days[number]
        last = days[number + step] if number + step < len(days) else end
        begin_at, end_at = midnight(day, draw.zone), midnight(last, draw.zone)
        yield Column(
            x=draw.percent(begin_at),
            width=f"{100 * draw.share(begin_at, end_at):.3f}%",
            name=_name(day, number == 0, step, len(days)),
            number=_number(day, number == 0, step, len(days)),
            weekend=step == 1 and day.weekday() >= 5,
            today=day <= today < last,
        )


def _name(day: date, is_first: bool, step: int, count: int) -> str:
    """Of a narrow column that begins a month: the month's name, for which the number has no room."""
    if step > 1:
        return ""
    return f"{day:%b}" if count > ROOMY and (is_first or day.day == 1) else f"{day:%a}"


def _number(day: date, is_first: bool, step: int, count: int) -> str:
    named = step > 1 or (count <= ROOMY and (is_first or day.day == 1))
    return f"{day.day} {day:%b}" if named else str(day.day)
