"""When a schedule passes from people to others for good: what a handoff is written for.

The nights of a schedule for business hours and short covers are none: whoever gives, and whoever takes, holds it for
a while.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from tocsin.core.oncall.notices import NIGHT, Stretch, stretches
from tocsin.core.oncall.schedule import Override, Schedule

LONG_ENOUGH = timedelta(hours=6)  # a shift of follow-the-sun has eight
LONGEST_SEEN = timedelta(days=35)  # how far back a shift's begin is looked for
_MOMENT = timedelta(microseconds=1)


class Turnover(msgspec.Struct, frozen=True):
    """`starts_at` is when the first of the outgoing began (as far back as is looked)."""

    at: datetime
    outgoing: tuple[str, ...]
    incoming: tuple[str, ...]
    starts_at: datetime


def turnovers(
    schedules: Mapping[str, Schedule],
    key: str,
    since: datetime,
    until: datetime,
    overrides: Iterable[Override],
) -> list[Turnover]:
    """Those in [since, until), in order."""
    beyond = until + NIGHT + LONG_ENOUGH + _MOMENT
    whole = [
        stretch
        for stretch in stretches(schedules, key, since - LONGEST_SEEN, beyond, overrides)
        if _lasts(stretch)
    ]
    found: dict[datetime, Turnover] = {}
    for at in sorted({s.ends_at for s in whole if s.ends_at is not None and since <= s.ends_at < until}):
        begins = min((s.starts_at for s in whole if at <= s.starts_at <= at + NIGHT), default=None)
        next_people = tuple(s.person for s in whole if s.starts_at == begins)
        outgoing = [s for s in whole if s.ends_at == at and s.person not in next_people]
        going = tuple(s.person for s in whole if s.ends_at == at)
        incoming = tuple(person for person in next_people if person not in going)
        if outgoing and incoming:
            people = tuple(s.person for s in outgoing)
            found[at] = Turnover(at, people, incoming, min(s.starts_at for s in outgoing))
    return list(found.values())


def _lasts(stretch: Stretch) -> bool:
    return stretch.ends_at is None or stretch.ends_at - stretch.starts_at >= LONG_ENOUGH
