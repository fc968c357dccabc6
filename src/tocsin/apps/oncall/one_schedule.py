"""The page of one schedule: drawn as a timeline, or as a calendar's week or month; its shifts, hours and overrides."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from tocsin.apps.configuration import nouns
from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall import month, overrides, queries, spans, timeline, warnings
from tocsin.apps.oncall.board import Duty
from tocsin.apps.oncall.hues import hues_of
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import Reader, reader_of
from tocsin.core.oncall.schedule import Gap, Schedule, Shift
from tocsin.core.oncall.wall_clock import zone
from tocsin.core.roles import Permission

MOST_SHIFTS = 200
BRIEF = 3  # on a phone, above the drawing
AT_ONCE = 12  # the rest folds

VIEWS = ((spans.View.TIMELINE, "Timeline"), (spans.View.WEEK, "Week"), (spans.View.MONTH, "Month"))


class Listed(msgspec.Struct, frozen=True):
    """A shift, or a gap, as the list shows it."""

    starts_at: datetime
    ends_at: datetime
    people: tuple[str, ...]
    shadows: tuple[str, ...]
    by: str
    length: timedelta
    one_day: bool  # so that its end is told by the clock alone
    query: str


@needs(Permission.READ)
@require_safe
def schedule(request: HttpRequest, key: str) -> HttpResponse:
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    kept = nouns.found(configuration, "schedules", key)
    request.live_topics = ("configuration",)  # type: ignore[attr-defined]
    shown: Schedule = kept.noun
    span = _span(request, shown, reader, now)
    drawn = timeline.timeline(configuration, key, span, now)
    as_grid = span.view is not spans.View.TIMELINE
    may_respond = reader.grants.allow(Permission.RESPOND)
    view = queries.now_and_next_of(configuration, key, now)
    listed = _listed(drawn.shifts, drawn.gaps, span, now)
    context = {
        "schedule": shown,
        "kept": kept,
        "view": view,
        "duty": Duty(configuration, may_respond).of(view),
        "span": span,
        "title": month.title(span),
        "drawn": drawn,
        "grid": month.grid(configuration, key, span, now) if as_grid else None,
        "brief": listed[:BRIEF],
        "agenda": listed[:AT_ONCE],
        "later_on": listed[AT_ONCE:MOST_SHIFTS],
        "more": max(0, len(listed) - MOST_SHIFTS),
        "shares": queries.shares(timeline.merged(drawn.shifts), hues_of(configuration) | drawn.hues),
        "layer_tables": [row for row in drawn.rows if row.kind in ("layer", "shadow")],
        "warnings": warnings.of_schedule(configuration, now, key),
        "overrides": overrides.standing(configuration, key, now),
        "change": reverse("new-override", args=(key,)) if may_respond else "",
        "waits": shown.effective_from is not None and shown.effective_from > now,
        "may_respond": may_respond,
        "may_change": nouns.may_change(request, configuration, "schedules", key) and not kept.from_git,
        "facts": configuration,
        "at": now,
        **_ways(span, shown, reader),
    }
    with timezone.override(span.zone):
        return render(request, "oncall/schedule.html", context)


def _span(request: HttpRequest, shown: Schedule, reader: Reader, now: datetime) -> spans.Span:
    asked = request.GET
    of_schedule = asked.get("zone") == "schedule" and shown.time_zone != reader.zone.key
    return spans.span_of(
        asked.get("view", ""),
        asked.get("span", ""),
        asked.get("from", ""),
        zone(shown.time_zone) if of_schedule else reader.zone,
        now,
        of_schedule,
    )


def _ways(span: spans.Span, shown: Schedule, reader: Reader) -> dict[str, object]:
    """The links around the drawing: each its query, its word, and whether it is where one is."""
    same_zone = shown.time_zone == reader.zone.key
    begin = "" if span.holds_today else span.named.isoformat()
    return {
        "views": [
            (span.asks(view=value, **{"from": begin}), (word, value is span.view)) for value, word in VIEWS
        ],
        "lengths": [
            (span.asks(span=value), (word, value is span.length)) for value, word in spans.WORDS.items()
        ]
        if span.view is spans.View.TIMELINE
        else [],
        "zones": []
        if same_zone
        else [
            (span.asks(zone=""), (f"{reader.zone.key}, yours", not span.of_schedule)),
            (span.asks(zone="schedule"), (f"{shown.time_zone}, the schedule's", span.of_schedule)),
        ],
        "earlier": span.asks(**{"from": span.earlier.isoformat()}),
        "later": span.asks(**{"from": span.later.isoformat()}),
        "today": span.asks(**{"from": ""}),
    }


def _listed(held: Sequence[Shift], empty: Sequence[Gap], span: spans.Span, now: datetime) -> list[Listed]:
    """In order; of a span that holds today what is over is left out."""
    since = now if span.holds_today else span.starts_at
    both = [*timeline.merged(held), *(Shift(gap.starts_at, gap.ends_at, (), "") for gap in empty)]
    return [
        Listed(
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            people=shift.people,
            shadows=shift.shadows,
            by=timeline.decided_by(shift.by),
            length=shift.ends_at - shift.starts_at,
            one_day=shift.starts_at.astimezone(span.zone).date()
            == shift.ends_at.astimezone(span.zone).date(),
            query=timeline.asking(shift.starts_at, shift.ends_at, shift.people[0] if shift.people else ""),
        )
        for shift in sorted(both, key=lambda shift: shift.starts_at)
        if shift.ends_at > since
    ]
