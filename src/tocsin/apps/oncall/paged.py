"""What people received, counted in the database by person, minute and urgency: a year of pages is a few thousand rows."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import BigIntegerField, Count
from django.db.models.functions import Cast

from tocsin.apps.incidents.models import Incident, Page
from tocsin.core.instants import instant, micros
from tocsin.core.oncall.paged import Paged
from tocsin.core.severity import Urgency

MINUTE = 60_000_000  # microseconds


def received(people: Sequence[str], since: datetime, until: datetime) -> list[Paged]:
    """As the engine's `pages.received`: without tests, in [since, until)."""
    counted = (
        Page.objects.filter(
            person__in=people,
            begun_at__gte=micros(since),
            begun_at__lt=micros(until),
        )
        .exclude(incident_id__in=Incident.objects.filter(test=True).values("id"))
        .annotate(minute=Cast("begun_at", BigIntegerField()) / MINUTE)
        .values_list("person", "minute", "urgency")
        .annotate(count=Count("*"))
        .order_by()
    )
    return [
        Paged(person, instant(minute * MINUTE), Urgency(urgency), count)
        for person, minute, urgency, count in counted
    ]
