"""Swaps as the people's side reads them."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from tocsin.apps.oncall.models import Record
from tocsin.core.instants import instant
from tocsin.core.oncall.swap import State, Swap
from tocsin.engine.oncall.swaps import KIND, decode

MOST_OPEN = 500
SETTLED = tuple(state.value for state in State if state is not State.OPEN)


def open_swaps() -> list[Swap]:
    """All that are open, the next shift first."""
    rows = Record.objects.filter(kind=KIND, state=State.OPEN.value).order_by("-starts_at", "-name")[
        :MOST_OPEN
    ]
    return _swaps(rows)[::-1]


def settled_swaps(limit: int, before: tuple[int, str] | None = None) -> list[Swap]:
    """Those that are over, the latest shift first; `before` is the (starts_at in microseconds, id) to page on from."""
    return _page(Record.objects.filter(kind=KIND, state__in=SETTLED), limit, before)


def swaps_like(
    schedule: str, states: tuple[str, ...], limit: int, before: tuple[int, str] | None
) -> list[Swap]:
    rows = Record.objects.filter(kind=KIND)
    if schedule:
        rows = rows.filter(subject=schedule)
    if states:
        rows = rows.filter(state__in=states)
    return _page(rows, limit, before)


def swap_of(swap_id: str) -> Swap | None:
    row = Record.objects.filter(kind=KIND, name=swap_id).first() if "\0" not in swap_id else None
    return decode(bytes(row.document)) if row is not None else None


def _page(rows: QuerySet[Record], limit: int, before: tuple[int, str] | None) -> list[Swap]:
    if before is not None:
        at, name = instant(before[0]), before[1]
        rows = rows.filter(Q(starts_at__lt=at) | Q(starts_at=at, name__lt=name), starts_at__lte=at)
    return _swaps(rows.order_by("-starts_at", "-name")[:limit])


def _swaps(rows: Iterable[Record]) -> list[Swap]:
    return [decode(bytes(row.document)) for row in rows]
