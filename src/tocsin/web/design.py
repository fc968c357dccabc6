"""The page that shows every component once, for whoever builds the next screen. Administrators only."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tocsin.apps.people.authority import needs
from tocsin.apps.people.forms import SignIn
from tocsin.core.respond.incident import State
from tocsin.core.roles import Permission
from tocsin.core.severity import Severity
from tocsin.web.marks import STATE_ICONS
from tocsin.web.rooms import Link, Place

WAY = (
    {"when": "now", "what": "Push to Alice", "detail": "her phone"},
    {"when": "+1 min", "what": "Text to Alice", "detail": "if she has not acknowledged", "tone": "held"},
    {"when": "+10 min", "what": "Bob", "detail": "secondary of platform"},
    {"when": "+20 min", "what": "Last resort: Carol", "detail": "and again every 15 min", "tone": "last"},
)
TABS = tuple(
    Link(Place("", word), "#tabs", current)
    for word, current in (("Here", True), ("There", False), ("Elsewhere", False))
)
SNIPPET = """receivers:
  - name: tocsin
    webhook_configs:
      - url: https://tocsin.example/in/alertmanager/KEY
"""
COLOURS = ("ground", "card", "raised", "line", "ink", "quiet", "accent", "good", "warn", "bad")


@needs(Permission.ADMINISTER)
@require_safe
def design(request: HttpRequest) -> HttpResponse:
    form, wrong = SignIn(), SignIn({"email": "", "password": "x"}, auto_id="wrong_%s")
    for each in (form, wrong):
        each.fields["email"].widget.attrs.pop("autofocus", None)  # it would pull the page down to it
    wrong.is_valid()
    now = timezone.now()
    context = {
        "severities": [each.value for each in Severity],
        "states": [each.value for each in State],
        "other_states": [name for name in STATE_ICONS if name not in State.__members__.values()],
        "colours": COLOURS,
        "hues": range(8),
        "form": form,
        "wrong": wrong,
        "way": WAY,
        "tabs_shown": TABS,
        "snippet": SNIPPET,
        "instants": (now, now - timedelta(minutes=12), now - timedelta(days=3), now + timedelta(hours=5)),
    }
    return render(request, "web/design.html", context)
