"""When people are away: leave, and the public holidays of where they live. Neither moves a shift by itself; both warn."""

from datetime import date, datetime

import msgspec
from msgspec.structs import replace

from tocsin.core.oncall.wall_clock import instant_of


class Leave(msgspec.Struct, frozen=True, omit_defaults=True):
    """One stretch in which a person should hold no shift. `source` is the calendar it came from, "" for one told by hand."""

    id: str
    person: str
    starts_at: datetime
    ends_at: datetime
    comment: str = ""
    created_by: str = ""
    source: str = ""


def in_zone(leave: Leave, time_zone: str) -> Leave:
    """Leave of whole days, written without a zone, as the instants at which they begin and end in the person's."""
    return replace(
        leave,
        starts_at=instant_of(leave.starts_at, time_zone),
        ends_at=instant_of(leave.ends_at, time_zone),
    )


# The public holidays of one place (DE-BY, GB-SCT, US), by local date, with their names.
Holidays = dict[date, str]
