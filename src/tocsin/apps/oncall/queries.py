"""Who is on call now and next, and how much of a time each person holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from tocsin.control.oncall.who import who
from tocsin.control.requests import Who, WhoView
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.schedule import Shift


class Share(msgspec.Struct, frozen=True):
    """How much one person holds within the time shown."""

    person: str
    hue: int
    hours: int
    shifts: int


def now_and_next(facts: Configuration, at: datetime) -> list[WhoView]:
    return who(facts, Who(), at)


def now_and_next_of(facts: Configuration, schedule: str, at: datetime) -> WhoView:
    """Of one schedule, which must exist."""
    (view,) = who(facts, Who(schedule), at)
    return view


def held_by(views: Sequence[WhoView], person: str) -> list[WhoView]:
    """The schedules that this person holds now."""
    return [view for view in views if person in view.people]


def shares(held: Iterable[Shift], hues: Mapping[str, int]) -> list[Share]:
    """Who holds most first."""
    seconds: dict[str, float] = {}
    count: dict[str, int] = {}
    for shift in held:
        for person in shift.people:
            seconds[person] = seconds.get(person, 0) + (shift.ends_at - shift.starts_at).total_seconds()
            count[person] = count.get(person, 0) + 1
    return [
        Share(person, hues.get(person, 0), round(seconds[person] / 3600), count[person])
        for person in sorted(seconds, key=lambda person: (-seconds[person], person))
    ]
