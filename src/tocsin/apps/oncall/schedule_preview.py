"""What an edit of a schedule would come to: the next eight weeks before and after it, drawn, and who gains and who loses."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from tocsin.apps.oncall import timeline
from tocsin.apps.oncall.gains import Gains, gains
from tocsin.apps.oncall.spans import midnight
from tocsin.config.history import Turnover, turnover
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.difference import AHEAD, Moved, difference
from tocsin.core.oncall.schedule import Former, Schedule

WEEKS_A_BLOCK = 4


class Block(msgspec.Struct, frozen=True):
    """Four weeks of it. `bands` are where other people are on call afterwards."""

    label: str  # for who hears the page
    rows: tuple[timeline.Row, ...]
    columns: tuple[timeline.Column, ...]
    now: str
    bands: tuple[tuple[str, str], ...]


class Preview(msgspec.Struct, frozen=True):
    """From when it counts, and what comes then; of schedules that are derived from it too."""

    at: datetime
    blocks: tuple[Block, ...]
    is_new: bool
    differences: tuple[Gains, ...]


def preview(facts: Configuration, key: str, after: Schedule, zone: ZoneInfo, now: datetime) -> Preview:
    before = facts.schedules.get(key)
    over = turnover(before, before.former if before else (), after, now)
    schedules = {**facts.schedules, key: _with_its_past(after, before, over)}
    found = difference(facts.schedules, schedules, over.at, over.at + AHEAD, facts.overrides)
    moved = next((each.moved for each in found if each.schedule == key), ())
    versions = [("After" if before else "On call", schedules, facts.overrides)]
    if before is not None:
        versions.insert(0, ("Before", facts.schedules, facts.overrides))
    first = over.at.astimezone(zone).date()
    blocks = []
    for number in range(AHEAD // timedelta(weeks=WEEKS_A_BLOCK)):
        begin = midnight(first + timedelta(weeks=WEEKS_A_BLOCK * number), zone)
        end = midnight(first + timedelta(weeks=WEEKS_A_BLOCK * (number + 1)), zone)
        rows = timeline.final_rows(facts, key, begin, end, zone, versions, timeline.LETTER)
        columns, mark = timeline.scale(begin, end, zone, now)
        bands = bands_of(moved, timeline.Scale(begin, end, zone)) if before is not None else ()
        weeks = f"Weeks {WEEKS_A_BLOCK * number + 1} to {WEEKS_A_BLOCK * (number + 1)}, drawn"
        blocks.append(Block(weeks, tuple(rows), tuple(columns), mark, bands))
    return Preview(over.at, tuple(blocks), before is None, gains(found))


def bands_of(moved: tuple[Moved, ...], scale: timeline.Scale) -> tuple[tuple[str, str], ...]:
    """Where the stretches lie that other people hold."""
    return tuple(
        scale.band(each.starts_at, each.ends_at)
        for each in moved
        if each.starts_at < scale.ends_at and scale.starts_at < each.ends_at
    )


def _with_its_past(after: Schedule, before: Schedule | None, over: Turnover) -> Schedule:
    past = tuple(each for each in (before.former if before else ()) if each.until < over.at)
    if over.from_ is None:
        return replace(after, former=past)
    return replace(after, former=(*past, Former(over.at, replace(over.from_, former=()))))
