"""A team's month of on-call as money: shown, closed, corrected."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

import msgspec

from tocsin.control.actor import Actor
from tocsin.control.oncall.decided import Decided
from tocsin.control.requests.pay import AdjustPay, ClosePay, PayView, ShowPay
from tocsin.control.requests.refused import Refused
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.oncall.pay.closed import (
    ADJUSTMENT,
    CLOSED_MONTH,
    Adjustment,
    ClosedMonth,
    Difference,
    differences,
    totals,
)
from tocsin.core.oncall.pay.lines import PayLine, lines_of, span_of, team_zone
from tocsin.core.oncall.pay.rules import Month, month_at, month_of
from tocsin.core.oncall.wall_clock import local_date
from tocsin.engine.consequences import Consequences
from tocsin.engine.store.protocol import OnCallFilter, OnCallRow, Transaction

COMPARED = 3  # closed months that are worked out anew with each look
WEEK = timedelta(weeks=1)
LONGEST_WHY = 500


def show(tx: Transaction, request: ShowPay, facts: Configuration, now: datetime) -> PayView:
    """Raises Refused."""
    month = _month(request.team, request.month, "month", facts)
    view = _view(tx, request.team, month, facts, now)
    if request.person is None:
        return view
    if request.person not in facts.people:
        raise Refused("not_found", f"there is no person {request.person!r}", "person")
    return _of_person(view, request.person)


def close(owed: Consequences, request: ClosePay, actor: Actor, now: datetime) -> Decided:
    tx, facts = owed.tx, owed.facts
    month = _month(request.team, request.month, "month", facts)
    name = _name(request.team, month)
    if tx.oncall.load(CLOSED_MONTH, [name]):
        raise Refused("conflict", f"{month} is closed already; correct it by an adjustment", "month")
    starts_at, ends_at = span_of(month, team_zone(request.team, facts))
    if now < ends_at:
        raise Refused("invalid", f"{month} is not over yet", "month")
    lines = _lines(tx, request.team, month, facts)
    closed = ClosedMonth(request.team, str(month), now, actor.name, lines)
    row = OnCallRow(
        CLOSED_MONTH,
        name,
        request.team,
        "closed",
        micros(starts_at),
        micros(ends_at),
        msgspec.json.encode(closed),
        micros(now),
    )
    tx.oncall.put([row])
    return Decided(_view(tx, request.team, month, facts, now), name)


def adjust(owed: Consequences, request: AdjustPay, actor: Actor, now: datetime) -> Decided:
    tx, facts = owed.tx, owed.facts
    month = _month(request.team, request.of, "of", facts)
    if not tx.oncall.load(CLOSED_MONTH, [_name(request.team, month)]):
        raise Refused("conflict", f"{month} is not closed: it still changes by itself", "of")
    if request.person not in facts.people:
        raise Refused("not_found", f"there is no person {request.person!r}", "person")
    currencies = sorted({rule.currency for rule in facts.pay.values() if rule.team == request.team})
    if request.currency not in currencies:
        raise Refused("invalid", f"expected {' or '.join(currencies)}", "currency")
    why = request.why.strip()
    if not 0 < len(why) <= LONGEST_WHY:
        raise Refused("invalid", f"say why, in {LONGEST_WHY} characters at most", "why")
    into = month.plus(1)
    while tx.oncall.load(CLOSED_MONTH, [_name(request.team, into)]):
        into = into.plus(1)
    made = Adjustment(
        id=str(uuid.uuid4()),
        team=request.team,
        of=str(month),
        into=str(into),
        person=request.person,
        amount=_amount(request.amount),
        currency=request.currency,
        why=why,
        made_by=actor.name,
        made_at=now,
    )
    starts_at, ends_at = span_of(into, team_zone(request.team, facts))
    document = msgspec.json.encode(made)
    row = OnCallRow(
        ADJUSTMENT,
        made.id,
        request.team,
        str(into),
        micros(starts_at),
        micros(ends_at),
        document,
        micros(now),
    )
    tx.oncall.put([row])
    return Decided(made, f"{request.team}.{month}.{request.person}")


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    exponent = amount.as_tuple().exponent
    if (
        not amount.is_finite()
        or not amount
        or not isinstance(exponent, int)
        or exponent < -4
        or abs(amount) >= 10**9
    ):
        raise Refused("invalid", f"expected an amount such as -12.50, found {text!r}", "amount")
    return amount


def _month(team: str, text: str, field: str, facts: Configuration) -> Month:
    if team not in facts.teams:
        known = ", ".join(sorted(facts.teams)) or "none yet"
        raise Refused("not_found", f"there is no team {team!r}; known: {known}", "team")
    try:
        return month_of(text)
    except ValueError as wrong:
        raise Refused("invalid", str(wrong), field) from None


def _name(team: str, month: Month) -> str:
    return f"{team}/{month}"


def _view(tx: Transaction, team: str, month: Month, facts: Configuration, now: datetime) -> PayView:
    closed = _closed(tx, team)
    adjustments = _adjustments(tx, team)
    this = closed.get(str(month))
    lines = this.lines if this else _lines(tx, team, month, facts)
    today = month_at(local_date(now, team_zone(team, facts)))
    state = "closed" if this else "open" if month < today else "running"
    return PayView(
        team=team,
        month=str(month),
        state=state,
        lines=lines,
        totals=totals(lines),
        differences=() if this else _differences(tx, team, month, facts, closed, adjustments),
        adjustments=tuple(one for one in adjustments if one.of == str(month)),
        closed_months=tuple(sorted(closed, reverse=True)),
        closed_at=this.closed_at if this else None,
        closed_by=this.closed_by if this else "",
    )


def _lines(tx: Transaction, team: str, month: Month, facts: Configuration) -> tuple[PayLine, ...]:
    """As they are by now, with the corrections that are paid with it."""
    corrections = [one.line() for one in _adjustments(tx, team) if one.into == str(month)]
    return (*_worked_out(tx, team, month, facts), *corrections)


def _worked_out(tx: Transaction, team: str, month: Month, facts: Configuration) -> tuple[PayLine, ...]:
    starts_at, ends_at = span_of(month, team_zone(team, facts))
    # A week more, because a busy week counts where it ends.
    paged = tx.pages.received(sorted(facts.people), micros(starts_at - WEEK), micros(ends_at))
    return lines_of(tuple(facts.pay.values()), team, month, facts, paged)


def _differences(
    tx: Transaction,
    team: str,
    month: Month,
    facts: Configuration,
    closed: dict[str, ClosedMonth],
    adjustments: list[Adjustment],
) -> tuple[Difference, ...]:
    earlier = sorted((name for name in closed if name < str(month)), reverse=True)[:COMPARED]
    return tuple(
        difference
        for name in earlier
        for difference in differences(closed[name], _worked_out(tx, team, month_of(name), facts), adjustments)
    )


def _closed(tx: Transaction, team: str) -> dict[str, ClosedMonth]:
    """The last hundred."""
    rows = tx.oncall.search(OnCallFilter(CLOSED_MONTH, subjects=(team,)))
    months = (msgspec.json.decode(row.document, type=ClosedMonth) for row in rows)
    return {month.month: month for month in months}


def _adjustments(tx: Transaction, team: str) -> list[Adjustment]:
    rows = tx.oncall.search(OnCallFilter(ADJUSTMENT, subjects=(team,), limit=1000))
    return [msgspec.json.decode(row.document, type=Adjustment) for row in reversed(rows)]


def _of_person(view: PayView, person: str) -> PayView:
    lines = tuple(line for line in view.lines if line.person == person)
    return msgspec.structs.replace(
        view,
        lines=lines,
        totals=totals(lines),
        differences=tuple(each for each in view.differences if each.person == person),
        adjustments=tuple(each for each in view.adjustments if each.person == person),
    )
