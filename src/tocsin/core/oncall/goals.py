"""What a team wants its on-call to be like: what health and warnings measure it against."""

from datetime import timedelta

import msgspec


class Goals(msgspec.Struct, frozen=True, omit_defaults=True):
    """`broken_nights` is how many nights of one shift may be broken; `calm_shifts` per cent of shifts without any page;
    `weeks_in_a_row` how many weeks somebody may be on call one after the other; `rest` the least time between two shifts of
    at most a day each (11 hours are the daily rest that EU law demands, directive 2003/88/EC)."""

    pages_per_shift: int = 2
    broken_nights: int = 1
    calm_shifts: int = 50
    weeks_in_a_row: int = 2
    rest: timedelta = timedelta(hours=11)
