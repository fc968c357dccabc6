"""What a service's pages show beside the configuration: its incidents, and what stands around it."""

from collections.abc import Iterable

import msgspec
from django.db.models import Count

from tocsin.apps.incidents import models
from tocsin.apps.incidents.queries import OPEN
from tocsin.core.configuration import Configuration, Integration
from tocsin.core.respond.incident import Incident
from tocsin.core.severity import Severity

LATEST = 10
_incident = msgspec.json.Decoder(Incident).decode


class Open(msgspec.Struct, frozen=True):
    count: int = 0
    worst: str = ""


def open_by_service() -> dict[str, Open]:
    """How many are open, and how bad the worst is. What is open is few, however much there was."""
    counted: dict[str, Open] = {}
    rows = (
        models.Incident.objects.filter(state__in=OPEN, service__isnull=False)
        .values("service", "severity")
        .annotate(count=Count("id"))
    )
    for row in rows:
        service = str(row["service"])
        before = counted.get(service, Open())
        counted[service] = Open(before.count + row["count"], _worse(before.worst, row["severity"]))
    return counted


def latest_of(service: str) -> list[Incident]:
    """Open ones and the latest that ended, newest first."""
    rows = models.Incident.objects.filter(service=service).order_by("-id")
    return [_incident(document) for document in rows.values_list("document", flat=True)[:LATEST]]


def integrations_of(service: str, facts: Configuration) -> list[Integration]:
    return [each for each in facts.integrations.values() if each.service == service]


def depending_on(service: str, facts: Configuration) -> list[str]:
    return sorted(key for key, each in facts.services.items() if service in each.depends_on)


def _worse(one: str, other: str) -> str:
    known: Iterable[str] = [each for each in (one, other) if each in Severity.__members__]
    return min(known, default=one or other)  # SEV1 is the worst
