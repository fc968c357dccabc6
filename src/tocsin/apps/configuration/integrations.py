"""Integrations: who may send, where to, with which key, what they need to write on their side, and when they were heard."""

import secrets
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.asking import ask as ask_machine
from tocsin.apps.configuration import editing, heard, heartbeats, nouns
from tocsin.apps.configuration import forms as ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.configuration.sender_keys import HIDDEN, KEY_BYTES, elsewhere
from tocsin.apps.people.actions import record
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.apps.public_url import base_url
from tocsin.config.schema.kinds import Noun
from tocsin.control.client import NotAnswering
from tocsin.control.requests import Refused, SendSample
from tocsin.core.configuration import Configuration, Integration
from tocsin.core.roles import Permission
from tocsin.ingest.setups import filled, setups, url_of

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
            "labels": ask.as_pairs(noun.labels),
        }

    def clean_labels(self) -> str:
        return ask.checked_pairs(str(self.cleaned_data["labels"]))

    def noun(self, before: Any) -> dict[str, Any]:
        kept = before.get("key") if isinstance(before, dict) else None
        key = self.cleaned_data["secret"] or kept or secrets.token_urlsafe(KEY_BYTES)
        return {**super().noun(before), "key": key}

    def written(self) -> dict[str, Any]:
        said = self.cleaned_data
        return ask.given(type=said["type"], service=said["service"], labels=ask.pairs_of(said["labels"]))


PAGE = editing.Page(
    "integrations",
    IntegrationForm,
    "integration",
    "integrations",
    hint="An integration lets one sender in. Its key is made for you; what to write on the sender's side is shown next.",
)


@needs(Permission.READ)
@require_safe
def integrations(request: HttpRequest) -> HttpResponse:
    configuration = facts()
    origins, news = nouns.origins(["integrations"]), heard.standings(configuration, timezone.now())
    known, beats = setups(), heartbeats.standings(configuration)
    listed = [
        (each, _title(each), news.get(key), origins.get(("integrations", key), ""))
        for key, each in sorted(configuration.integrations.items())
    ]
    context = {
        "integrations": listed,
        "heartbeats": [
            (each, beats.get(key, heartbeats.Standing()))
            for key, each in sorted(configuration.heartbeats.items())
        ],
        "sources": [setup for name, setup in known.items() if name != "heartbeat"],
        "may_make": nouns.may_make(request, "integrations"),
        "may_make_heartbeats": nouns.may_make(request, "heartbeats"),
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
        "elsewhere": elsewhere(known.secret),
        "snippets": [(each.title, filled(each.text, base, shown, url)) for each in setup.snippets]
        if setup
        else [],
        "labels": known.labels,
        "heard": heard.standings(configuration, timezone.now()).get(key),
        "may_reveal": may and isinstance(known.secret, str),
        "may_change": may and not kept.from_git,
        "may_test": reader_of(request).grants.allow(Permission.RESPOND) and setup and setup.sample,
        "facts": configuration,
    }
    return render(request, "configuration/integration.html", context)


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
