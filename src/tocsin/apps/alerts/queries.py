"""What people read about alerts: each with its labels and why it paged or did not."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BinaryField, F, Func, IntegerField, Q, QuerySet, Value
from django.db.models.sql.compiler import SQLCompiler

from tocsin.apps.alerts.models import Alert, AlertState, Heartbeat
from tocsin.apps.paging import Found, Place, far_enough, found
from tocsin.control.requests import AlertView
from tocsin.control.showing import why
from tocsin.core.configuration import Configuration
from tocsin.core.detect.matchers import Matcher, MatchOp, compile_matchers, parse_matchers
from tocsin.core.labels import encode_labels

STATUSES = ("firing", "source_silent", "resolved")
ACTIVE = ("active", "firing", "source_silent")
A_SCREENFUL = 50
MOST_ROWS = 10_000  # alerts that one page looks at for a reason or a label, which no index finds
MOST_READ = 2_000  # and of those whose labels are read one by one
MOST_COUNTED = 5_000  # firing alerts that a silence is tried on

M = TypeVar("M", Alert, AlertState)
_strings = msgspec.json.Decoder(dict[str, str]).decode


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A filter as it stands in the address of the page. `status`: active, resolved or all. `label`: matchers.
    `text`: part of a label, or of what its annotations say."""

    status: str = "active"
    reason: str = ""
    label: str = ""
    text: str = ""
    place: Place = Place()

    @property
    def narrows(self) -> bool:
        return bool(self.reason or self.label or self.text)


def search(wanted: Wanted, limit: int = A_SCREENFUL) -> Found[AlertView]:
    """The newest first, by when they were first seen. Raises ValueError when `label` is no matcher."""
    matchers = parse_matchers(wanted.label) if wanted.label else ()
    place, rows = wanted.place, _of_status(wanted.status)
    edge = None
    if wanted.narrows:
        edge = far_enough(place.within(rows, "alert_id").values_list("alert_id", flat=True), MOST_ROWS)
        if edge is not None:
            rows = rows.filter(alert_id__lte=edge) if place.upwards else rows.filter(alert_id__gte=edge)
    pieces = [_written(matcher) for matcher in matchers if _is_written(matcher)]
    if edge is not None and pieces and wanted.status not in ACTIVE:
        # Nearly every alert of that range is looked at: its labels are found first, and its state only where they hold.
        range_of = place.within(Alert.objects.all(), "id").order_by()
        range_of = range_of.filter(id__lte=edge) if place.upwards else range_of.filter(id__gte=edge)
        rows, pieces = rows.filter(alert_id__in=_with(range_of, "labels", pieces).values("id")), []
    rows = _holding(_with(rows, "alert__labels", pieces), wanted)
    rows = place.within(rows.select_related("alert"), "alert_id")
    if all(_is_written(matcher) for matcher in matchers):
        return found(views_of(rows[: limit + 1]), _id_of, place, limit, edge)
    holds = compile_matchers(matchers)
    candidates = list(rows[:MOST_READ])
    if len(candidates) == MOST_READ:
        edge = candidates[-1].alert_id
    kept = [row for row in candidates if holds(_strings(row.alert.labels))]
    return found(views_of(kept[: limit + 1]), _id_of, place, limit, edge)


def _of_status(status: str) -> QuerySet[AlertState]:
    rows = AlertState.objects.all()
    if status == "active":
        return rows.exclude(status="resolved")  # as the index of active alerts says it
    return rows.filter(status=status) if status in STATUSES else rows


def _with(rows: QuerySet[M], labels: str, pieces: Sequence[bytes]) -> QuerySet[M]:
    """Those in whose labels all these are written."""
    for number, piece in enumerate(pieces):
        rows = rows.alias(**{f"piece{number}": _Within(F(labels), Value(piece, BinaryField()))})
        rows = rows.filter(**{f"piece{number}__gt": 0})
    return rows


def _holding(rows: QuerySet[AlertState], wanted: Wanted) -> QuerySet[AlertState]:
    """Without reading what the database can already tell from the bytes."""
    if wanted.reason:
        rows = rows.filter(reason=wanted.reason)
    if wanted.text:
        inside = msgspec.json.encode(wanted.text)[1:-1]
        labels = _Within(F("alert__labels"), Value(inside, BinaryField()))
        said = _Within(F("annotations"), Value(inside, BinaryField()))
        # One condition: two halves of an OR would each have to find the index of active alerts.
        either = Q(in_labels__gt=0) | Q(in_annotations__gt=0)
        rows = rows.alias(in_labels=labels, in_annotations=said).filter(either)
    return rows


class _Within(Func):
    """Where bytes stand in others; 0 when they do not."""

    function = "instr"
    output_field = IntegerField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        """`position` asks the other way around."""
        turned = self.copy()
        turned.set_source_expressions(self.get_source_expressions()[::-1])
        return turned.as_sql(
            compiler, connection, template="position(%(expressions)s)", arg_joiner=" in ", **context
        )


def _is_written(matcher: Matcher) -> bool:
    """An alert's labels are its identity, written one way only: an equal pair is found as it stands there."""
    return matcher.op is MatchOp.EQUAL and matcher.value != ""


def _written(matcher: Matcher) -> bytes:
    return encode_labels({matcher.name: matcher.value})[1:-1]


def _id_of(alert: AlertView) -> int:
    return alert.id


def one(alert_id: int) -> AlertView | None:
    return next(iter(views_of(AlertState.objects.select_related("alert").filter(alert_id=alert_id))), None)


def alerts_of_incident(incident_id: int, limit: int) -> list[AlertView]:
    """The newest first."""
    return views_of(
        AlertState.objects.select_related("alert")
        .filter(incident_id=incident_id)
        .order_by("-alert_id")[:limit]
    )


class Matching(msgspec.Struct, frozen=True):
    """Of the alerts that fire. `all_counted` is false when more fire than were tried."""

    count: int
    examples: tuple[dict[str, str], ...]
    all_counted: bool = True


def matching(asked: Sequence[Sequence[Matcher]], examples: int = 3) -> list[Matching]:
    """How many firing alerts each list of matchers holds now; one query for all of them."""
    if not asked:
        return []
    rows = _of_status("active").order_by("-alert_id").values_list("alert__labels", flat=True)
    firing = [_strings(labels) for labels in rows[:MOST_COUNTED]]
    all_counted = len(firing) < MOST_COUNTED
    answers = []
    for matchers in asked:
        holds = compile_matchers(tuple(matchers))
        held = [labels for labels in firing if holds(labels)]
        answers.append(Matching(len(held), tuple(held[:examples]), all_counted))
    return answers


def missed(facts: Configuration, limit: int = 5) -> list[Heartbeat]:
    """Heartbeats that are configured and not heard of in time."""
    if not facts.heartbeats:
        return []
    return list(
        Heartbeat.objects.filter(missed=True, key__in=list(facts.heartbeats)).order_by("last_seen")[:limit]
    )


def views_of(rows: Iterable[AlertState]) -> list[AlertView]:
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
