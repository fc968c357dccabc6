"""The forms that offer a shift, and that ask for cover. Everything works without scripts; times are the reader's own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from tocsin.apps.alerts.ends import as_input, wall_time
from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall.timeline import exact, written
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import Reader, reader_of
from tocsin.control.client import NotAnswering
from tocsin.control.requests import AskCover, OfferSwap, PartWanted, Refused, SwapView
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.seats import Seat, seats
from tocsin.core.oncall.swap import Part
from tocsin.core.oncall.swap_proposals import Proposal, proposals
from tocsin.core.oncall.swaps import candidates
from tocsin.core.roles import Permission

AHEAD = timedelta(days=56)
A_DAY = timedelta(hours=24)
LONGEST_COMMENT = 500
MOST_ASKED = 100
MOST_BACK = 40
FIELDS = ("schedule", "person", "starts_at", "ends_at", "back", "expires_at", "comment", "unreachable")


class Choice(msgspec.Struct, frozen=True):
    """A shift to choose. `value` is what the form or the address says of it, `label` what people read."""

    seat: Seat
    value: str
    label: str = ""


class Asked(msgspec.Struct, frozen=True):
    """Somebody who may be asked; `ticked` as the form came back."""

    proposal: Proposal
    ticked: bool


@needs(Permission.RESPOND)
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest) -> HttpResponse:
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    draft, ticked = _draft(request, reader), request.POST.getlist("ask")[:MOST_ASKED]
    refused: Refused | None = None
    if request.method == "POST":
        try:
            made: SwapView = ask(request, _swap_in(draft, ticked, reader.zone))
        except Refused as error:
            refused = error
        except NotAnswering as silent:
            refused = Refused("", f"Perhaps not done: {silent}. Look at the swaps before you try again.")
        else:
            messages.success(request, f"Offered. {made.said}")
            return redirect("swap", made.id)
    part = _part(draft, configuration, reader.zone)
    context = {
        "draft": draft,
        "part": part,
        "own": reader.person is not None and draft["person"] == reader.person.key,
        "choices": _choices(configuration, draft["person"], now) if part is None else [],
        "asked": _asked(configuration, part, draft["person"], ticked) if part is not None else [],
        "back": _in_return(configuration, part, draft["person"], reader.zone, now)
        if part is not None
        else [],
        "refused": refused,
        "zone": reader.zone.key,
        "facts": configuration,
    }
    return render(request, "oncall/offer_swap.html", context, status=400 if refused else 200)


@needs(Permission.RESPOND)
@require_http_methods(["GET", "HEAD", "POST"])
def cover(request: HttpRequest) -> HttpResponse:
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    draft = _draft(request, reader)
    refused: Refused | None = None
    if request.method == "POST":
        try:
            made: SwapView = ask(request, _cover_in(draft, reader.zone))
        except Refused as error:
            refused = error
        except NotAnswering as silent:
            refused = Refused("", f"Perhaps not done: {silent}. Look at the swaps before you try again.")
        else:
            messages.success(request, f"The team knows. {made.said}")
            return redirect("swap", made.id)
    elif not draft["schedule"]:
        _fill_in(draft, _soon(configuration, draft["person"], now), reader.zone, now)
    part = _part(draft, configuration, reader.zone)
    context = {
        "draft": draft,
        "part": part,
        "own": reader.person is not None and draft["person"] == reader.person.key,
        "asked": candidates(configuration, draft["schedule"], draft["person"])[:MOST_ASKED],
        "later": [] if part is not None else _choices(configuration, draft["person"], now),
        "refused": refused,
        "zone": reader.zone.key,
        "facts": configuration,
    }
    return render(request, "oncall/ask_cover.html", context, status=400 if refused else 200)


# --- what the form says ----------------------------------------------------------------------------------------------


def _draft(request: HttpRequest, reader: Reader) -> dict[str, str]:
    """As it was typed, or as the address has it: then its instants become the reader's wall time."""
    posted = request.method == "POST"
    given = request.POST if posted else request.GET
    draft = {name: given.get(name, "").replace("\0", "").strip()[:LONGEST_COMMENT] for name in FIELDS}
    if not draft["person"] and reader.person is not None:
        draft["person"] = reader.person.key
    for name in () if posted else ("starts_at", "ends_at"):
        at = _instant(draft[name])
        draft[name] = as_input(at, reader.zone) if at is not None else ""
    return draft


def _instant(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None and 2000 < at.year < 3000 else None


def _part(draft: Mapping[str, str], facts: Configuration, zone: ZoneInfo) -> Part | None:
    """None until it says which shift."""
    if draft["schedule"] not in facts.schedules:
        return None
    try:
        begin, end = (wall_time(draft[name], zone, name) for name in ("starts_at", "ends_at"))
    except Refused:
        return None
    return Part(draft["schedule"], begin, end) if timedelta(0) < end - begin <= timedelta(days=92) else None


def _swap_in(draft: Mapping[str, str], ticked: list[str], zone: ZoneInfo) -> OfferSwap:
    """Raises Refused, naming the field."""
    _chosen(draft)
    back, asked = None, tuple(ticked)
    if draft["back"]:
        person, back = _back_in(draft["back"])
        if asked and asked != (person,):
            raise Refused("invalid", f"that shift in return is {person}'s: ask nobody else", "ask")
        asked = (person,)
    expires = draft["expires_at"]
    return OfferSwap(
        person=draft["person"],
        schedule=draft["schedule"],
        starts_at=wall_time(draft["starts_at"], zone, "starts_at"),
        ends_at=wall_time(draft["ends_at"], zone, "ends_at"),
        ask=asked,
        back=back,
        expires_at=wall_time(expires, zone, "expires_at") if expires else None,
        comment=draft["comment"],
    )


def _cover_in(draft: Mapping[str, str], zone: ZoneInfo) -> AskCover:
    """Raises Refused, naming the field."""
    _chosen(draft)
    return AskCover(
        person=draft["person"],
        schedule=draft["schedule"],
        starts_at=wall_time(draft["starts_at"], zone, "starts_at"),
        ends_at=wall_time(draft["ends_at"], zone, "ends_at"),
        unreachable=draft["unreachable"] == "yes",
        comment=draft["comment"],
    )


def _chosen(draft: Mapping[str, str]) -> None:
    for name in ("schedule", "person"):
        if not draft[name]:
            raise Refused("invalid", f"Choose the {name}.", name)
        if len(draft[name]) > 64:
            raise Refused("invalid", f"there is no {name} of that name", name)


def _back_in(text: str) -> tuple[str, PartWanted]:
    person, _, rest = text.partition("~")
    schedule, _, rest = rest.partition("~")
    begin, end = (_instant(each) for each in (rest.partition("~")[0], rest.partition("~")[2]))
    if not person or len(person) > 64 or not schedule or len(schedule) > 64 or begin is None or end is None:
        raise Refused("invalid", "Choose a shift of the list.", "back")
    return person, PartWanted(schedule, begin, end)


# --- what it offers to choose ----------------------------------------------------------------------------------------


def _choices(facts: Configuration, person: str, now: datetime) -> list[Choice]:
    """Somebody's shifts of the next eight weeks, the next first; what they lead to is the form with that shift in it."""
    if person not in facts.people:
        return []
    found = seats(facts.schedules, sorted(facts.schedules), now, now + AHEAD, facts.overrides)
    mine = sorted((seat for seat in found if seat.person == person), key=lambda s: (s.starts_at, s.schedule))
    return [Choice(seat, _query(seat, person)) for seat in mine]


def _query(seat: Seat, person: str) -> str:
    said = {"schedule": seat.schedule, "person": person}
    return urlencode({**said, "starts_at": written(seat.starts_at), "ends_at": written(seat.ends_at)})


def _soon(facts: Configuration, person: str, now: datetime) -> Seat | None:
    """The shift that runs, or begins within a day."""
    found = [choice.seat for choice in _choices(facts, person, now)]
    return found[0] if found and found[0].starts_at < now + A_DAY else None


def _fill_in(draft: dict[str, str], seat: Seat | None, zone: ZoneInfo, now: datetime) -> None:
    if seat is None:
        return
    begin = max(seat.starts_at, now)
    draft["schedule"] = seat.schedule
    draft["starts_at"] = as_input(begin, zone)
    draft["ends_at"] = as_input(min(seat.ends_at, begin + A_DAY), zone)


def _asked(facts: Configuration, part: Part, person: str, ticked: list[str]) -> list[Asked]:
    return [Asked(each, each.person in ticked) for each in proposals(facts, part, person)[:MOST_ASKED]]


def _in_return(facts: Configuration, part: Part, person: str, zone: ZoneInfo, now: datetime) -> list[Choice]:
    """Shifts of the others on that schedule that could be wanted for it, the next first."""
    others = set(candidates(facts, part.schedule, person))
    found = seats(facts.schedules, [part.schedule], now, now + AHEAD, facts.overrides)
    wanted = [
        seat
        for seat in found
        if seat.person in others and (seat.ends_at <= part.starts_at or part.ends_at <= seat.starts_at)
    ]
    return [
        Choice(
            s,
            f"{s.person}~{s.schedule}~{written(s.starts_at)}~{written(s.ends_at)}",
            f"{facts.people[s.person].name}: {exact(s.starts_at, zone)} to {exact(s.ends_at, zone)}",
        )
        for s in sorted(wanted, key=lambda seat: (seat.starts_at, seat.person))[:MOST_BACK]
    ]
