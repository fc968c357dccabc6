"""The audit log on screen and as a file. Administrators only; nothing here changes anything."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

import msgspec
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from tocsin.apps.audit import queries
from tocsin.apps.audit.queries import Wanted
from tocsin.apps.audit.wording import DOORS, in_words
from tocsin.apps.people.authority import needs
from tocsin.apps.people.models import AuditEntry
from tocsin.apps.people.reader import reader_of
from tocsin.core.roles import Permission

SHOWN = 40  # changed values of one entry on the page; the export has all
COLUMNS = ("at", "actor", "via", "address", "what", "subject", "detail", "before", "after")
LARGEST_ID = 2**63 - 1


class Row(msgspec.Struct, frozen=True):
    entry: AuditEntry
    words: str
    changes: list[queries.Change]
    more: int


@needs(Permission.ADMINISTER)
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    wanted, wrong = _wanted(request)
    found = queries.find(wanted)
    context = {
        "rows": [_row(entry) for entry in found.entries],
        "wanted": wanted,
        "given": {name: request.GET.get(name, "")[:40] for name in ("since", "until")},
        "wrong": wrong,
        "doors": DOORS,
        "looked_at_all": found.looked_at_all,
        "older": _address(request, before=found.older) if found.older else "",
        "newest": _address(request) if wanted.before is not None else "",
        "filtered": any((wanted.person, wanted.subject, wanted.via, wanted.text, wanted.since, wanted.until)),
        "csv": _address(request, format="csv"),
        "json_lines": _address(request, format="jsonl"),
    }
    return render(request, "audit/audit.html", context, status=422 if wrong else 200)


@needs(Permission.ADMINISTER)
@require_safe
def export(request: HttpRequest) -> HttpResponseBase:
    """`format`: csv or jsonl; the filters are the page's."""
    wanted, wrong = _wanted(request)
    form = request.GET.get("format", "csv")
    if wrong or form not in ("csv", "jsonl"):
        why = (
            "; ".join(f"{field}: {said}" for field, said in wrong.items()) or "format: expected csv or jsonl"
        )
        return HttpResponse(why + "\n", status=422, content_type="text/plain; charset=utf-8")
    lines = _csv(wanted) if form == "csv" else _json_lines(wanted)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/jsonl; charset=utf-8"
    name = f"tocsin-audit-{timezone.now():%Y-%m-%d}.{form}"
    return StreamingHttpResponse(
        lines, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _csv(wanted: Wanted) -> Iterator[str]:
    yield ",".join(COLUMNS) + "\r\n"
    for entry in queries.all_of(wanted):
        line = io.StringIO()
        csv.writer(line).writerow([_cell(_value(entry, name)) for name in COLUMNS])
        yield line.getvalue()


def _cell(text: str) -> str:
    """A spreadsheet must not take somebody's text for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _json_lines(wanted: Wanted) -> Iterator[bytes]:
    for entry in queries.all_of(wanted):
        told = {name: _value(entry, name) for name in COLUMNS}
        yield msgspec.json.encode({"id": entry.id, **told}) + b"\n"


def _value(entry: AuditEntry, name: str) -> str:
    value = getattr(entry, name)
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _row(entry: AuditEntry) -> Row:
    changes = queries.changes(entry)
    return Row(entry, in_words(entry.what), changes[:SHOWN], max(0, len(changes) - SHOWN))


def _wanted(request: HttpRequest) -> tuple[Wanted, dict[str, str]]:
    """What is wrong is said by its field."""
    said = {
        name: request.GET.get(name, "").replace("\0", "").strip()[:200]
        for name in ("person", "subject", "via", "text")
    }
    wrong: dict[str, str] = {}
    days: dict[str, datetime | None] = {}
    for name, later in (("since", timedelta(0)), ("until", timedelta(days=1))):
        text = request.GET.get(name, "").strip()
        try:
            day = date.fromisoformat(text) if text else None
            days[name] = _midnight(request, day + later) if day else None
        except (ValueError, OverflowError):
            wrong[name], days[name] = "Expected a day such as 2026-06-14.", None
    before = request.GET.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 20 else None
    found = Wanted(
        **said,
        since=days["since"],
        until=days["until"],
        before=min(number, LARGEST_ID) if number is not None else None,
    )
    return found, wrong


def _midnight(request: HttpRequest, day: date) -> datetime:
    """A day of the reader's begins when it does where they are."""
    return datetime(day.year, day.month, day.day, tzinfo=reader_of(request).zone)


def _address(request: HttpRequest, **more: object) -> str:
    """This page with the same filters."""
    kept = {
        name: request.GET.get(name, "")[:200]
        for name in ("person", "subject", "via", "text", "since", "until")
        if request.GET.get(name)
    }
    return "?" + urlencode({**kept, **more})
