"""What somebody was told lately that is about no incident: shifts, swaps, handoffs."""

from datetime import datetime

import msgspec

from tocsin.apps.incidents.models import Notification as Row
from tocsin.core.configuration import Configuration
from tocsin.core.respond.delivery import Notification, NotificationState
from tocsin.core.respond.quiet_hours import held_until
from tocsin.engine.consequences import notices_of

SHOWN = 10
WORDS = {
    NotificationState.SENT: "sent",
    NotificationState.WAITING: "on its way",
    NotificationState.FAILED: "could not be sent",
    NotificationState.DROPPED: "no longer needed",
}
_decode = msgspec.json.Decoder(Notification).decode


class Told(msgspec.Struct, frozen=True):
    """`held`: until when it waits for their quiet hours. `opens`: the path of the screen that it is about."""

    at: datetime
    title: str
    text: str
    by: str
    word: str
    failed: bool
    held: datetime | None
    opens: str


def told_lately(person: str, facts: Configuration, now: datetime) -> list[Told]:
    """The latest first. Their ids begin alike, and ids are compared byte by byte: `0` follows `/`."""
    begin = notices_of(person)
    rows = Row.objects.filter(id__gte=begin, id__lt=f"{begin[:-1]}0").order_by("-created_at", "-id")[:SHOWN]
    return [told for row in rows if (told := _told(row, facts, now)) is not None]


def _told(row: Row, facts: Configuration, now: datetime) -> Told | None:
    """What a later version wrote is passed over: it is only shown."""
    try:
        notification, state = _decode(bytes(row.document)), NotificationState(row.state)
    except (msgspec.DecodeError, ValueError):
        return None
    waits = state is NotificationState.WAITING
    return Told(
        at=notification.created_at,
        title=notification.title,
        text=notification.text,
        by=notification.method or "",
        word=WORDS[state],
        failed=state is NotificationState.FAILED,
        held=held_until(notification, facts, now) if waits else None,
        opens=notification.opens,
    )
