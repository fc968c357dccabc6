"""Shifts as calendar feeds: addresses that nobody guesses, each shown once, renewed and revoked by whoever made it."""

import hashlib
from collections import OrderedDict
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from tocsin.apps.configuration.queries import facts
from tocsin.apps.paging import LARGEST_ID
from tocsin.apps.people.authority import grants_for, needs, public
from tocsin.apps.people.reader import person_of, reader_of
from tocsin.apps.profile import actions
from tocsin.apps.profile.feed import PERSON, SCHEDULE, TEAM, Wish, calendar_of, exists, title_of
from tocsin.apps.profile.models import Feed
from tocsin.apps.profile.views import account_of, house_url
from tocsin.apps.way_back import back_of
from tocsin.core.configuration import Configuration
from tocsin.core.roles import Permission

LONGEST_TOKEN = 100
REMINDERS = {0: "None", 15: "15 minutes before", 60: "An hour before", 24 * 60: "A day before"}


@needs(Permission.OWN)
@never_cache
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """The answer itself shows the address, this once: nothing else ever knows it."""
    reader, configuration = reader_of(request), facts()
    kind = request.POST.get("kind", PERSON)
    if kind == PERSON and reader.person is None:
        messages.error(request, "Say first who you are in the configuration.")
        return redirect("profile")
    own = reader.person.key if reader.person else ""
    wanted = actions.WantedFeed(
        kind,
        own if kind == PERSON else request.POST.get("subject", ""),
        request.POST.get("layer", "") if kind == SCHEDULE else "",
        _reminder(request.POST.get("reminder", "")),
        kind != PERSON and request.POST.get("gaps", "") == "yes",
    )
    if kind not in (PERSON, SCHEDULE, TEAM) or not exists(configuration, wish_of(wanted)):
        raise Http404("There is no such person, schedule, layer or team.")
    if kind != PERSON and not reader.grants.allow(Permission.READ):
        raise Http404("There is no such schedule or team.")
    try:
        made, token = actions.make_feed(account_of(request), wanted, reader.name, timezone.now())
    except actions.TooMany:
        messages.error(request, f"{actions.MOST_FEEDS} addresses at most: revoke one on your profile first.")
        return redirect(back_of(request.POST.get("back", "")) or "profile")
    return _shown(request, configuration, made, token)


@needs(Permission.OWN)
@never_cache
@require_POST
def renew(request: HttpRequest, number: int) -> HttpResponse:
    found = _own(request, number)
    token = actions.renew_feed(found, reader_of(request).name, timezone.now())
    return _shown(request, facts(), found, token)


@needs(Permission.OWN)
@require_POST
def revoke(request: HttpRequest, number: int) -> HttpResponse:
    actions.revoke_feed(_own(request, number), reader_of(request).name, timezone.now())
    messages.success(request, "The calendar's address is worth nothing any more.")
    return redirect(back_of(request.POST.get("back", "")) or "profile")


def _own(request: HttpRequest, number: int) -> Feed:
    mine = Feed.objects.filter(account=account_of(request)).select_related("account")
    found = mine.filter(pk=number).first() if number <= LARGEST_ID else None
    if found is None:
        raise Http404("There is no such calendar.")
    return found


def _reminder(text: str) -> int:
    if text in ("", *map(str, REMINDERS)):
        return int(text or 0)
    raise BadRequest("reminder: expected " + ", ".join(map(str, REMINDERS)))


def _shown(request: HttpRequest, configuration: Configuration, feed: Feed, token: str) -> HttpResponse:
    address = house_url(request) + reverse("calendar-feed", args=(token,))
    wish = wish_of(feed)
    context = {
        "address": address,
        "webcal": "webcal://" + address.partition("://")[2],
        "title": title_of(configuration, wish) if exists(configuration, wish) else "Calendar",
        "feed": feed,
    }
    return render(request, "profile/calendar.html", context)


def wish_of(feed: Feed | actions.WantedFeed) -> Wish:
    """What it holds; the shifts of whoever the account is by now, where it names nobody."""
    subject = feed.subject
    if not subject and isinstance(feed, Feed):
        person = person_of(feed.account, facts())
        subject = person.key if person else ""
    return Wish(feed.kind, subject, feed.layer, feed.reminder, feed.gaps)


@public
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The token is the proof. Whoever's account is closed, or is another person by now, has no shifts to show."""
    found = (
        Feed.objects.select_related("account").filter(digest=actions.digest_of(token)).first()
        if len(token) <= LONGEST_TOKEN
        else None
    )
    configuration = facts()
    wish = wish_of(found) if found is not None else Wish("", "")
    if found is None or not found.account.is_active or not _still(found, wish, configuration):
        raise Http404("There is no such calendar.")
    now = timezone.now()
    content = _drawn(found, wish, configuration, house_url(request), now)
    actions.note_read(found, now)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if tag in request.headers.get("If-None-Match", ""):
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
        answer.headers["Content-Disposition"] = 'inline; filename="on-call.ics"'
    answer.headers["ETag"] = tag
    answer.headers["Cache-Control"] = "private, max-age=300"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


# Calendars ask again and again: by feed's digest and wish, what was drawn at a revision in an hour.
_known: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
MOST_KNOWN = 64


def _drawn(feed: Feed, wish: Wish, configuration: Configuration, house: str, now: datetime) -> bytes:
    hour = now.replace(minute=0, second=0, microsecond=0)
    key = (feed.digest, wish, configuration.revision, hour, house)
    content = _known.get(key)
    if content is None:
        content = _known[key] = calendar_of(configuration, wish, house, hour)
        while len(_known) > MOST_KNOWN:
            _known.popitem(last=False)
    return content


def _still(found: Feed, wish: Wish, configuration: Configuration) -> bool:
    if not exists(configuration, wish):
        return False
    person = person_of(found.account, configuration)
    if wish.kind != PERSON:
        return grants_for(found.account, person, configuration).allow(Permission.READ)
    return person is not None and person.key == wish.subject
