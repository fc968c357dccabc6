"""Integrations: who may send, where to, with which key, what they need to write on their side, and when they were heard."""

import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.asking import ask as ask_machine
from tocsin.apps.configuration import editing, nouns
from tocsin.apps.configuration import forms as ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.inbox.models import Request
from tocsin.apps.people.actions import record
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.apps.public_url import base_url
from tocsin.config.schema.kinds import Noun
from tocsin.control.client import NotAnswering
from tocsin.control.requests import Refused, SendSample
from tocsin.core.configuration import Configuration, Integration
from tocsin.core.people import Secret
from tocsin.core.roles import Permission
from tocsin.ingest.setups import filled, setups, url_of

LOOKED_AT = 1000  # requests, the latest of all senders; so the page costs the same however much came before
KEY_BYTES = 24
HIDDEN = "YOUR-KEY"
JUST_MADE = "integration_just_made"  # in the session: whose key is shown once more, right after it was made


class IntegrationForm(ask.NounForm):
    kind = "integrations"
    covers = ("type", "key", "service", "labels")
    at = {"key": "secret"}
    title_field = "key"

    type = ask.choice("What sends", required=True)
    service = ask.choice(
        "Service",
        "What its alerts are about, where they do not say. A team's managers need one of theirs here.",
    )
    labels = ask.lines(
        "Labels", "Added where an alert does not have them: one a line, for example cluster=eu-1."
    )
    secret = ask.text(
        "Key",
        "Empty: a new integration gets a good one, and one that has a key keeps it.",
        spellcheck="false",
    )

    def ask_about(self, facts: Configuration) -> None:
        types = [(name, setup.title) for name, setup in setups().items() if name != "heartbeat"]
        ask.choose_one(self.fields["type"], types)
        ask.choose_one(self.fields["service"], ask.or_none(ask.named(facts.services), "Not said here"))

    @classmethod
    def initial_of(cls, noun: Noun) -> dict[str, Any]:
        return {
            "type": noun.type,
            "service": noun.service,
            "labels": "\n".join(f"{name}={value}" for name, value in noun.labels.items()),
        }

    def clean_labels(self) -> str:
        said = str(self.cleaned_data["labels"])
        for line in ask.split_lines(said):
            if not line.partition("=")[0].strip() or "=" not in line:
                raise forms.ValidationError(f"Expected name=value, found {line[:80]!r}.")
        return said

    def noun(self, before: Any) -> dict[str, Any]:
        kept = before.get("key") if isinstance(before, dict) else None
        key = self.cleaned_data["secret"] or kept or secrets.token_urlsafe(KEY_BYTES)
        return {**super().noun(before), "key": key}

    def written(self) -> dict[str, Any]:
        said = self.cleaned_data
        pairs = [line.partition("=") for line in ask.split_lines(said["labels"])]
        labels = {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
        return ask.given(type=said["type"], service=said["service"], labels=labels)


PAGE = editing.Page(
    "integrations",
    IntegrationForm,
    "integration",
    "integrations",
    hint="An integration lets one sender in. Its key is made for you; what to write on the sender's side is shown next.",
)


class Heard(msgspec.Struct):
    """Of one sender, among the latest requests."""

    last: datetime
    count: int = 0
    within_a_day: int = 0


def heard(now: datetime) -> dict[str, Heard]:
    """By integration. Only what changed something is kept as a request: what repeats itself is not."""
    found: dict[str, Heard] = {}
    latest = Request.objects.order_by("-id").values_list("integration", "received_at")[:LOOKED_AT]
    for integration, received_at in latest:
        each = found.setdefault(integration, Heard(received_at))
        each.count += 1
        each.within_a_day += received_at > now - timedelta(days=1)
    return found


@needs(Permission.READ)
@require_safe
def integrations(request: HttpRequest) -> HttpResponse:
    configuration = facts()
    origins, news = nouns.origins(["integrations"]), heard(timezone.now())
    known = setups()
    listed = [
        (each, _title(each), news.get(key), origins.get(("integrations", key), ""))
        for key, each in sorted(configuration.integrations.items())
    ]
    context = {
        "integrations": listed,
        "heartbeats": [(each, news.get(key)) for key, each in sorted(configuration.heartbeats.items())],
        "sources": [setup for name, setup in known.items() if name != "heartbeat"],
        "may_make": nouns.may_make(request, "integrations"),
        "looked_at": LOOKED_AT,
    }
    return render(request, "configuration/integrations.html", context)


def _title(integration: Integration) -> str:
    setup = setups().get(integration.type)
    return setup.title if setup else integration.type


@needs(Permission.READ)
@never_cache
@require_safe
def integration(request: HttpRequest, key: str) -> HttpResponse:
    just_made = request.session.pop(JUST_MADE, None) == key
    return _show(request, key, revealed=just_made)


@needs(Permission.MANAGE)
@never_cache
@require_POST
def reveal(request: HttpRequest, key: str) -> HttpResponse:
    """Show the key, to who may change it anyway; that it was shown is in the audit log."""
    configuration = facts()
    nouns.found(configuration, "integrations", key)
    if not nouns.may_change(request, configuration, "integrations", key):
        messages.error(request, "This integration belongs to a team that you do not manage.")
        return redirect("integration", key)
    record(reader_of(request).name, "IntegrationKeyShown", key, timezone.now())
    return _show(request, key, revealed=True)


def _show(request: HttpRequest, key: str, revealed: bool) -> HttpResponse:
    configuration = facts()
    kept = nouns.found(configuration, "integrations", key)
    known: Integration = configuration.integrations.get(key) or kept.noun
    may = nouns.may_change(request, configuration, "integrations", key)
    shown = known.secret if revealed and may and isinstance(known.secret, str) else HIDDEN
    setup, base = setups().get(known.type), base_url()
    url = url_of(setup, base, shown) if setup else ""
    context = {
        "integration": known,
        "kept": kept,
        "setup": setup,
        "title": _title(known),
        "url": url,
        "shown": shown if shown != HIDDEN else "",
        "elsewhere": _elsewhere(known.secret),
        "snippets": [(each.title, filled(each.text, base, shown, url)) for each in setup.snippets]
        if setup
        else [],
        "labels": known.labels,
        "heard": heard(timezone.now()).get(key),
        "looked_at": LOOKED_AT,
        "may_reveal": may and isinstance(known.secret, str),
        "may_change": may and not kept.from_git,
        "may_test": reader_of(request).grants.allow(Permission.RESPOND) and setup and setup.sample,
        "facts": configuration,
    }
    return render(request, "configuration/integration.html", context)


def _elsewhere(secret: str | Secret) -> str:
    """Where a key lies that Tocsin itself does not keep."""
    if isinstance(secret, Secret) and secret.env:
        return f"in the environment variable {secret.env} of the server"
    if isinstance(secret, Secret) and secret.file:
        return f"in the file {secret.file} of the server"
    return ""


@needs(Permission.RESPOND)
@require_POST
def test(request: HttpRequest, key: str) -> HttpResponse:
    """Send its sample. It takes the real way, so it pages whoever is on call for it."""
    try:
        accepted = ask_machine(request, SendSample(key))
    except Refused as refused:
        messages.error(request, f"Not sent: {refused}.")
    except NotAnswering as silent:
        messages.error(request, f"Perhaps not sent: {silent}.")
    else:
        messages.success(request, f"{accepted.said} What became of it stands under Alerts.")
    return redirect("integration", key) if key in facts().integrations else redirect("integrations")


@needs(Permission.MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    answer = editing.make(request, PAGE, {"type": "alertmanager"})
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
