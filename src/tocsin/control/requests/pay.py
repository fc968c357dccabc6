"""What on-call is paid."""

from datetime import datetime
from typing import Annotated

import msgspec

from tocsin.core.oncall.pay.closed import Adjustment, Difference, Total
from tocsin.core.oncall.pay.lines import PayLine

MonthText = Annotated[str, msgspec.Meta(max_length=7)]


class ShowPay(msgspec.Struct, frozen=True, tag="show_pay", omit_defaults=True):
    """A month of a team, or of one `person` in it: as it was closed, or as it stands by now. Answer: PayView."""

    team: str
    month: MonthText
    person: str | None = None


class ClosePay(msgspec.Struct, frozen=True, tag="close_pay"):
    """Lock a month that is over. Answer: PayView."""

    team: str
    month: MonthText


class AdjustPay(msgspec.Struct, frozen=True, tag="adjust_pay"):
    """Correct the closed month `of`; it is paid with the next month that is not closed. `amount` is a decimal, such as
    -12.50. Answer: Adjustment."""

    team: str
    of: MonthText
    person: str
    amount: Annotated[str, msgspec.Meta(max_length=20)]
    currency: str
    why: str


class PayView(msgspec.Struct, frozen=True):
    """`state`: open, running (the month is not over) or closed. `differences` are of earlier months that are closed and
    would come out otherwise by now."""

    team: str
    month: str
    state: str
    lines: tuple[PayLine, ...]
    totals: tuple[Total, ...]
    differences: tuple[Difference, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()  # of this very month, paid with a later one
    closed_months: tuple[str, ...] = ()
    closed_at: datetime | None = None
    closed_by: str = ""
