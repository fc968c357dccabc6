"""Finding entries of the audit log: newest first, a page at a time, as quick with a million entries as with ten."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Max, Q, QuerySet

from tocsin.apps.people.models import AuditEntry

PAGE = 50
LOOKED_THROUGH = 20_000  # entries that a search for a text reads at once; "older" goes on from there
AT_ONCE = 1000  # entries that an export fetches at once


class Wanted(msgspec.Struct, frozen=True):
    person: str = ""
    subject: str = ""
    via: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None  # the id to page on from


class Change(msgspec.Struct, frozen=True):
    """One value that an act changed, by its dotted path."""

    path: str
    was: str
    became: str


class Found(msgspec.Struct, frozen=True):
    entries: tuple[AuditEntry, ...]
    older: int | None  # where the next page begins
    looked_at_all: bool = True


def find(wanted: Wanted, limit: int = PAGE) -> Found:
    chosen = _chosen(wanted)
    floor = 0
    if wanted.text or wanted.subject:
        newest = wanted.before or (AuditEntry.objects.aggregate(newest=Max("id"))["newest"] or 0) + 1
        floor = max(0, newest - LOOKED_THROUGH)
        chosen = chosen.filter(id__gte=floor)
    entries = tuple(chosen[: limit + 1])
    if len(entries) > limit:
        return Found(entries[:limit], entries[limit - 1].id)
    return Found(entries, floor if floor > 1 else None, floor <= 1)


def all_of(wanted: Wanted) -> Iterator[AuditEntry]:
    """Every entry, fetched piece by piece: an export of a million holds a thousand at a time."""
    before = wanted.before
    while True:
        piece = list(_chosen(msgspec.structs.replace(wanted, before=before))[:AT_ONCE])
        yield from piece
        if len(piece) < AT_ONCE:
            return
        before = piece[-1].id


def _chosen(wanted: Wanted) -> QuerySet[AuditEntry]:
    found = AuditEntry.objects.order_by("-id")
    if wanted.before is not None:
        found = found.filter(id__lt=wanted.before)
    if wanted.person:
        found = found.filter(actor=wanted.person)
    if wanted.via:
        found = found.filter(via=wanted.via)
    if wanted.since is not None:
        found = found.filter(at__gte=wanted.since)
    if wanted.until is not None:
        found = found.filter(at__lt=wanted.until)
    if wanted.subject:
        found = found.filter(subject__icontains=wanted.subject)
    if wanted.text:
        text = wanted.text
        found = found.filter(
            Q(what__icontains=text)
            | Q(subject__icontains=text)
            | Q(detail__icontains=text)
            | Q(before__icontains=text)
            | Q(after__icontains=text)
            | Q(address__icontains=text)
        )
    return found


def changes(entry: AuditEntry) -> list[Change]:
    """What differs between before and after, value by value."""
    was, became = leaves(read(entry.before)), leaves(read(entry.after))
    paths = [*was, *(path for path in became if path not in was)]
    return [
        Change(path, was.get(path, ""), became.get(path, ""))
        for path in paths
        if was.get(path) != became.get(path)
    ]


def leaves(value: Any, path: str = "") -> dict[str, str]:
    """A JSON value as lines: each single value by its dotted path."""
    match value:
        case None:
            return {}
        case dict():
            return {
                inner: text
                for name, inside in value.items()
                for inner, text in leaves(inside, f"{path}.{name}" if path else str(name)).items()
            }
        case list():
            return {
                inner: text
                for number, inside in enumerate(value)
                for inner, text in leaves(inside, f"{path}[{number}]").items()
            }
        case bool():
            return {path: "yes" if value else "no"}
        case _:
            return {path: str(value)}


def read(text: str) -> Any:
    """What an entry keeps of before or after, as values."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
