"""What people read about alerts: each with its labels and why it paged or did not."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from tocsin.apps.alerts.models import AlertState
from tocsin.control.requests import AlertView
from tocsin.control.showing import why

STATUSES = ("firing", "source_silent", "resolved")
A_SCREENFUL = 50

_strings = msgspec.json.Decoder(dict[str, str]).decode


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A filter as it stands in the address of the page. `status`: active, resolved or all."""

    status: str = "active"
    reason: str = ""
    before: int | None = None

    @property
    def statuses(self) -> tuple[str, ...]:
        return {"active": ("firing", "source_silent"), "resolved": ("resolved",)}.get(self.status, ())


class Found(NamedTuple):
    alerts: list[AlertView]
    older: int | None  # where the next page begins; None at the end


def search(wanted: Wanted, limit: int = A_SCREENFUL) -> Found:
    """The newest first, by when they were first seen."""
    rows = AlertState.objects.select_related("alert").order_by("-alert_id")
    if wanted.status == "active":
        rows = rows.exclude(status="resolved")  # as the index of active alerts says it
    elif wanted.statuses:
        rows = rows.filter(status__in=wanted.statuses)
    if wanted.reason:
        rows = rows.filter(reason=wanted.reason)
    if wanted.before is not None:
        rows = rows.filter(alert_id__lt=wanted.before)
    alerts = _views(rows[: limit + 1])
    return Found(alerts[:limit], alerts[limit - 1].id if len(alerts) > limit else None)


def alerts_of_incident(incident_id: int, limit: int) -> list[AlertView]:
    """The newest first."""
    return _views(
        AlertState.objects.select_related("alert")
        .filter(incident_id=incident_id)
        .order_by("-alert_id")[:limit]
    )


def _views(rows: Iterable[AlertState]) -> list[AlertView]:
    return [
        AlertView(
            id=row.alert_id,
            labels=_strings(row.alert.labels),
            annotations=_strings(row.annotations) if row.annotations else {},
            status=row.status,
            reason=row.reason,
            why=why(row.reason, row.by),
            integration=row.alert.integration,
            starts_at=row.starts_at,
            first_seen=row.alert.first_seen,
            ends_at=row.ends_at,
            by=row.by,
            generator_url=row.generator_url,
            incident=row.incident_id,
        )
        for row in rows
    ]
