"""Handoffs by API."""

from typing import Annotated

import msgspec
from django.http import HttpRequest
from ninja import Query, Router

from tocsin.apps.api.asking import ask
from tocsin.apps.api.cursors import Cursor, Limit
from tocsin.apps.api.operations import caller, operation
from tocsin.apps.api.parameters import Name, Word
from tocsin.control.requests import (
    AcceptHandoff,
    EditHandoff,
    HandoffView,
    ListHandoffs,
    OfferHandoff,
    ShowHandoff,
    WriteHandoff,
)
from tocsin.core.oncall.handoff.handoff import LONGEST_ISSUES, LONGEST_NOTES, Handoff
from tocsin.core.roles import Permission

router = Router(tags=["On-call"])
Words = Annotated[str, Query(max_length=200, description="Words that stand in it.", example="disk full")]


class Handoffs(msgspec.Struct, frozen=True):
    """`next` is the cursor of the following page; null at the end."""

    items: tuple[Handoff, ...]
    next: str | None


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The words of whoever goes (Markdown)."""

    notes: Annotated[str, msgspec.Meta(max_length=LONGEST_NOTES, pattern=r"^[^\0]*$")] = ""
    known_issues: Annotated[str, msgspec.Meta(max_length=LONGEST_ISSUES, pattern=r"^[^\0]*$")] = ""


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`chat`: in the team's chat as well."""

    chat: bool = True


@operation(
    router,
    "GET",
    "/handoffs",
    needs=Permission.READ,
    summary="Handoffs, the newest first",
    answers=Handoffs,
    refuses=(404,),
)
def list_handoffs(
    request: HttpRequest,
    schedule: Word = "",
    person: Word = "",
    text: Words = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Handoffs:
    """Of one schedule, of a person (going or coming), with words."""
    wanted = ListHandoffs(schedule or None, person or None, (), text, cursor or None, limit + 1)
    found: list[Handoff] = ask(caller(request), wanted)
    return Handoffs(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None)


@operation(
    router,
    "GET",
    "/handoffs/{handoff}",
    needs=Permission.READ,
    summary="One handoff, and all of it as text",
    answers=HandoffView,
    refuses=(404,),
)
def get_handoff(request: HttpRequest, handoff: Name) -> HandoffView:
    """A draft has the shift as it stands now."""
    view: HandoffView = ask(caller(request), ShowHandoff(handoff))
    return view


@operation(
    router,
    "POST",
    "/schedules/{key}/handoffs",
    needs=Permission.RESPOND,
    summary="Write the draft for whoever comes next",
    answers=HandoffView,
    status=201,
    refuses=(404, 409, 422),
)
def write_handoff(request: HttpRequest, key: Name) -> HandoffView:
    """Now already; else it is written an hour before the shift ends. One that is there is answered."""
    view: HandoffView = ask(caller(request), WriteHandoff(key))
    return view


@operation(
    router,
    "PUT",
    "/handoffs/{handoff}/words",
    needs=Permission.RESPOND,
    summary="Say what the next should know",
    takes=Wording,
    answers=HandoffView,
    example={"notes": "The database sulks.", "known_issues": "Disk of node 3"},
    refuses=(404, 409),
)
def edit_handoff(request: HttpRequest, handoff: Name, body: Wording) -> HandoffView:
    """Until it is accepted."""
    view: HandoffView = ask(caller(request), EditHandoff(handoff, body.notes, body.known_issues))
    return view


@operation(
    router,
    "POST",
    "/handoffs/{handoff}/offer",
    needs=Permission.RESPOND,
    summary="Hand over",
    takes=Offer,
    answers=HandoffView,
    example={"chat": True},
    refuses=(404, 409),
)
def offer_handoff(request: HttpRequest, handoff: Name, body: Offer) -> HandoffView:
    """Whoever comes is told."""
    view: HandoffView = ask(caller(request), OfferHandoff(handoff, body.chat))
    return view


@operation(
    router,
    "POST",
    "/handoffs/{handoff}/accept",
    needs=Permission.RESPOND,
    summary="Accept a handoff",
    answers=HandoffView,
    refuses=(404, 409),
)
def accept_handoff(request: HttpRequest, handoff: Name) -> HandoffView:
    """What the outgoing had acknowledged passes to the caller. A second time does no harm."""
    view: HandoffView = ask(caller(request), AcceptHandoff(handoff))
    return view
