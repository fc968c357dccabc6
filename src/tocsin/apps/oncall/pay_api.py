"""Pay by API: a month of a team, closing it, correcting it."""

from typing import Annotated

import msgspec
from django.http import HttpRequest
from ninja import Query, Router

from tocsin.apps.api.asking import ask
from tocsin.apps.api.operations import caller, operation
from tocsin.apps.api.parameters import Name, Word
from tocsin.control.oncall.pay_csv import as_csv
from tocsin.control.requests import AdjustPay, ClosePay, PayView, ShowPay
from tocsin.core.oncall.pay.closed import Adjustment
from tocsin.core.roles import Permission

router = Router(tags=["On-call"])
Month = Annotated[str, Query(max_length=7, description="A month.", example="2026-06")]


class Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`amount` is a decimal as text, such as -12.50."""

    person: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    amount: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
    why: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


@operation(
    router,
    "GET",
    "/teams/{team}/pay/{month}",
    needs=Permission.OWN,
    summary="What a team's on-call is paid for a month",
    answers=PayView,
    refuses=(403, 404, 422),
)
def get_pay(request: HttpRequest, team: Name, month: Name, person: Word = "") -> PayView:
    """As it was closed, or as it stands by now. One's own with `person`; a whole team's for who manages it."""
    view: PayView = ask(caller(request), ShowPay(team, month, person or None))
    return view


@operation(
    router,
    "GET",
    "/teams/{team}/pay/{month}/csv",
    needs=Permission.OWN,
    summary="The same as CSV",
    answers=str,
    media="text/csv",
    refuses=(403, 404, 422),
)
def get_pay_csv(request: HttpRequest, team: Name, month: Name, person: Word = "") -> str:
    """A row a line, RFC 4180, in UTC, with decimal points."""
    view = ask(caller(request), ShowPay(team, month, person or None))
    return as_csv(view, caller(request).facts.people)


@operation(
    router,
    "POST",
    "/teams/{team}/pay/{month}/close",
    needs=Permission.MANAGE,
    summary="Lock a month of pay",
    answers=PayView,
    refuses=(404, 409, 422),
)
def close_pay(request: HttpRequest, team: Name, month: Name) -> PayView:
    """Once it is over. What changes later is corrected by an adjustment."""
    view: PayView = ask(caller(request), ClosePay(team, month))
    return view


@operation(
    router,
    "POST",
    "/teams/{team}/pay/{month}/adjustments",
    needs=Permission.MANAGE,
    summary="Correct a closed month of pay",
    takes=Correction,
    answers=Adjustment,
    status=201,
    example={"person": "alice", "amount": "12.50", "currency": "EUR", "why": "covered for bob on the 4th"},
    refuses=(404, 409, 422),
)
def adjust_pay(request: HttpRequest, team: Name, month: Name, body: Correction) -> Adjustment:
    """It is paid with the next month that is not closed."""
    asked = AdjustPay(team, month, body.person, body.amount, body.currency, body.why)
    made: Adjustment = ask(caller(request), asked)
    return made
