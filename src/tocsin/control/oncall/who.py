"""Who is on call, as an answer."""

from datetime import datetime

from tocsin.control.requests import Refused, Who, WhoView
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.shifts import next_shift, who_is_on_call


def who(facts: Configuration, request: Who, now: datetime) -> list[WhoView]:
    """Every schedule, or the one asked for, at the instant asked for."""
    if request.schedule is not None and request.schedule not in facts.schedules:
        raise Refused("not_found", f"there is no schedule {request.schedule!r}", "schedule")
    at = request.at or now
    keys = [request.schedule] if request.schedule is not None else sorted(facts.schedules)
    return [_view(facts, key, at) for key in keys]


def _view(facts: Configuration, key: str, at: datetime) -> WhoView:
    schedule = facts.schedules[key]
    current = who_is_on_call(facts.schedules, key, at, facts.overrides)
    coming = next_shift(facts.schedules, key, at, facts.overrides)
    return WhoView(
        schedule=key,
        team=schedule.team,
        people=current.people,
        names=tuple(facts.people[p].name if p in facts.people else p for p in current.people),
        by=current.by,
        until=current.until,
        next_people=coming.people if coming else (),
        next_at=coming.starts_at if coming else None,
        shadows=current.shadows,
    )
