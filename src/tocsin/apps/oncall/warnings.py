"""What is going to bite, for the pages that show it: `oncall/warnings.html` draws what these give.

Worked out once an hour while nothing of on-call changes: it looks eight weeks ahead, and a page is asked for many times.
"""

import threading
from collections.abc import Sequence
from datetime import datetime

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.warnings import Level, OnCallWarning, warnings

READ = ("schedules", "overrides", "people", "teams", "leaves", "holidays")
_lock = threading.Lock()
_known: tuple[Configuration, datetime, Sequence[OnCallWarning]] | None = None


def current(configuration: Configuration, now: datetime) -> Sequence[OnCallWarning]:
    """All of them, those that page nobody first; at most an hour old."""
    global _known
    hour = now.replace(minute=0, second=0, microsecond=0)
    with _lock:
        if _known is None or _known[1] != hour or not _same(_known[0], configuration):
            _known = (configuration, hour, warnings(configuration, now))
        found = _known[2]
    return [warning for warning in found if warning.ends_at > now]


def _same(one: Configuration, other: Configuration) -> bool:
    """As far as warnings read it: a silence makes a new revision and changes none of them."""
    return one is other or all(getattr(one, read) == getattr(other, read) for read in READ)


def of_board(configuration: Configuration, now: datetime, team: str = "") -> list[OnCallWarning]:
    """Of one team or of all; notes are left to the pages of their schedules."""
    return [
        warning
        for warning in current(configuration, now)
        if warning.level is Level.WARNING and (not team or warning.team == team)
    ]


def of_schedule(configuration: Configuration, now: datetime, key: str) -> list[OnCallWarning]:
    """What concerns this schedule, and what concerns all of its team."""
    schedule = configuration.schedules[key]
    return [
        warning
        for warning in current(configuration, now)
        if key in (warning.schedule, *warning.also)
        or (not warning.schedule and warning.team is not None and warning.team == schedule.team)
    ]
