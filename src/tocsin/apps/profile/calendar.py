"""One's shifts as a calendar feed: an address that nobody guesses, shown once, and revoked by its owner."""

import hashlib

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.authority import needs, public
from tocsin.apps.people.reader import person_of, reader_of
from tocsin.apps.profile import actions
from tocsin.apps.profile.feed import calendar_of
from tocsin.apps.profile.models import CalendarFeed
from tocsin.apps.profile.views import account_of, house_url
from tocsin.core.roles import Permission

LONGEST_TOKEN = 100


@needs(Permission.OWN)
@never_cache
@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """The answer itself shows the address, this once: nothing else ever knows it."""
    reader = reader_of(request)
    if reader.person is None:
        messages.error(request, "Say first who you are in the configuration.")
        return redirect("profile")
    token = actions.make_feed(account_of(request), reader.name, timezone.now())
    address = house_url(request) + reverse("calendar-feed", args=(token,))
    webcal = "webcal://" + address.partition("://")[2]
    return render(request, "profile/calendar.html", {"address": address, "webcal": webcal})


@needs(Permission.OWN)
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    if actions.revoke_feed(account_of(request), reader_of(request).name, timezone.now()):
        messages.success(request, "The calendar's address is worth nothing any more.")
    return redirect("profile")


@public
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The token is the proof. Whoever's account is closed has no shifts to show."""
    found = (
        CalendarFeed.objects.select_related("account").filter(digest=actions.digest_of(token)).first()
        if len(token) <= LONGEST_TOKEN
        else None
    )
    configuration = facts()
    person = person_of(found.account, configuration) if found and found.account.is_active else None
    if found is None or person is None:
        raise Http404("There is no such calendar.")
    now = timezone.now()
    content = calendar_of(configuration, person, house_url(request), now)
    actions.note_read(found, now)
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if request.headers.get("If-None-Match", "") == tag:
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
        answer.headers["Content-Disposition"] = 'inline; filename="on-call.ics"'
    answer.headers["ETag"] = tag
    answer.headers["Cache-Control"] = "private, max-age=300"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
