"""Closed months of pay: locked as they were, and what is known of them by now."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from tocsin.core.oncall.pay.lines import Paid, PayLine
from tocsin.core.oncall.pay.rules import NOTHING

CLOSED_MONTH = "pay_month"  # kinds of records
ADJUSTMENT = "pay_adjustment"


class ClosedMonth(msgspec.Struct, frozen=True):
    team: str
    month: str
    closed_at: datetime
    closed_by: str
    lines: tuple[PayLine, ...]


class Adjustment(msgspec.Struct, frozen=True):
    """A correction of a closed month `of`, paid `into` a later one."""

    id: str
    team: str
    of: str
    into: str
    person: str
    amount: Decimal
    currency: str
    why: str
    made_by: str
    made_at: datetime

    def line(self) -> PayLine:
        return PayLine(
            person=self.person,
            what=Paid.ADJUSTMENT,
            why=self.why,
            currency=self.currency,
            rate=self.amount,
            amount=self.amount,
            of=self.of,
        )


class Total(msgspec.Struct, frozen=True):
    """What one person gets, in one currency; `days_off` stand in the total of no currency."""

    person: str
    currency: str
    amount: Decimal
    days_off: Decimal = NOTHING


class Difference(msgspec.Struct, frozen=True):
    """A closed month would come out otherwise by what is known now. Corrections already made are in `paid`."""

    month: str
    person: str
    currency: str
    paid: Decimal
    now: Decimal

    @property
    def owed(self) -> Decimal:
        return self.now - self.paid


def totals(lines: Iterable[PayLine]) -> tuple[Total, ...]:
    amounts: dict[tuple[str, str], Decimal] = {}
    days: dict[str, Decimal] = {}
    for line in lines:
        if line.what is Paid.TIME_OFF:
            days[line.person] = days.get(line.person, NOTHING) + line.quantity
        else:
            key = (line.person, line.currency)
            amounts[key] = amounts.get(key, NOTHING) + line.amount
    money = [Total(person, currency, amount) for (person, currency), amount in amounts.items()]
    off = [Total(person, "", NOTHING, count) for person, count in days.items()]
    return tuple(sorted([*money, *off], key=lambda total: (total.person, not total.currency, total.currency)))


def differences(
    closed: ClosedMonth, lines: Sequence[PayLine], made: Iterable[Adjustment]
) -> tuple[Difference, ...]:
    """Where what was paid for a month, corrections included, is not what `lines` say it should be."""
    paid = {
        (t.person, t.currency): t.amount
        for t in totals(line for line in closed.lines if line.what is not Paid.ADJUSTMENT)
        if t.currency
    }
    for one in made:
        if one.of == closed.month and one.team == closed.team:
            paid[one.person, one.currency] = paid.get((one.person, one.currency), NOTHING) + one.amount
    now = {(t.person, t.currency): t.amount for t in totals(lines) if t.currency}
    return tuple(
        Difference(closed.month, person, currency, was, becomes)
        for person, currency in sorted({*paid, *now})
        if (was := paid.get((person, currency), NOTHING)) != (becomes := now.get((person, currency), NOTHING))
    )
