"""What every page's frame needs: where one is, who one is, and the token of the live stream."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from tocsin.apps.people.reader import reader_of
from tocsin.control import live_updates

ROOMS = (  # the name of the address, the word, the icon
    ("now", "Now", "bell-ring"),
    ("incidents", "Incidents", "siren"),
    ("alerts", "Alerts", "list"),
    ("oncall", "On-call", "calendar-days"),
)
TOPICS = (live_updates.ALL_INCIDENTS, "configuration")
_INSIDE = {"incident": "incidents", "act": "incidents"}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Empty for pages before sign-in: their frame has no rooms."""
    reader = reader_of(request)
    if reader.account is None:
        return {}
    match = request.resolver_match
    here = match.url_name if match else ""
    topics: tuple[str, ...] = getattr(request, "live_topics", TOPICS)
    return {
        "reader": reader,
        "rooms": ROOMS,
        "room": _INSIDE.get(here or "", here),
        "live_token": live_updates.sign(settings.SECRET_KEY.encode(), topics, timezone.now()),
    }
