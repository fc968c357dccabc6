"""Silences, maintenance windows and overrides by API: made, listed, moved, ended. Git has no say in them."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from tocsin.apps.api.asking import ask
from tocsin.apps.api.cursors import Cursor, Limit, number_after, page_of
from tocsin.apps.api.operations import Answer, caller, operation
from tocsin.apps.api.parameters import Name
from tocsin.apps.api.problems import Stopped
from tocsin.apps.configuration.models import Entry
from tocsin.control.requests import (
    AddMaintenance,
    AddOverride,
    AddSilence,
    ChangeEnd,
    EndOperational,
    OperationalView,
)
from tocsin.core.configuration import Maintenance as CoreMaintenance
from tocsin.core.configuration import Silence as CoreSilence
from tocsin.core.detect.matchers import format_matcher
from tocsin.core.instants import Aware
from tocsin.core.oncall.schedule import Override as CoreOverride
from tocsin.core.oncall.schedule import OverrideKind
from tocsin.core.roles import Permission

router = Router(tags=["Silences, maintenance, overrides"])
State = Literal["pending", "active", "ended"]
StateFilter = Annotated[
    Literal["", "pending", "active", "ended"], Query(description="Left out: all.", example="active")
]
Comment = Annotated[str, msgspec.Meta(max_length=2000)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Silence(msgspec.Struct, frozen=True):
    id: str
    state: State
    matchers: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str


class Maintenance(msgspec.Struct, frozen=True):
    id: str
    state: State
    services: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str


class Repeat(msgspec.Struct, frozen=True):
    """Again every so often at the same local time, the last before `until`."""

    every: str  # "1 week", "2 days"
    time_zone: str
    until: datetime | None


class Override(msgspec.Struct, frozen=True):
    """With `repeat`, `starts_at` and `ends_at` are those of its first time."""

    id: str
    state: State
    schedule: str
    kind: OverrideKind
    person: str
    replaces: str | None
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    repeat: Repeat | None
    on_top: bool


class Silences(msgspec.Struct, frozen=True):
    items: tuple[Silence, ...]
    next: str | None


class Maintenances(msgspec.Struct, frozen=True):
    items: tuple[Maintenance, ...]
    next: str | None


class Overrides(msgspec.Struct, frozen=True):
    items: tuple[Override, ...]
    next: str | None


class NewSilence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """An end is mandatory. Without a start it begins now."""

    matchers: Annotated[
        tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=2000)], ...],
        msgspec.Meta(min_length=1, max_length=50),
    ]
    ends_at: Aware
    starts_at: Aware | None = None
    comment: Comment = ""


class NewMaintenance(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """While it runs, new pages of these services are held; what still fires at its end pages then."""

    services: Annotated[tuple[Key, ...], msgspec.Meta(min_length=1, max_length=200)]
    ends_at: Aware
    starts_at: Aware | None = None
    comment: Comment = ""


class NewOverride(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`replace`: the person stands in (for `replaces`, or for whoever has it); `add`, `remove`: beside, or without them.

    `repeat` ("1 week", "2 days"): again at the same local time of `time_zone` (the schedule's), until `repeat_until`. Two
    overrides of one seat at once are refused, unless the new one says `on_top`.
    """

    schedule: Key
    person: Key
    ends_at: Aware
    starts_at: Aware | None = None
    kind: OverrideKind = OverrideKind.REPLACE
    replaces: Key | None = None
    comment: Comment = ""
    repeat: Annotated[str, msgspec.Meta(max_length=32)] = ""
    repeat_until: Aware | None = None
    time_zone: Annotated[str, msgspec.Meta(max_length=64)] = ""
    on_top: bool = False


class NewEnd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ends_at: Aware


def _state(fact: Any, now: datetime) -> State:
    over_at = fact.over_at if isinstance(fact, CoreOverride) else fact.ends_at
    if over_at is not None and over_at <= now:
        return "ended"
    return "active" if fact.starts_at <= now else "pending"


def _silence(document: bytes, now: datetime) -> Silence:
    fact = msgspec.json.decode(document, type=CoreSilence)
    matchers = tuple(format_matcher(matcher) for matcher in fact.matchers)
    return Silence(
        fact.id, _state(fact, now), matchers, fact.starts_at, fact.ends_at, fact.created_by, fact.comment
    )


def _maintenance(document: bytes, now: datetime) -> Maintenance:
    fact = msgspec.json.decode(document, type=CoreMaintenance)
    return Maintenance(
        fact.id, _state(fact, now), fact.services, fact.starts_at, fact.ends_at, fact.created_by, fact.comment
    )


def _override(document: bytes, now: datetime) -> Override:
    fact = msgspec.json.decode(document, type=CoreOverride)
    return Override(
        fact.id,
        _state(fact, now),
        fact.schedule,
        fact.kind,
        fact.person,
        fact.replaces,
        fact.starts_at,
        fact.ends_at,
        fact.created_by,
        fact.comment,
        _repeat(fact),
        fact.on_top,
    )


def _repeat(fact: CoreOverride) -> Repeat | None:
    if fact.repeat is None:
        return None
    often = f"{fact.repeat.every} {fact.repeat.unit}{'s' if fact.repeat.every > 1 else ''}"
    return Repeat(often, fact.repeat.time_zone, fact.repeat.until)


def _operations(
    kind: str,
    one: str,
    shown: Callable[[bytes, datetime], Any],
    one_type: Any,
    list_type: Any,
    takes: Any,
    request_of: Callable[[Any], Any],
    example: dict[str, Any],
) -> None:
    def read_all(
        request: HttpRequest, state: StateFilter = "", cursor: Cursor = "", limit: Limit = 50
    ) -> Any:
        now, before = timezone.now(), number_after(cursor)
        rows = _in_state(Entry.objects.filter(kind=kind).order_by("-id"), state, now)
        if before is not None:
            rows = rows.filter(id__lt=before)
        page, following = page_of(list(rows[: limit + 1]), limit, lambda row: row.id)
        return list_type(tuple(shown(row.document, now) for row in page), following)

    operation(
        router,
        "GET",
        f"/{kind}",
        needs=Permission.READ,
        name=f"list_{kind}",
        summary=f"List the {kind.replace('maintenance', 'maintenance windows')}, the newest first",
        answers=list_type,
    )(read_all)

    def add(request: HttpRequest, body: Any) -> Answer:
        made: OperationalView = ask(caller(request), request_of(body))
        where = {"Location": f"/api/v1/{kind}/{made.id}"}
        return Answer(_one(kind, made.id, shown), 201, where)

    operation(
        router,
        "POST",
        f"/{kind}",
        needs=Permission.RESPOND,
        name=f"add_{one}",
        summary=f"Add {'an' if one == 'override' else 'a'} {one.replace('_', ' ')}",
        takes=takes,
        answers=one_type,
        status=201,
        example=example,
    )(add)

    def read(request: HttpRequest, key: Name) -> Any:
        return _one(kind, key, shown)

    operation(
        router,
        "GET",
        f"/{kind}/{{key}}",
        needs=Permission.READ,
        name=f"get_{one}",
        summary=f"Read one {one.replace('_', ' ')}",
        answers=one_type,
        refuses=(404,),
    )(read)

    def change(request: HttpRequest, key: Name, body: NewEnd) -> Any:
        ask(caller(request), ChangeEnd(kind, key, body.ends_at))
        return _one(kind, key, shown)

    operation(
        router,
        "PATCH",
        f"/{kind}/{{key}}",
        needs=Permission.RESPOND,
        name=f"change_end_of_{one}",
        summary="Let it last longer, or shorter",
        takes=NewEnd,
        answers=one_type,
        example={"ends_at": "2026-06-14T18:00:00Z"},
        refuses=(404, 409),
    )(change)

    def end(request: HttpRequest, key: Name) -> Any:
        """It stays in the list as ended."""
        ask(caller(request), EndOperational(kind, key))
        return _one(kind, key, shown)

    operation(
        router,
        "DELETE",
        f"/{kind}/{{key}}",
        needs=Permission.RESPOND,
        name=f"end_{one}",
        summary="End it now",
        answers=one_type,
        refuses=(404,),
    )(end)


def _in_state(rows: QuerySet[Entry], state: str, now: datetime) -> QuerySet[Entry]:
    match state:
        case "ended":
            return rows.filter(ends_at__lte=now)
        case "active":
            return rows.filter(starts_at__lte=now, ends_at__gt=now)
        case "pending":
            return rows.filter(starts_at__gt=now, ends_at__gt=now)
        case _:
            return rows


def _one(kind: str, key: str, shown: Callable[[bytes, datetime], Any]) -> Any:
    row = Entry.objects.filter(kind=kind, name=key).first()
    if row is None:
        raise Stopped("not-found", f"there is nothing with id {key!r} among {kind}")
    return shown(row.document, timezone.now())


_operations(
    "silences",
    "silence",
    _silence,
    Silence,
    Silences,
    NewSilence,
    lambda body: AddSilence(body.matchers, body.ends_at, body.starts_at, body.comment),
    {
        "matchers": ['alertname="DiskFull"', 'service="task-api"'],
        "ends_at": "2026-06-14T18:00:00Z",
        "comment": "The disk is being enlarged.",
    },
)
_operations(
    "maintenance",
    "maintenance_window",
    _maintenance,
    Maintenance,
    Maintenances,
    NewMaintenance,
    lambda body: AddMaintenance(body.services, body.ends_at, body.starts_at, body.comment),
    {"services": ["task-api"], "ends_at": "2026-06-14T18:00:00Z", "comment": "Database upgrade."},
)
_operations(
    "overrides",
    "override",
    _override,
    Override,
    Overrides,
    NewOverride,
    lambda body: AddOverride(
        body.schedule,
        body.person,
        body.ends_at,
        body.starts_at,
        body.kind.value,
        body.replaces,
        body.comment,
        body.repeat,
        body.repeat_until,
        body.time_zone,
        body.on_top,
    ),
    {"schedule": "platform-primary", "person": "bob", "ends_at": "2026-06-14T18:00:00Z"},
)
