"""Heartbeats: what must be heard from regularly, where it calls, what to write on its side, and how it stands."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.alerts.models import Heartbeat as Row
from tocsin.apps.configuration import editing, nouns
from tocsin.apps.configuration import forms as ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.configuration.sender_keys import HIDDEN, KEY_BYTES, elsewhere
from tocsin.apps.people.actions import record
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.apps.public_url import base_url
from tocsin.config.schema.kinds import Noun
from tocsin.core.configuration import Configuration, Heartbeat
from tocsin.core.detect.matchers import format_matcher, quote
from tocsin.core.instants import format_duration
from tocsin.core.roles import Permission
from tocsin.ingest.setups import filled, setups, url_of

SOURCE = "heartbeat"
JUST_MADE = "heartbeat_just_made"  # in the session: whose key is shown once more, right after it was made


class HeartbeatForm(ask.NounForm):
    kind = "heartbeats"
    covers = ("every", "grace", "matchers", "key", "labels")
    at: Mapping[str, str] = {"key": "secret"}
    title_field = "key"

    every = ask.text("Expected every", "For example 24h for a nightly job, 5m for a Watchdog.", required=True)
    grace = ask.text("Grace", "How much later than that is still in time, for example 30m. Empty: 1m.")
    labels = ask.lines(
        "Labels",
        "Of the alert when it is missed; routes tell by them whom to page. One a line, for example severity=critical.",
    )
    matchers = ask.lines(
        "Fed by alerts",
        'For a Watchdog: alerts that match all of these count as its pings. One a line, for example alertname="Watchdog".',
    )
    secret = ask.text(
        "Key",
        "Of its address. Empty: a new heartbeat that no alert feeds gets a good one, and one that has a key keeps it.",
        spellcheck="false",
    )

    @classmethod
    def initial_of(cls, noun: Noun) -> dict[str, Any]:
        return {
            "every": format_duration(noun.every),
            "grace": format_duration(noun.grace),
            "labels": ask.as_pairs(noun.labels),
            "matchers": "\n".join(format_matcher(matcher) for matcher in noun.matchers),
        }

    def clean_labels(self) -> str:
        return ask.checked_pairs(str(self.cleaned_data["labels"]))

    def noun(self, before: Any) -> dict[str, Any]:
        kept = before.get("key") if isinstance(before, dict) else None
        fed = bool(self.cleaned_data["matchers"].strip())
        made = None if fed else secrets.token_urlsafe(KEY_BYTES)
        return {**super().noun(before), **ask.given(key=self.cleaned_data["secret"] or kept or made)}

    def written(self) -> dict[str, Any]:
        said = self.cleaned_data
        return ask.given(
            every=said["every"].strip(),
            grace=said["grace"].strip(),
            matchers=ask.split_lines(said["matchers"]),
            labels=ask.pairs_of(said["labels"]),
        )


PAGE = editing.Page(
    "heartbeats",
    HeartbeatForm,
    "heartbeat",
    "integrations",
    hint="A heartbeat must be heard from regularly: a nightly job that calls an address when it has run, or a Watchdog"
    " alert. When it falls silent, that is an alert.",
)


class Standing(msgspec.Struct, frozen=True):
    """`last` None: never heard. `due_at`: without a ping until then it is missed; None where that is not known."""

    missed: bool = False
    last: datetime | None = None
    due_at: datetime | None = None

    @property
    def state(self) -> str:
        if self.missed:
            return "missed"
        return "in time" if self.last else "waiting"


def standings(configuration: Configuration) -> dict[str, Standing]:
    """By heartbeat. One query."""
    if not configuration.heartbeats:
        return {}
    rows = Row.objects.filter(key__in=list(configuration.heartbeats)).values_list(
        "key", "last_seen", "missed"
    )
    return {key: _standing(configuration.heartbeats[key], last, missed) for key, last, missed in rows}


def _standing(heartbeat: Heartbeat, last_seen: datetime, missed: bool) -> Standing:
    last = last_seen if last_seen.timestamp() > 0 else None
    due_at = last + heartbeat.every + heartbeat.grace if last and not missed else None
    return Standing(missed, last, due_at)


@needs(Permission.READ)
@never_cache
@require_safe
def heartbeat(request: HttpRequest, key: str) -> HttpResponse:
    just_made = request.session.pop(JUST_MADE, None) == key
    return _show(request, key, revealed=just_made)


@needs(Permission.MANAGE)
@never_cache
@require_POST
def reveal(request: HttpRequest, key: str) -> HttpResponse:
    """Show the key, to who may change it anyway; that it was shown is in the audit log."""
    configuration = facts()
    nouns.found(configuration, "heartbeats", key)
    if not nouns.may_change(request, configuration, "heartbeats", key):
        messages.error(request, "Only administrators see the key of a heartbeat.")
        return redirect("heartbeat", key)
    record(reader_of(request).name, "HeartbeatKeyShown", key, timezone.now())
    return _show(request, key, revealed=True)


def _show(request: HttpRequest, key: str, revealed: bool) -> HttpResponse:
    configuration = facts()
    kept = nouns.found(configuration, "heartbeats", key)
    known: Heartbeat = configuration.heartbeats.get(key) or kept.noun
    may = nouns.may_change(request, configuration, "heartbeats", key)
    shown = known.ping_key if revealed and may and isinstance(known.ping_key, str) else HIDDEN
    setup, base = setups()[SOURCE], base_url()
    url = url_of(setup, base, shown)
    texts = [(each.title, filled(each.text, base, shown, url)) for each in setup.snippets]
    context = {
        "heartbeat": known,
        "kept": kept,
        "called": known.ping_key is not None,
        "url": url,
        "shown": shown if shown != HIDDEN else "",
        "elsewhere": elsewhere(known.ping_key),
        "snippets": texts if known.ping_key is not None else [],
        "matchers": [format_matcher(matcher) for matcher in known.matchers],
        "labels": known.labels,
        "alert_labels": f"heartbeat={quote(key)}",
        "standing": standings(configuration).get(key, Standing()),
        "may_reveal": may and isinstance(known.ping_key, str),
        "may_change": may and not kept.from_git,
        "facts": configuration,
    }
    return render(request, "configuration/heartbeat.html", context)


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    answer = editing.make(request, PAGE, {"every": "24h", "grace": "30m"})
    if answer.status_code == 302:
        request.session[JUST_MADE] = request.POST.get("key", "").strip()
    return answer


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    return editing.change(request, PAGE, key)


@needs(Permission.MANAGE)
@require_POST
def remove(request: HttpRequest, key: str) -> HttpResponse:
    return editing.remove(request, PAGE, key)
