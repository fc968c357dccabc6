"""The shifts, gaps and layers of schedules over a span, as an answer."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tocsin.control.requests import Refused
from tocsin.control.requests.oncall import GapView, LayerView, ScheduleView, ShiftView, ShowSchedules
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Shift
from tocsin.core.oncall.shifts import gaps, layers_of, shifts
from tocsin.engine.store.protocol import Transaction

USUAL = timedelta(weeks=2)
LONGEST = timedelta(days=366)
LONGEST_OF_ALL = timedelta(weeks=8)


def show(tx: Transaction, request: ShowSchedules, facts: Configuration, now: datetime) -> list[ScheduleView]:
    """Raises Refused."""
    if request.schedule is not None and request.schedule not in facts.schedules:
        raise Refused("not_found", f"there is no schedule {request.schedule!r}", "schedule")
    starts_at = request.starts_at or now
    ends_at = request.ends_at or starts_at + USUAL
    if ends_at <= starts_at:
        raise Refused("invalid", "it must come after the start", "ends_at")
    longest = LONGEST_OF_ALL if request.schedule is None else LONGEST
    if ends_at - starts_at > longest:
        raise Refused("invalid", f"a span of {longest.days} days at most", "ends_at")
    keys = [request.schedule] if request.schedule is not None else sorted(facts.schedules)
    return [_view(facts, key, starts_at, ends_at, with_layers=request.schedule is not None) for key in keys]


def _view(
    facts: Configuration, key: str, starts_at: datetime, ends_at: datetime, with_layers: bool
) -> ScheduleView:
    schedule = facts.schedules[key]
    span = (facts.schedules, key, starts_at, ends_at, facts.overrides)
    layers = layers_of(*span) if with_layers else []
    return ScheduleView(
        schedule=key,
        team=schedule.team,
        time_zone=schedule.time_zone,
        starts_at=starts_at,
        ends_at=ends_at,
        shifts=_shown(shifts(*span)),
        gaps=tuple(GapView(gap.starts_at, gap.ends_at) for gap in gaps(*span)),
        layers=tuple(LayerView(each.name, each.beside, each.shadow, _shown(each.shifts)) for each in layers),
    )


def _shown(found: Iterable[Shift]) -> tuple[ShiftView, ...]:
    return tuple(ShiftView(s.starts_at, s.ends_at, s.people, s.by, s.shadows) for s in found)
