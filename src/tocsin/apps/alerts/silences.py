"""Silences on screen: from an alert or an incident in two taps, or written out; each with an end and what it matches now."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from tocsin.apps.alerts import operational, queries
from tocsin.apps.alerts.ends import CHOICES, end_of, wall_time
from tocsin.apps.alerts.one_timed import Room, show_or_change
from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.incidents import queries as incidents
from tocsin.apps.paging import LARGEST_ID
from tocsin.apps.people.authority import needs
from tocsin.apps.people.reader import Reader, reader_of
from tocsin.apps.way_back import back_of, back_or
from tocsin.control.client import NotAnswering
from tocsin.control.requests import AddSilence, OperationalView, Refused
from tocsin.core.configuration import Silence
from tocsin.core.detect.matchers import Matcher, MatchOp, format_matcher, parse_matchers
from tocsin.core.roles import Permission

MOST_LABELS = 30  # to tick, of an alert that has more
MOST_COMPARED = 200  # alerts of an incident, for what they share
LONGEST_TEXT = 8_000  # characters of written matchers
LONGEST_COMMENT = 1_000

ROOM = Room("silences", "Silence", "It has ended: what it held back and still fires pages now.")


class Shown(msgspec.Struct, frozen=True):
    silence: Silence
    matchers: tuple[str, ...]
    matching: queries.Matching | None


@needs(Permission.READ)
@require_safe
def silences(request: HttpRequest) -> HttpResponse:
    configuration, reader, now = facts(), reader_of(request), timezone.now()
    found = operational.sort(configuration.silences, now)
    running: list[Silence] = [s for s in (*found.active, *found.pending) if isinstance(s, Silence)]
    counts = queries.matching([silence.matchers for silence in running])
    matching = {silence.id: count for silence, count in zip(running, counts, strict=True)}
    groups = (
        ("Running", [_shown(s, matching) for s in found.active]),
        ("Coming", [_shown(s, matching) for s in found.pending]),
        ("Ended", [_shown(s, matching) for s in found.ended]),
    )
    context = {
        "groups": [group for group in groups if group[1]],
        "ended_hidden": found.ended_hidden,
        "may_respond": reader.grants.allow(Permission.RESPOND),
        "now": now,
        "facts": configuration,
    }
    return render(request, "alerts/silences.html", context)


def _shown(silence: object, matching: Mapping[str, queries.Matching]) -> Shown:
    assert isinstance(silence, Silence)
    return Shown(silence, tuple(map(format_matcher, silence.matchers)), matching.get(silence.id))


@needs(Permission.RESPOND)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The first tap opens this page with the labels ticked, the second is its end."""
    given = request.POST if request.method == "POST" else request.GET
    reader, now = reader_of(request), timezone.now()
    labels, about, back = _about(given)
    ticked = set(given.getlist("matcher")) if request.method == "POST" else {_equal(*pair) for pair in labels}
    written = given.get("written", "")[:LONGEST_TEXT].replace("\0", "")
    refused: Refused | None = None
    matchers: tuple[Matcher, ...] = ()
    try:
        matchers = _asked([*sorted(ticked), *_lines(written)])
        if request.method == "POST" and given.get("do") != "look":
            made: OperationalView = ask(request, _request(given.dict(), matchers, now, reader))
            messages.success(request, _told(made, matchers, bool(about)))
            return back_or(request, "silences")
    except Refused as error:
        refused = error
    except NotAnswering as silent:
        refused = Refused("", operational.said_of(silent))
    context = {
        "pairs": [(_equal(*pair), *pair, _equal(*pair) in ticked) for pair in labels],
        "written": written,
        "about": about,
        "alert_id": given.get("alert", "")[:20],
        "incident_id": given.get("incident", "")[:20],
        "back": back,
        "matching": queries.matching([matchers])[0] if matchers else None,
        "choices": CHOICES,
        "starts_at": given.get("starts_at", ""),
        "until": given.get("until", ""),
        "for_other": given.get("for_other", "")[:40],
        "comment": given.get("comment", "")[:LONGEST_COMMENT],
        "refused": refused,
        "zone": reader.zone.key,
    }
    return render(request, "alerts/new_silence.html", context, status=400 if refused else 200)


def _about(given: Mapping[str, str]) -> tuple[list[tuple[str, str]], str, str]:
    """The labels to begin with, what they are of, and where to go afterwards."""
    alert_id, incident_id = (_number(given.get(name, "")) for name in ("alert", "incident"))
    back = back_of(given.get("back", "")) or (f"/incidents/{incident_id}" if incident_id else "")
    if alert_id:
        alert = queries.one(alert_id)
        if alert is None:
            raise Http404(f"There is no alert {alert_id}.")
        return _first(alert.labels), alert.labels.get("alertname", "the alert"), back or "/alerts"
    if incident_id:
        found = next(iter(incidents.by_number([incident_id])), None)
        if found is None:
            raise Http404(f"There is no incident {incident_id}.")
        known = [alert.labels for alert in queries.alerts_of_incident(incident_id, MOST_COMPARED)]
        return _first(_shared(known) or found.labels), f"incident #{found.id}", back
    return [], "", back


def _shared(known: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What all of these label sets say alike."""
    if not known:
        return {}
    return {
        name: value for name, value in known[0].items() if all(labels.get(name) == value for labels in known)
    }


def _number(text: str) -> int | None:
    return min(int(text), LARGEST_ID) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _first(labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """The alert's name leads; of very many labels those with short values tell most."""
    telling = sorted(labels.items(), key=lambda pair: (pair[0] != "alertname", len(pair[1]) > 200, pair[0]))
    return telling[:MOST_LABELS]


def _equal(name: str, value: str) -> str:
    return format_matcher(Matcher(name, MatchOp.EQUAL, value))


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _asked(texts: Sequence[str]) -> tuple[Matcher, ...]:
    try:
        return tuple(matcher for text in texts for matcher in parse_matchers(text))
    except ValueError as error:
        raise Refused("invalid", str(error), "matchers") from None


def _request(
    form: Mapping[str, str], matchers: Sequence[Matcher], now: datetime, reader: Reader
) -> AddSilence:
    if not matchers:
        raise Refused("invalid", "Choose at least one label: it would silence everything.", "matchers")
    starts = form.get("starts_at", "").strip()
    begin = wall_time(starts, reader.zone, "starts_at") if starts else None
    return AddSilence(
        matchers=tuple(format_matcher(matcher) for matcher in matchers),
        ends_at=end_of(form, now, reader.zone, begin),
        starts_at=begin,
        comment=form.get("comment", "").strip()[:LONGEST_COMMENT],
    )


def _told(made: OperationalView, matchers: Sequence[Matcher], incident: bool) -> str:
    (matching,) = queries.matching([matchers])
    until = timezone.localtime(made.ends_at).strftime("%a %H:%M")
    stays = (
        " Its incident stays open: acknowledge or resolve it, else it goes on escalating." if incident else ""
    )
    verb = "Silenced" if made.state == "active" else "To be silenced"
    return f"{verb} until {until}: {_count(matching)} now.{stays}"


def _count(matching: queries.Matching) -> str:
    alerts = "1 alert that fires" if matching.count == 1 else f"{matching.count} alerts that fire"
    return alerts if matching.all_counted else f"at least {alerts}"


@needs(Permission.RESPOND)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, fact_id: str) -> HttpResponse:
    silence = operational.found(facts().silences, fact_id)
    if silence is None:
        raise Http404("There is no such silence.")
    shown = _shown(silence, {silence.id: queries.matching([silence.matchers])[0]})
    return show_or_change(request, ROOM, silence, shown=shown)
