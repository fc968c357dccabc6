"""The API's way through the list of incidents: the pages' own search, and by when they opened.

With an instant the list is ordered by when they opened, which an index leads through; without, by number.
"""

from datetime import datetime

import msgspec
from django.db.models import Q

from tocsin.apps.api.cursors import cursor_of, number_after, pair_after
from tocsin.apps.api.problems import invalid
from tocsin.apps.incidents import models, queries
from tocsin.apps.incidents.queries import Wanted
from tocsin.apps.incidents.wording import concerns
from tocsin.apps.paging import Place
from tocsin.core.detect.matchers import compile_matchers, parse_matchers
from tocsin.core.instants import instant, micros
from tocsin.core.respond.incident import Incident

__all__ = ["Wanted", "search"]

_incident = msgspec.json.Decoder(Incident).decode
MOST_LOOKED_AT = 1_000


def search(
    wanted: Wanted, opened_after: datetime | None, opened_before: datetime | None, cursor: str, limit: int
) -> tuple[list[Incident], str | None]:
    """Those of this page, and the cursor of the next. Raises Stopped."""
    try:
        if opened_after is not None or opened_before is not None:
            return _by_opening(wanted, opened_after, opened_before, cursor, limit)
        before = number_after(cursor)
        found = queries.search(msgspec.structs.replace(wanted, place=Place(before=before)), limit)
    except ValueError as error:
        raise invalid(str(error), parameter="label") from None
    older = found.older.before if found.older is not None else None
    return found.items, cursor_of(older) if older is not None else None


def _by_opening(
    wanted: Wanted, after: datetime | None, before: datetime | None, cursor: str, limit: int
) -> tuple[list[Incident], str | None]:
    rows = models.Incident.objects.order_by("-opened_at", "-id")
    if after is not None:
        rows = rows.filter(opened_at__gte=after)
    if before is not None:
        rows = rows.filter(opened_at__lt=before)
    at = pair_after(cursor)
    if at is not None:
        opened = instant(at[0])
        rows = rows.filter(opened_at__lte=opened).filter(Q(opened_at__lt=opened) | Q(id__lt=at[1]))
    if not wanted.narrows:
        looked = [_incident(row) for row in rows.values_list("document", flat=True)[: limit + 1]]
        more = len(looked) > limit
        return looked[:limit], _cursor(looked[limit - 1]) if more else None
    return _sifted(
        wanted, [_incident(row) for row in rows.values_list("document", flat=True)[:MOST_LOOKED_AT]], limit
    )


def _sifted(wanted: Wanted, looked: list[Incident], limit: int) -> tuple[list[Incident], str | None]:
    """So many are looked at and no more; the next page goes on from there."""
    holds = compile_matchers(parse_matchers(wanted.label) if wanted.label else ())
    kept: list[Incident] = []
    for incident in looked:
        if _is_wanted(wanted, incident) and holds(incident.labels):
            if len(kept) == limit:
                return kept, _cursor(kept[-1])
            kept.append(incident)
    return kept, _cursor(looked[-1]) if len(looked) == MOST_LOOKED_AT else None


def _is_wanted(wanted: Wanted, incident: Incident) -> bool:
    states = {"open": queries.OPEN, "over": queries.OVER}.get(wanted.state, (wanted.state,))
    return (
        (wanted.state == "all" or incident.state.value in states)
        and (not wanted.severity or incident.severity.value == wanted.severity)
        and (not wanted.service or incident.service == wanted.service)
        and (not wanted.team or incident.team == wanted.team)
        and (not wanted.text or _says(incident, wanted.text))
        and (not wanted.mine or concerns(incident, wanted.mine))
    )


def _says(incident: Incident, text: str) -> bool:
    said = " ".join((incident.title, incident.summary, *incident.labels.values())).casefold()
    return all(word in said for word in text.casefold().split())


def _cursor(incident: Incident) -> str:
    return cursor_of([micros(incident.opened_at), incident.id])
