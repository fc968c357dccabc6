"""Tocsin as an installed app: its manifest, its service worker, and the page that is shown when there is no network."""

import json

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from tocsin.apps.people.authority import public
from tocsin.web.static_files import content_of

ICONS = (  # as scripts/draw_icons.py cuts them from one drawing
    ("web/icon-192.png", "192x192", "any"),
    ("web/icon-512.png", "512x512", "any"),
    ("web/icon-maskable-512.png", "512x512", "maskable"),
    ("web/icon-badge-96.png", "96x96", "monochrome"),
)
BADGE, SHOWN = "web/icon-badge-96.png", "web/icon-192.png"
NEEDED_OFFLINE = ("web/house.css", "web/icon.svg")


@public
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    icons: list[dict[str, str]] = [
        {"src": _static("web/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
    ]
    icons += [
        {"src": _static(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
        for name, sizes, purpose in ICONS
    ]
    said = {
        "id": "/",
        "name": "Tocsin",
        "short_name": "Tocsin",
        "description": "Incidents and on-call",
        "start_url": reverse("now"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#171c22",
        "theme_color": "#1c4f94",
        "icons": icons,
        "shortcuts": [
            {"name": "Incidents", "url": reverse("incidents")},
            {"name": "Who is on call", "url": reverse("oncall")},
        ],
    }
    answer = HttpResponse(json.dumps(said), content_type="application/manifest+json")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@public
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """At the root, so that all of the house is in its reach. What it needs to know of this version stands before it."""
    house = {
        "offline": reverse("offline"),
        "needed": [_static(name) for name in NEEDED_OFFLINE],
        "icon": _static(SHOWN),
        "badge": _static(BADGE),
    }
    code = b"const HOUSE = " + json.dumps(house).encode() + b";\n" + content_of("web/sw.js")
    answer = HttpResponse(code, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Service-Worker-Allowed"] = "/"
    return answer


@public
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Kept by the service worker, so it names nobody and holds nothing that changes."""
    return render(request, "web/offline.html")


def _static(name: str) -> str:
    return str(staticfiles_storage.url(name))
