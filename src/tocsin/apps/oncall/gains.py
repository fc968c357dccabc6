"""Who gains and who loses by an edit or an override, as a page tells it."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from tocsin.core.oncall.difference import Difference
from tocsin.core.oncall.schedule import Gap

HOUR = timedelta(hours=1)


class Gain(msgspec.Struct, frozen=True):
    """One person's hours and shifts before and after. `change` is "" where only the times are others."""

    person: str
    before: str
    after: str
    shifts_before: int
    shifts_after: int
    change: str
    gains: bool


class Gains(msgspec.Struct, frozen=True):
    """Of one schedule. `opened` are hours that nobody has afterwards, `closed` those that nobody had before."""

    schedule: str
    rows: tuple[Gain, ...]
    opened: tuple[Gap, ...]
    closed: tuple[Gap, ...]


def gains(differences: Iterable[Difference]) -> tuple[Gains, ...]:
    return tuple(
        Gains(
            schedule=each.schedule,
            rows=tuple(
                Gain(
                    person=load.person,
                    before=_hours(load.before),
                    after=_hours(load.after),
                    shifts_before=load.shifts_before,
                    shifts_after=load.shifts_after,
                    change=_signed(load.gained),
                    gains=load.gained > timedelta(0),
                )
                for load in each.loads
            ),
            opened=each.opened,
            closed=each.closed,
        )
        for each in differences
    )


def _hours(length: timedelta) -> str:
    return f"{round(length / HOUR, 1):g} h"


def _signed(length: timedelta) -> str:
    if not length:
        return ""
    return f"+{_hours(length)}" if length > timedelta(0) else f"\N{MINUS SIGN}{_hours(-length)}"
