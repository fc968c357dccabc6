"""Subscribing this browser to pushes: it brings its push service's address and its keys; a code proves that they arrive."""

import os
import re
from functools import cache

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tocsin.apps.people.authority import needs
from tocsin.apps.profile.asking import told
from tocsin.apps.profile.whose import Nobody, whose
from tocsin.channels.registry import derived_options, house_options
from tocsin.channels.webpush.keys import public_text
from tocsin.control.requests import PutContactMethod
from tocsin.core.people import Person
from tocsin.core.roles import Permission

CHANNEL = "webpush"
_BROWSERS = (
    ("Edg", "edge"),
    ("OPR", "opera"),
    ("Firefox", "firefox"),
    ("Chrom", "chrome"),
    ("Safari", "safari"),
)
_DEVICES = (
    ("iPhone", "iphone"),
    ("iPad", "ipad"),
    ("Android", "android"),
    ("Windows", "windows"),
    ("Mac OS", "mac"),
    ("Linux", "linux"),
)


@cache
def house_key() -> str:
    """What a browser subscribes with; "" when the house's key is no key."""
    options = {
        **derived_options(CHANNEL, settings.SECRET_KEY.encode()),
        **house_options(CHANNEL, os.environ),
    }
    try:
        return public_text(options["key"])
    except ValueError:
        return ""


@needs(Permission.OWN)
@require_POST
def subscribe(request: HttpRequest) -> HttpResponse:
    """`static/web/push.js` posts what the browser answered."""
    try:
        of = whose(request, None)
    except Nobody:
        messages.error(request, "Say first who you are in the configuration.")
        return redirect("profile")
    endpoint = request.POST.get("endpoint", "")
    known = next((each for each in of.person.contact if each.address == endpoint), None)
    name = known.name if known else _name(of.person, request.headers.get("User-Agent", ""))
    keys = {"p256dh": request.POST.get("p256dh", ""), "auth": request.POST.get("auth", "")}
    saved = told(request, PutContactMethod(of.person.key, name, CHANNEL, endpoint, keys))
    return redirect(of.url("contact", name) if saved else "profile")


def _name(person: Person, agent: str) -> str:
    """`chrome android`, and with a number where there is one of that name."""
    words = [next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _DEVICES)]
    name = re.sub(r"[^a-z ]", "", " ".join(word for word in words if word)) or "browser"
    taken = {method.name for method in person.contact}
    numbered = (f"{name} {number}" for number in range(2, 100))
    return name if name not in taken else next(each for each in numbered if each not in taken)
