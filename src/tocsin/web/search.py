"""One box for everything: incidents by number, title and label, alerts, people, teams, services, policies, schedules,
runbooks. What the reader may not see is not looked for."""

from collections.abc import Iterable
from urllib.parse import urlencode

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from tocsin.apps.alerts import queries as alerts
from tocsin.apps.alerts.labels_given import alert_number, labels_of
from tocsin.apps.configuration.queries import facts
from tocsin.apps.incidents import queries as incidents
from tocsin.apps.incidents.wording import as_row
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import reader_of
from tocsin.channels import plain
from tocsin.core.configuration import Configuration
from tocsin.core.roles import Permission

LONGEST = 300  # characters of a question
FEW = 8  # of each kind


class Hit(msgspec.Struct, frozen=True):
    """`address` is "" for what has no page of its own."""

    title: str
    says: str = ""
    address: str = ""


class Group(msgspec.Struct, frozen=True):
    word: str
    icon: str
    hits: list[Hit]


@needs(Permission.FOLLOW)
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    configuration, reader = facts(), reader_of(request)
    asked = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    may_read = reader.grants.allow(Permission.READ)
    number = alert_number(asked)
    known = incidents.by_number([number]) if number is not None else []
    found = incidents.search(incidents.Wanted(state="all", text=asked), FEW).items if asked else []
    shown = [*known, *(one for one in found if one.id != number)]
    context = {
        "asked": asked,
        "rows": [as_row(incident, configuration, reader.name) for incident in shown],
        "more_incidents": "?" + urlencode({"state": "all", "text": asked}) if len(found) == FEW else "",
        "alerts": alerts.search(alerts.Wanted(text=asked), FEW).items if asked and may_read else [],
        "more_alerts": "?" + urlencode({"status": "all", "text": asked}),
        "groups": of_configuration(asked, configuration) if asked and may_read else [],
        "explains": "?" + urlencode({"labels": asked}) if may_read and _are_labels(asked) else "",
        "may_read": may_read,
        "facts": configuration,
    }
    return render(request, "web/search.html", context)


def _are_labels(asked: str) -> bool:
    """Pasted labels are better explained than looked for."""
    if not any(sign in asked for sign in ("=", ":", "{")):
        return False
    try:
        return bool(labels_of(asked))
    except ValueError:
        return False


def of_configuration(asked: str, facts: Configuration) -> list[Group]:
    """What is called so, or mentions it; what begins with it comes first."""
    known = (
        (
            "People",
            "user",
            [Hit(p.name or k, f"{k} {p.email}", _page("person", k)) for k, p in facts.people.items()],
        ),
        (
            "Services",
            "box",
            [Hit(s.name or k, _line(k, s.team), _page("service", k)) for k, s in facts.services.items()],
        ),
        (
            "Teams",
            "users",
            [Hit(t.name or k, k, _page("team", k) or _page("teams")) for k, t in facts.teams.items()],
        ),
        (
            "Escalation policies",
            "route",
            [Hit(k, _line("", p.team), _page("policy", k)) for k, p in facts.policies.items()],
        ),
        (
            "Schedules",
            "calendar-days",
            [
                Hit(k, _line("", s.team), _page("schedule", k) or _page("oncall"))
                for k, s in facts.schedules.items()
            ],
        ),
        (
            "Runbooks",
            "book-open",
            [
                Hit(f"Runbook of {s.name or k}", s.runbook_url, plain.web_url(s.runbook_url))
                for k, s in facts.services.items()
                if s.runbook_url
            ],
        ),
        (
            "Integrations",
            "plug",
            [
                Hit(k, i.type, _page("integration", k) or _page("integrations"))
                for k, i in facts.integrations.items()
            ],
        ),
        ("Heartbeats", "heart-pulse", [Hit(k, "", _page("heartbeat", k)) for k in facts.heartbeats]),
    )
    groups = [Group(word, icon, _matching(asked, hits)) for word, icon, hits in known]
    return [group for group in groups if group.hits]


def _matching(asked: str, known: Iterable[Hit]) -> list[Hit]:
    words, begin = asked.casefold().split(), asked.casefold()
    hits = [hit for hit in known if all(word in f"{hit.title} {hit.says}".casefold() for word in words)]
    return sorted(hits, key=lambda hit: (not hit.title.casefold().startswith(begin), hit.title.casefold()))[
        :FEW
    ]


def _line(key: str, team: str | None) -> str:
    return ", ".join(part for part in (key, f"team {team}" if team else "") if part)


def _page(name: str, *arguments: str) -> str:
    """ "" while nothing has that name."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
