"""When people are away: leave, and the public holidays of where they live. Neither moves a shift by itself; both warn."""

from datetime import date, datetime

import msgspec


class Leave(msgspec.Struct, frozen=True, omit_defaults=True):
    """One stretch in which a person should hold no shift. `source` is the calendar it came from, "" for one told by hand."""

    id: str
    person: str
    starts_at: datetime
    ends_at: datetime
    comment: str = ""
    created_by: str = ""
    source: str = ""


Holidays = dict[date, str]  # the public holidays of one place (DE-BY, GB-SCT, US), by local date, with their names
