"""Swaps and cover requests by API."""

from typing import Annotated

import msgspec
from django.http import HttpRequest
from ninja import Query, Router

from tocsin.apps.api.asking import ask
from tocsin.apps.api.cursors import Cursor, Limit, cursor_of, row_after
from tocsin.apps.api.operations import Answer, caller, operation
from tocsin.apps.api.parameters import Name, Word
from tocsin.apps.api.problems import Stopped, invalid
from tocsin.apps.oncall import swap_queries
from tocsin.control.oncall.swaps import view
from tocsin.control.requests import (
    AcceptSwap,
    AskCover,
    DeclineSwap,
    OfferSwap,
    PartWanted,
    SayUnreachable,
    SwapView,
    WithdrawSwap,
)
from tocsin.core.instants import Aware, micros
from tocsin.core.oncall.swap import State
from tocsin.core.roles import Permission

router = Router(tags=["On-call"])
Key = Annotated[str, msgspec.Meta(max_length=64)]
Said = Annotated[str, msgspec.Meta(max_length=500, pattern=r"^[^\0]*$")]
StateName = Annotated[
    str, Query(max_length=20, description="open, accepted, declined, withdrawn or expired.")
]


class Swaps(msgspec.Struct, frozen=True):
    """`next` is the cursor of the following page; null at the end."""

    items: tuple[SwapView, ...]
    next: str | None


class NewSwap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Time of one's own on a schedule; `person` for those who manage the team. `ask`: nobody named is the whole team.
    `back`: time of the one who is asked, wanted in return. Open until `expires_at`, else until the shift begins."""

    schedule: Key
    starts_at: Aware
    ends_at: Aware
    person: Key = ""
    ask: Annotated[tuple[Key, ...], msgspec.Meta(max_length=200)] = ()
    back: PartWanted | None = None
    expires_at: Aware | None = None
    comment: Said = ""


class NewCover(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Without a schedule or a time it is the shift that runs, or begins within a day, for a day at most."""

    schedule: Key = ""
    starts_at: Aware | None = None
    ends_at: Aware | None = None
    person: Key = ""
    unreachable: bool = False
    comment: Said = ""


class Whose(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """In whose name; one's own when it is left out."""

    person: Key = ""


@operation(
    router,
    "GET",
    "/swaps",
    needs=Permission.READ,
    summary="Swaps and cover requests, the latest shift first",
    answers=Swaps,
    refuses=(404,),
)
def list_swaps(
    request: HttpRequest, schedule: Word = "", state: StateName = "", cursor: Cursor = "", limit: Limit = 50
) -> Swaps:
    if state and state not in tuple(State):
        raise invalid(f"expected {', '.join(State)}", parameter="state")
    if schedule and schedule not in caller(request).facts.schedules:
        raise Stopped("not-found", f"there is no schedule {schedule!r}")
    found = swap_queries.swaps_like(schedule, (state,) if state else (), limit + 1, row_after(cursor))
    last = found[limit - 1] if len(found) > limit else None
    following = cursor_of((micros(last.part.starts_at), last.id)) if last is not None else None
    return Swaps(tuple(view(swap) for swap in found[:limit]), following)


@operation(
    router,
    "GET",
    "/swaps/{swap}",
    needs=Permission.READ,
    summary="One swap",
    answers=SwapView,
    refuses=(404,),
)
def get_swap(request: HttpRequest, swap: Name) -> SwapView:
    found = swap_queries.swap_of(swap)
    if found is None:
        raise Stopped("not-found", f"there is no swap {swap!r}")
    return view(found)


@operation(
    router,
    "POST",
    "/swaps",
    needs=Permission.RESPOND,
    summary="Offer a shift, or part of one",
    takes=NewSwap,
    answers=SwapView,
    status=201,
    example={
        "schedule": "platform-primary",
        "starts_at": "2026-06-17T07:00:00Z",
        "ends_at": "2026-06-18T07:00:00Z",
        "ask": ["bob"],
    },
    refuses=(404, 409),
)
def offer_swap(request: HttpRequest, body: NewSwap) -> Answer:
    wanted = OfferSwap(
        person=_whose(request, body.person),
        schedule=body.schedule,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        ask=body.ask,
        back=body.back,
        expires_at=body.expires_at,
        comment=body.comment,
    )
    return _made(ask(caller(request), wanted))


@operation(
    router,
    "POST",
    "/cover-requests",
    needs=Permission.RESPOND,
    summary="Ask the whole team to cover a shift",
    takes=NewCover,
    answers=SwapView,
    status=201,
    example={"comment": "Fever"},
    refuses=(404, 409),
)
def ask_cover(request: HttpRequest, body: NewCover) -> Answer:
    """It is a swap in need: everybody is asked at once, and whoever leads the team hears when nobody covers. `unreachable`
    takes one off the schedule at once."""
    wanted = AskCover(
        person=_whose(request, body.person),
        schedule=body.schedule,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        unreachable=body.unreachable,
        comment=body.comment,
    )
    return _made(ask(caller(request), wanted))


@operation(
    router,
    "POST",
    "/swaps/{swap}/acceptance",
    needs=Permission.RESPOND,
    summary="Take an offered shift",
    takes=Whose,
    answers=SwapView,
    example={},
    refuses=(404, 409),
)
def accept_swap(request: HttpRequest, swap: Name, body: Whose) -> SwapView:
    """The schedule follows at once, by an override. Refused when somebody was faster, or the schedule has moved on."""
    taken: SwapView = ask(caller(request), AcceptSwap(swap, _whose(request, body.person)))
    return taken


@operation(
    router,
    "POST",
    "/swaps/{swap}/refusal",
    needs=Permission.RESPOND,
    summary="Decline an offered shift",
    takes=Whose,
    answers=SwapView,
    example={},
    refuses=(404, 409),
)
def decline_swap(request: HttpRequest, swap: Name, body: Whose) -> SwapView:
    declined: SwapView = ask(caller(request), DeclineSwap(swap, _whose(request, body.person)))
    return declined


@operation(
    router,
    "POST",
    "/swaps/{swap}/withdrawal",
    needs=Permission.RESPOND,
    summary="Withdraw what one offered",
    takes=Whose,
    answers=SwapView,
    example={},
    refuses=(404, 409),
)
def withdraw_swap(request: HttpRequest, swap: Name, body: Whose) -> SwapView:
    withdrawn: SwapView = ask(caller(request), WithdrawSwap(swap, _whose(request, body.person)))
    return withdrawn


@operation(
    router,
    "POST",
    "/swaps/{swap}/out-of-reach",
    needs=Permission.RESPOND,
    summary="Say that nobody can reach whoever asks for cover",
    takes=Whose,
    answers=SwapView,
    example={},
    refuses=(404, 409),
)
def say_unreachable(request: HttpRequest, swap: Name, body: Whose) -> SwapView:
    """They are off the schedule at once; pages go to the next step of the policy until somebody covers."""
    said: SwapView = ask(caller(request), SayUnreachable(swap, _whose(request, body.person)))
    return said


def _whose(request: HttpRequest, person: str) -> str:
    asking = caller(request)
    return person or (asking.person.key if asking.person is not None else "")


def _made(made: SwapView) -> Answer:
    return Answer(made, 201, {"Location": f"/api/v1/swaps/{made.id}"})
