"""An override while somebody writes it: what a form says, what it would mean, and who would gain or lose by it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from tocsin.apps.alerts.ends import as_input, wall_time
from tocsin.apps.oncall import timeline
from tocsin.apps.oncall.gains import Gains, gains
from tocsin.apps.oncall.schedule_preview import bands_of
from tocsin.apps.oncall.spans import midnight
from tocsin.control.requests import AddOverride, Refused
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.difference import difference
from tocsin.core.oncall.schedule import Override, OverrideKind, Repeat, Shift, Unit
from tocsin.core.oncall.shifts import shifts, who_is_on_call
from tocsin.core.oncall.wall_clock import instant_of

LONGEST_COMMENT = 1_000
USUAL = timedelta(hours=8)
MOST_DRAWN = timedelta(days=35)
REPEATS = (
    ("", "Once"),
    ("1 day", "Every day"),
    ("1 week", "Every week"),
    ("2 week", "Every second week"),
    ("4 week", "Every fourth week"),
)


class Draft(msgspec.Struct):
    """Everything as text, however wrong: it is shown again as it was typed. Times are wall time of the reader's zone."""

    kind: str = OverrideKind.REPLACE.value
    person: str = ""
    replaces: str = ""
    starts_at: str = ""
    ends_at: str = ""
    repeat: str = ""
    repeat_until: str = ""
    comment: str = ""
    on_top: bool = False


class Preview(msgspec.Struct, frozen=True):
    """The days around it, before and after, and how they differ; of schedules that are derived from it too."""

    rows: tuple[timeline.Row, ...]
    columns: tuple[timeline.Column, ...]
    now: str
    bands: tuple[
        tuple[str, str], ...
    ]  # where other people are on call afterwards, in per cent: from, how wide
    differences: tuple[Gains, ...]
    after: tuple[Shift, ...]


def draft_of(
    asked: Mapping[str, str], facts: Configuration, key: str, reader: str, zone: ZoneInfo, now: datetime
) -> Draft:
    """From an address: a stretch, whose it is. Without one it is now, to the end of the shift that runs."""
    current = who_is_on_call(facts.schedules, key, now, facts.overrides)
    begin = _instant(asked.get("starts_at", "")) or now
    usual = current.until if current.until is not None and begin <= now < current.until else None
    end = _instant(asked.get("ends_at", "")) or min(usual or begin + USUAL, begin + timedelta(days=14))
    replaces = asked.get("replaces", "")
    held = who_is_on_call(facts.schedules, key, max(begin, now), facts.overrides).people
    mine = reader in facts.people and reader != replaces and reader not in held
    kind = asked.get("kind", "")
    return Draft(
        kind=kind if kind in tuple(OverrideKind) else OverrideKind.REPLACE.value,
        person=asked.get("person", "") or (reader if mine else ""),
        replaces=replaces if replaces in facts.people and len(held) > 1 else "",
        starts_at=as_input(max(begin, now) if end > now else begin, zone),
        ends_at=as_input(end, zone),
    )


def of_form(data: Mapping[str, str]) -> Draft:
    def said(name: str) -> str:
        return data.get(name, "").strip()[:100]

    return Draft(
        kind=said("kind") or OverrideKind.REPLACE.value,
        person=said("person"),
        replaces=said("replaces"),
        starts_at=said("starts_at"),
        ends_at=said("ends_at"),
        repeat=said("repeat"),
        repeat_until=said("repeat_until"),
        comment=data.get("comment", "").strip()[:LONGEST_COMMENT],
        on_top=bool(data.get("on_top")),
    )


def override_of(draft: Draft, facts: Configuration, key: str, zone: ZoneInfo) -> Override:
    """Raises Refused, naming the field."""
    if draft.kind not in tuple(OverrideKind):
        raise Refused("invalid", "Choose what should happen.", "kind")
    for field, person in (("person", draft.person), ("replaces", draft.replaces)):
        if person and person not in facts.people:
            raise Refused("invalid", f"There is no person {person!r}.", field)
    if not draft.person:
        raise Refused("invalid", "Choose who.", "person")
    begin = wall_time(draft.starts_at, zone, "starts_at").astimezone(UTC)
    end = wall_time(draft.ends_at, zone, "ends_at").astimezone(UTC)
    if end <= begin:
        raise Refused("invalid", "It must end after it starts.", "ends_at")
    return Override(
        id="",
        schedule=key,
        person=draft.person,
        starts_at=begin,
        ends_at=end,
        kind=OverrideKind(draft.kind),
        replaces=draft.replaces or None if draft.kind == OverrideKind.REPLACE else None,
        comment=draft.comment,
        repeat=_repeat(draft, zone),
        on_top=draft.on_top,
    )


def begins(draft: Draft, zone: ZoneInfo, now: datetime) -> datetime:
    """When it would, as far as that can be understood."""
    try:
        return max(now, wall_time(draft.starts_at, zone, "starts_at"))
    except Refused:
        return now


def request_of(override: Override) -> AddOverride:
    repeat = override.repeat
    return AddOverride(
        schedule=override.schedule,
        person=override.person,
        starts_at=override.starts_at,
        ends_at=override.ends_at,
        kind=override.kind.value,
        replaces=override.replaces,
        comment=override.comment,
        repeat=f"{repeat.every} {repeat.unit}" if repeat else "",
        repeat_until=repeat.until if repeat else None,
        time_zone=repeat.time_zone if repeat else "",
        on_top=override.on_top,
    )


def _repeat(draft: Draft, zone: ZoneInfo) -> Repeat | None:
    if not draft.repeat:
        return None
    if draft.repeat not in dict(REPEATS):
        raise Refused("invalid", "Choose how often.", "repeat")
    every, _, unit = draft.repeat.partition(" ")
    until = None
    if draft.repeat_until:
        try:
            last = date.fromisoformat(draft.repeat_until)
        except ValueError:
            raise Refused("invalid", "Say the last day, for example 2026-12-24.", "repeat_until") from None
        if not 2000 < last.year < 3000:
            raise Refused("invalid", "That year cannot be meant.", "repeat_until")
        until = instant_of(datetime.combine(last + timedelta(days=1), time(0)), zone.key)
    return Repeat(int(every), Unit(unit), zone.key, until)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None and 2000 < found.year < 3000 else None


# --- what it would change ----------------------------------------------------------------------------------------------


def preview(override: Override, facts: Configuration, zone: ZoneInfo, now: datetime) -> Preview:
    """Of the days it touches, five weeks at most; of a repeating one its first weeks."""
    begin, end = _around(override, zone)
    old, new = facts.overrides, (*facts.overrides, msgspec.structs.replace(override, id="new"))
    key, schedules = override.schedule, facts.schedules
    rows = timeline.final_rows(
        facts, key, begin, end, zone, [("Before", schedules, old), ("After", schedules, new)]
    )
    columns, mark = timeline.scale(begin, end, zone, now)
    found = difference(schedules, schedules, begin, end, old, new)
    moved = next((each.moved for each in found if each.schedule == key), ())
    return Preview(
        rows=tuple(rows),
        columns=tuple(columns),
        now=mark,
        bands=bands_of(moved, timeline.Scale(begin, end, zone)),
        differences=gains(found),
        after=tuple(shifts(schedules, key, begin, end, new)),
    )


def _around(override: Override, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first = override.starts_at.astimezone(zone).date() - timedelta(days=1)
    ends_at = override.ends_at
    if override.repeat is not None:
        ends_at = max(ends_at, override.starts_at + timedelta(days=27))
    last = min(ends_at, override.starts_at + MOST_DRAWN).astimezone(zone).date() + timedelta(days=2)
    return midnight(first, zone), midnight(max(last, first + timedelta(days=5)), zone)
