"""Silences and maintenance windows as people see them: which run, which will, which did, and how a form changes them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from django.http import HttpRequest

from tocsin.apps.alerts.ends import end_of
from tocsin.apps.asking import ask
from tocsin.control.client import NotAnswering
from tocsin.control.requests import ChangeEnd, EndOperational, OperationalView, Refused
from tocsin.core.configuration import Maintenance, Silence

Timed = TypeVar("Timed", Silence, Maintenance)
ENDED_SHOWN = 20


class Sorted(msgspec.Struct, frozen=True):
    """The next to end first, the next to begin first, and the last that ended first."""

    active: list[Silence | Maintenance]
    pending: list[Silence | Maintenance]
    ended: list[Silence | Maintenance]
    ended_hidden: int = 0


def sort(known: Iterable[Silence | Maintenance], now: datetime) -> Sorted:
    facts = list(known)
    ended = sorted((f for f in facts if f.ends_at <= now), key=lambda f: f.ends_at, reverse=True)
    return Sorted(
        active=sorted((f for f in facts if f.starts_at <= now < f.ends_at), key=lambda f: f.ends_at),
        pending=sorted((f for f in facts if f.starts_at > now), key=lambda f: f.starts_at),
        ended=ended[:ENDED_SHOWN],
        ended_hidden=max(0, len(ended) - ENDED_SHOWN),
    )


def found(known: Sequence[Timed], fact_id: str) -> Timed | None:
    return next((fact for fact in known if fact.id == fact_id), None)


def changed(
    request: HttpRequest, kind: str, fact: Silence | Maintenance, now: datetime, zone: ZoneInfo
) -> OperationalView:
    """End it now, or move its end as the form says. Raises Refused and NotAnswering."""
    form: Mapping[str, str] = request.POST.dict()
    if form.get("do") == "end":
        view: OperationalView = ask(request, EndOperational(kind, fact.id))
        return view
    if form.get("do") != "move":
        raise Refused("invalid", "There is no such act.", "do")
    begin = max(now, fact.starts_at)
    moved: OperationalView = ask(request, ChangeEnd(kind, fact.id, end_of(form, now, zone, begin)))
    return moved


def said_of(error: Refused | NotAnswering) -> str:
    if isinstance(error, Refused):
        return f"Not done: {error.message}"
    return f"Perhaps not done: {error}. Look at the list before you try again."
