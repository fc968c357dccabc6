"""The audit log by API: who changed what, from where, with what was before and after."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.http import HttpRequest
from ninja import Query, Router

from tocsin.apps.api.cursors import Cursor, Limit, cursor_of, number_after
from tocsin.apps.api.operations import operation
from tocsin.apps.api.parameters import Instant, Word, instant_in
from tocsin.apps.audit import queries
from tocsin.apps.people.models import AuditEntry
from tocsin.core.roles import Permission

router = Router(tags=["Audit log"])
Actor = Annotated[str, Query(max_length=200, description="Whoever did it, as `actor` says.", example="alice")]
Via = Annotated[str, Query(max_length=20, description="The door: web, cli, api, link, ...", example="web")]


class Entry(msgspec.Struct, frozen=True):
    """`before` and `after` are what the act changed, without secrets; null where there was nothing."""

    id: int
    at: datetime
    actor: str
    via: str
    address: str
    what: str
    subject: str
    detail: str
    before: Any
    after: Any


class Entries(msgspec.Struct, frozen=True):
    items: tuple[Entry, ...]
    next: str | None


@operation(
    router,
    "GET",
    "/audit",
    needs=Permission.ADMINISTER,
    summary="Read the audit log, the newest first",
    answers=Entries,
)
def list_audit_entries(
    request: HttpRequest,
    actor: Actor = "",
    via: Via = "",
    subject: Word = "",
    text: Word = "",
    since: Instant = None,
    until: Instant = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Entries:
    """A page may hold less than `limit`, even nothing, and still have a `next`: a text is looked for in so many at once."""
    wanted = queries.Wanted(
        person=actor,
        subject=subject,
        via=via,
        text=text,
        since=instant_in(since, "since"),
        until=instant_in(until, "until"),
        before=number_after(cursor),
    )
    found = queries.find(wanted, limit)
    return Entries(
        tuple(_shown(each) for each in found.entries), cursor_of(found.older) if found.older else None
    )


def _shown(row: AuditEntry) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        actor=row.actor,
        via=row.via,
        address=row.address,
        what=row.what,
        subject=row.subject,
        detail=row.detail,
        before=queries.read(row.before),
        after=queries.read(row.after),
    )
