"""What an edit of a schedule would come to: the next eight weeks before and after it, drawn and counted."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from tocsin.apps.oncall import timeline
from tocsin.apps.oncall.spans import midnight
from tocsin.config.history import Turnover, turnover
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Former, Schedule

WEEKS_A_BLOCK, BLOCKS = 4, 2


class Block(msgspec.Struct, frozen=True):
    """Four weeks of it."""

    rows: tuple[timeline.Row, ...]
    columns: tuple[timeline.Column, ...]
    now: str


class Preview(msgspec.Struct, frozen=True):
    """From when it counts, and what comes then."""

    at: datetime
    blocks: tuple[Block, ...]
    is_new: bool


def preview(facts: Configuration, key: str, after: Schedule, zone: ZoneInfo, now: datetime) -> Preview:
    before = facts.schedules.get(key)
    over = turnover(before, before.former if before else (), after, now)
    schedules = {**facts.schedules, key: _with_its_past(after, before, over)}
    first = over.at.astimezone(zone).date()
    blocks = []
    for number in range(BLOCKS):
        begin = midnight(first + timedelta(weeks=WEEKS_A_BLOCK * number), zone)
        end = midnight(first + timedelta(weeks=WEEKS_A_BLOCK * (number + 1)), zone)
        versions = [("After" if before else "On call", schedules, facts.overrides)]
        if before is not None:
            versions.insert(0, ("Before", facts.schedules, facts.overrides))
        rows = timeline.final_rows(facts, key, begin, end, zone, versions, timeline.LETTER)
        columns, mark = timeline.scale(begin, end, zone, now)
        blocks.append(Block(tuple(rows), tuple(columns), mark))
    return Preview(over.at, tuple(blocks), before is None)


def _with_its_past(after: Schedule, before: Schedule | None, over: Turnover) -> Schedule:
    past = tuple(each for each in (before.former if before else ()) if each.until < over.at)
    if over.from_ is None:
        return replace(after, former=past)
    return replace(after, former=(*past, Former(over.at, replace(over.from_, former=()))))
