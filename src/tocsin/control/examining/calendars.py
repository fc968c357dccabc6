"""Calendars that others keep: which of them say nothing new any more."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from tocsin.control.requests import Finding
from tocsin.core.configuration import Configuration
from tocsin.core.instants import format_duration
from tocsin.core.oncall.calendar import Serves
from tocsin.engine.oncall.calendars import Standing


def findings(facts: Configuration, stood: Mapping[str, Standing], now: datetime) -> Iterator[Finding]:
    failing = 0
    for key, calendar in sorted(facts.calendars.items()):
        stands = stood.get(key)
        if stands is None or stands.failing_since is None:
            continue
        failing += 1
        since = timedelta(minutes=int((now - stands.failing_since).total_seconds() // 60))
        what = "shifts" if calendar.serves is Serves.SCHEDULE else "leave"
        stays = (
            f"the {what} it last told of stay in force"
            if stands.good_at
            else f"it has never told of any {what}"
        )
        yield Finding(
            "calendars",
            "warning" if stands.good_at else "bad",
            f"{key} cannot be read since {format_duration(since) or '0m'}: {stands.why}; {stays}.",
            "Mend its address or the feed, under On-call, Calendars.",
        )
    if facts.calendars and not failing:
        yield Finding("calendars", "good", "Every calendar can be read.")
