"""Handoffs on screen: those there are, and one to look through, add to, hand over or accept."""

from collections.abc import Callable

import icalendar
import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from tocsin.apps.alerts.operational import said_of
from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.apps.public_url import base_url
from tocsin.control.client import NotAnswering
from tocsin.control.requests import (
    AcceptHandoff,
    EditHandoff,
    HandoffView,
    ListHandoffs,
    OfferHandoff,
    Refused,
    ShowHandoff,
    WriteHandoff,
)
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.handoff import words
from tocsin.core.oncall.handoff.handoff import LONGEST_ISSUES, LONGEST_NOTES, Handoff, HandoffState
from tocsin.core.roles import Permission

A_PAGE = 30


class Row(msgspec.Struct, frozen=True):
    """`yours` says what the reader is to do about it; "" for nothing."""

    handoff: Handoff
    yours: str


@needs(Permission.READ)
@require_safe
def handoffs(request: HttpRequest) -> HttpResponse:
    given = {
        name: request.GET.get(name, "").replace("\0", "")[:200] for name in ("text", "schedule", "before")
    }
    configuration, reader = facts(), reader_of(request)
    refused: Refused | None = None
    found: list[Handoff] = []
    wanted = ListHandoffs(
        schedule=given["schedule"] or None,
        text=given["text"],
        before=given["before"] or None,
        limit=A_PAGE + 1,
    )
    try:
        found = ask(request, wanted)
    except (Refused, NotAnswering) as error:
        refused = _as_refused(error)
    context = {
        "rows": [
            Row(each, _yours(each, reader.person.key if reader.person else "")) for each in found[:A_PAGE]
        ],
        "older": found[A_PAGE - 1].id if len(found) > A_PAGE else "",
        "given": given,
        "schedules": _handed_over(configuration),
        "may_respond": reader.grants.allow(Permission.RESPOND),
        "refused": refused,
        "facts": configuration,
    }
    return render(request, "oncall/handoffs.html", context, status=400 if refused else 200)


@needs(Permission.READ)
@require_safe
def handoff(request: HttpRequest, handoff_id: str) -> HttpResponse:
    return _page(request, handoff_id)


def _page(request: HttpRequest, handoff_id: str, refused: Refused | None = None) -> HttpResponse:
    reader = reader_of(request)
    person = reader.person.key if reader.person else ""
    view = _shown(request, handoff_id)
    one = view.handoff
    context = {
        "handoff": one,
        "report": one.report,
        "text": view.text,
        "title": words.title(one),
        "yours": _yours(one, person),
        "given": request.POST,
        "may_respond": reader.grants.allow(Permission.RESPOND),
        "may_accept": one.state is not HandoffState.ACCEPTED
        and (person in one.incoming or person not in one.outgoing),
        "has_chat": bool((team := facts().teams.get(one.team or "")) and team.chat),
        "longest": {"notes": LONGEST_NOTES, "known_issues": LONGEST_ISSUES},
        "refused": refused,
        "facts": facts(),
    }
    return render(request, "oncall/handoff.html", context, status=400 if refused else 200)


@needs(Permission.RESPOND)
@require_POST
def write(request: HttpRequest) -> HttpResponse:
    """A draft now already."""
    try:
        view: HandoffView = ask(request, WriteHandoff(request.POST.get("schedule", "")[:200]))
    except (Refused, NotAnswering) as error:
        messages.error(request, _as_refused(error).message)
        return redirect("handoffs")
    return redirect("handoff", view.handoff.id)


@needs(Permission.RESPOND)
@require_POST
def edit(request: HttpRequest, handoff_id: str) -> HttpResponse:
    """Saves the words; with `do` offer they are handed over at once."""

    def asked() -> None:
        notes, issues = (
            request.POST.get(name, "").replace("\r\n", "\n") for name in ("notes", "known_issues")
        )
        _without_nul(notes, "notes")
        _without_nul(issues, "known_issues")
        ask(request, EditHandoff(handoff_id, notes, issues))
        if request.POST.get("do") == "offer":
            ask(request, OfferHandoff(handoff_id, chat=request.POST.get("chat") == "on"))

    offers = request.POST.get("do") == "offer"
    done = "Handed over: they are told, and accept it." if offers else "Saved."
    return _act(request, handoff_id, asked, done)


@needs(Permission.RESPOND)
@require_POST
def accept(request: HttpRequest, handoff_id: str) -> HttpResponse:
    passed_on: list[int] = []

    def asked() -> None:
        view: HandoffView = ask(request, AcceptHandoff(handoff_id))
        passed_on.extend(view.passed_on)

    def done() -> str:
        went = ", ".join(map(str, passed_on))
        return f"Accepted. You have now: incident {went}." if passed_on else "Accepted."

    return _act(request, handoff_id, asked, done)


@needs(Permission.READ)
@require_safe
def call(request: HttpRequest, handoff_id: str) -> HttpResponse:
    """An invitation to talk for a quarter of an hour at the turnover (RFC 5545)."""
    one = _shown(request, handoff_id).handoff
    starts_at, ends_at = words.invitation_times(one)
    event = icalendar.Event()
    event.add("uid", f"{one.id}@tocsin")
    event.add("dtstamp", timezone.now())
    event.add("dtstart", starts_at)
    event.add("dtend", ends_at)
    event.add("summary", words.title(one))
    event.add("url", f"{base_url()}{request.path.removesuffix('/call.ics')}")
    people = facts().people
    for key in (*one.outgoing, *one.incoming):
        known = people.get(key)
        if known is not None and known.email:
            attendee = icalendar.vCalAddress(f"mailto:{known.email}")
            attendee.params["cn"] = icalendar.vText(known.name)
            event.add("attendee", attendee, encode=False)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Tocsin//Handoff//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    return HttpResponse(
        calendar.to_ical(),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="handoff.ics"'},
    )


def _act(
    request: HttpRequest, handoff_id: str, asked: Callable[[], None], done: str | Callable[[], str]
) -> HttpResponse:
    try:
        asked()
    except (Refused, NotAnswering) as error:
        return _page(request, handoff_id, _as_refused(error))
    messages.success(request, done if isinstance(done, str) else done())
    return redirect("handoff", handoff_id)


def _shown(request: HttpRequest, handoff_id: str) -> HandoffView:
    """Raises Http404."""
    try:
        view: HandoffView = ask(request, ShowHandoff(handoff_id[:200]))
    except Refused as refused:
        raise Http404(refused.message) from None
    return view


def _yours(one: Handoff, person: str) -> str:
    if one.state is HandoffState.DRAFT and person in one.outgoing:
        return "look through it and hand over"
    if one.state is HandoffState.OFFERED and person in one.incoming:
        return "read it and accept"
    return ""


def _handed_over(configuration: Configuration) -> list[str]:
    return sorted(key for key, each in configuration.schedules.items() if each.secondary_of is None)


def _as_refused(error: Refused | NotAnswering) -> Refused:
    return error if isinstance(error, Refused) else Refused("", said_of(error))


def _without_nul(text: str, field: str) -> None:
    if "\0" in text:
        raise Refused("invalid", "a text may not hold NUL characters", field)
