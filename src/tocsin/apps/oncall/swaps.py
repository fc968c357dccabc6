"""Swaps on screen: what is offered to the reader, what they offer, and the others'; taken or declined by one button."""

from datetime import datetime

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall import swap_queries
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import Reader, reader_of
from tocsin.control.authority import manages
from tocsin.control.client import NotAnswering
from tocsin.control.requests import (
    AcceptSwap,
    DeclineSwap,
    Refused,
    Request,
    SayUnreachable,
    SwapView,
    WithdrawSwap,
)
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.oncall.swap import State, Swap
from tocsin.core.oncall.swap_seats import Seating, cannot_take
from tocsin.core.roles import Permission
from tocsin.engine.kinds import ONCALL_TOPIC

SETTLED_SHOWN = 20
STATES = {
    State.OPEN: "open",
    State.ACCEPTED: "taken",
    State.DECLINED: "declined by all",
    State.WITHDRAWN: "withdrawn",
    State.EXPIRED: "nobody took it",
}


class Shown(msgspec.Struct, frozen=True):
    """A swap as one reader sees it. `why_not`: why they could not take what they are asked to take."""

    swap: Swap
    word: str
    mine: bool
    asked: bool  # and their answer is waited for
    declined: bool
    may_withdraw: bool
    why_not: str

    @property
    def may_accept(self) -> bool:
        return (self.asked or self.declined) and not self.why_not

    @property
    def may_be_out_of_reach(self) -> bool:
        return self.may_withdraw and self.swap.cover and not self.swap.unreachable


def shown(swap: Swap, reader: Reader, facts: Configuration, now: datetime) -> Shown:
    own = reader.person.key if reader.person else ""
    may_act = swap.is_open and now < swap.expires_at and reader.grants.allow(Permission.RESPOND)
    asked = may_act and own in swap.asked
    part = swap.part.after(now)
    return Shown(
        swap=swap,
        word=STATES[State.EXPIRED] if swap.is_open and now >= swap.expires_at else STATES[swap.state],
        mine=swap.person == own,
        asked=asked and own not in swap.declined,
        declined=asked and own in swap.declined,
        may_withdraw=may_act and (swap.person == own or manages(reader.grants, swap.person, facts)),
        why_not=cannot_take(Seating(facts, without=swap.gaps), part, swap.person, own)
        if asked and part
        else "",
    )


@needs(Permission.READ)
@require_safe
def swaps(request: HttpRequest) -> HttpResponse:
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    request.live_topics = ("configuration", ONCALL_TOPIC)  # type: ignore[attr-defined]
    opened = [shown(swap, reader, configuration, now) for swap in swap_queries.open_swaps()]
    settled = swap_queries.settled_swaps(SETTLED_SHOWN + 1, _before(request))
    last = settled[SETTLED_SHOWN - 1] if len(settled) > SETTLED_SHOWN else None
    context = {
        "asked": [each for each in opened if each.asked],
        "mine": [each for each in opened if each.mine],
        "others": [each for each in opened if not each.asked and not each.mine],
        "settled": [shown(swap, reader, configuration, now) for swap in settled[:SETTLED_SHOWN]],
        "older": f"{micros(last.part.starts_at)}.{last.id}" if last is not None else "",
        "paging": "before" in request.GET,
        "person": reader.person.key if reader.person else "",
        "may_respond": reader.grants.allow(Permission.RESPOND),
        "facts": configuration,
    }
    return render(request, "oncall/swaps.html", context)


def _before(request: HttpRequest) -> tuple[int, str] | None:
    """The row to page on from; what is none is the first page."""
    at, _, name = request.GET.get("before", "")[:60].partition(".")
    if not (at.isascii() and at.isdigit() and len(at) <= 17 and name.isalnum()):
        return None
    return int(at), name


@needs(Permission.READ)
@require_http_methods(["GET", "HEAD", "POST"])
def swap(request: HttpRequest, swap_id: str) -> HttpResponse:
    """One swap, where the links of messages lead. Its buttons post here."""
    found = swap_queries.swap_of(swap_id)
    if found is None:
        raise Http404("There is no such swap.")
    refused: Refused | None = None
    if request.method == "POST":
        try:
            done: SwapView = ask(request, _wanted(request, found))
        except Refused as error:
            refused = error
        except NotAnswering as silent:
            refused = Refused("", f"Perhaps not done: {silent}. Look again before you try again.")
        else:
            messages.success(request, done.said)
            return redirect("swap", found.id)
        found = swap_queries.swap_of(swap_id) or found
    configuration = facts()
    request.live_topics = ("configuration", ONCALL_TOPIC)  # type: ignore[attr-defined]
    context = {
        "each": shown(found, reader_of(request), configuration, timezone.now()),
        "refused": refused,
        "facts": configuration,
    }
    return render(request, "oncall/swap.html", context, status=_status(refused))


def _wanted(request: HttpRequest, swap: Swap) -> Request:
    reader = reader_of(request)
    own = reader.person.key if reader.person else ""
    match request.POST.get("do"):
        case "accept":
            return AcceptSwap(swap.id, own)
        case "decline":
            return DeclineSwap(swap.id, own)
        case "withdraw":
            return WithdrawSwap(swap.id, swap.person)
        case "unreachable":
            return SayUnreachable(swap.id, swap.person)
    raise Refused("invalid", "There is no such act.", "do")


def _status(refused: Refused | None) -> int:
    if refused is None:
        return 200
    return {"forbidden": 403, "conflict": 409, "not_found": 404}.get(refused.code, 400)
