"""What a message says: every page carries severity, service, summary, since when, runbook link and incident link.

Plain text, short enough for a phone; channels lay it out and escape it. Whether it is still worth saying is checked when it
leaves (`is_stale`).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tocsin.core.instants import format_duration
from tocsin.core.people import Person
from tocsin.core.reasons import Reason
from tocsin.core.respond.delivery import Notification, Offer, Purpose
from tocsin.core.respond.incident import Incident, State
from tocsin.core.respond.message import Button, Item, Message
from tocsin.core.respond.page import Page, PageState
from tocsin.core.severity import Severity, Urgency

LONGEST_TITLE = 120
LONGEST_SUMMARY = 300
_MINUTE = timedelta(minutes=1)
IN_FULL = 4  # incidents of one message told with summary and runbook; of more, a line and a link each


class Links(Protocol):
    """Absolute URLs of this installation. Action links are signed for the person; "" where there is none."""

    def incident(self, incident: int) -> str: ...
    def acknowledge(self, incidents: tuple[int, ...], person: str) -> str: ...
    def resolve(self, incidents: tuple[int, ...], person: str) -> str: ...
    def screen(self, path: str) -> str: ...
    def offer(self, offer: Offer, person: str) -> str: ...


def compose(
    notifications: Sequence[Notification],
    incidents: Mapping[int, Incident],
    now: datetime,
    key: str,
    links: Links,
    person: Person | None = None,
) -> Message:
    """One message out of one bundle: pages together, or a single notification of another purpose."""
    first = notifications[0]
    items = _items(notifications, incidents, links)
    test = all(notification.test for notification in notifications)
    whom = first.person or ""
    if first.purpose is Purpose.PAGE:
        title, text = _page(items, now, person)
    else:
        title, text = _news(first, items, links)
    ids = tuple(item.incident for item in items)
    answerable = bool(whom and ids and first.purpose is Purpose.PAGE)
    return Message(
        key=key,
        purpose=first.purpose,
        title=f"[TEST] {title}" if test else title,
        text=f"[TEST] {text}" if test else text,
        sent_at=now,
        items=items,
        person=whom,
        person_name=person.name if person else "",
        urgency=Urgency.HIGH if any(n.urgency is Urgency.HIGH for n in notifications) else Urgency.LOW,
        acknowledge_url=links.acknowledge(ids, whom) if answerable else "",
        resolve_url=links.resolve(ids, whom) if answerable and len(ids) == 1 else "",
        test=test,
        opens=links.screen(first.opens) if first.opens else "",
        buttons=_buttons(first, links),
    )


def in_few_words(notifications: Sequence[Notification], now: datetime, key: str) -> Message:
    """The least there is to say, from the notifications alone: for when composing fails."""
    first = notifications[0]
    said = [
        " ".join(
            part
            for part in (n.severity, n.service, n.title or n.text, n.incident and f"#{n.incident}")
            if part
        )
        for n in notifications
    ]
    title = said[0] if len(said) == 1 else f"{len(said)} incidents need you"
    return Message(
        key=key,
        purpose=first.purpose,
        title=_line(title, LONGEST_TITLE),
        text="\n".join(_line(line, LONGEST_SUMMARY) for line in said),
        sent_at=now,
        person=first.person or "",
        urgency=first.urgency,
        test=all(n.test for n in notifications),
    )


def is_stale(
    notification: Notification, incident: Incident | None, page: Page | None, unreadable: bool = False
) -> Reason | None:
    """Why this no longer needs saying, checked at the moment it leaves; None when it does.

    A page is wanted until it is stopped (an acknowledged incident may still page an added responder), though its incident is
    `unreadable`: what the page itself says is better than silence. A question to a silent owner is stale once somebody
    acted.
    """
    if notification.purpose is not Purpose.PAGE:
        if notification.reason is Reason.ACK_QUESTION and (incident is None or incident.asked_at is None):
            return Reason.STALE
        return None
    if page is None:
        return Reason.STALE
    if page.state is PageState.STOPPED:
        return page.stopped_because or Reason.PAGE_STOPPED
    wanted = unreadable if incident is None else incident.is_open
    return None if wanted else Reason.STALE


def headline(severity: Severity, service: str, title: str) -> str:
    """`[SEV2] task-api: API p99 latency above 2s`, one line; a title that names the service does not say it twice."""
    said = _line(title, LONGEST_TITLE)
    named = not service or said.startswith(f"{service}:")
    return f"[{severity}] {said}" if named else f"[{severity}] {service}: {said}"


def since(opened_at: datetime, now: datetime, time_zone: str = "UTC") -> str:
    """`2026-06-14 14:32 UTC (16:32 Europe/Berlin), for 3m`."""
    text = f"{opened_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    zone = _zone(time_zone)
    if zone is not None:
        text += f" ({opened_at.astimezone(zone):%H:%M} {time_zone})"
    minutes = (now - opened_at) // _MINUTE * _MINUTE
    return f"{text}, for {format_duration(minutes)}" if minutes > timedelta(0) else text


def _page(items: Sequence[Item], now: datetime, person: Person | None) -> tuple[str, str]:
    time_zone = person.time_zone if person else "UTC"
    if len(items) == 1:
        item = items[0]
        return headline(item.severity, item.service, item.title), _in_full(item, now, time_zone)
    worst = min((item.severity for item in items), key=lambda severity: severity.rank)
    title = f"{len(items)} incidents need you (worst {worst})"
    if len(items) <= IN_FULL:
        told = "\n\n".join(_in_full(item, now, time_zone) for item in items)
    else:
        told = "\n".join(_in_short(item) for item in items)
    return title, f"{title}\n\n{told}"


def _in_full(item: Item, now: datetime, time_zone: str) -> str:
    lines = [headline(item.severity, item.service, item.title)]
    summary = _line(item.summary, LONGEST_SUMMARY)
    if summary and summary != _line(item.title, LONGEST_TITLE):
        lines.append(summary)
    count = f" · {item.alerts} alerts" if item.alerts > 1 else ""
    lines.append(f"Since {since(item.since, now, time_zone)}{count}")
    if item.runbook_url:
        lines.append(f"Runbook: {item.runbook_url}")
    lines.append(f"Incident: {item.url}")
    return "\n".join(lines)


def _in_short(item: Item) -> str:
    said = _line(headline(item.severity, item.service, item.title), 90)
    return f"{said} · {item.since.astimezone(UTC):%H:%M} UTC · {item.url}"


def _news(notification: Notification, items: Sequence[Item], links: Links) -> tuple[str, str]:
    if not items:
        where = f"\nOpen: {links.screen(notification.opens)}" if notification.opens else ""
        return _line(notification.title, LONGEST_TITLE) or "Tocsin", f"{notification.text}{where}"
    item = items[0]
    title = headline(item.severity, item.service, item.title)
    link = "" if not item.url or item.url in notification.text else f"\nIncident: {item.url}"
    return title, f"{notification.text}{link}"


def _buttons(notification: Notification, links: Links) -> tuple[Button, ...]:
    whom = notification.person
    if not whom:
        return ()
    made = [Button(offer.label, links.offer(offer, whom)) for offer in notification.offers]
    return tuple(button for button in made if button.url)


def _items(
    notifications: Sequence[Notification], incidents: Mapping[int, Incident], links: Links
) -> tuple[Item, ...]:
    """One per incident, in the bundle's order."""
    items: dict[int, Item] = {}
    for notification in notifications:
        number = notification.incident
        if number is None or number in items:
            continue
        incident = incidents.get(number)
        if incident is None:  # only what the notification itself remembers
            items[number] = Item(
                incident=number,
                title=notification.title,
                severity=notification.severity or Severity.SEV2,
                since=notification.created_at,
                state=State.DETECTED.value,
                url=links.incident(number),
                service=notification.service or "",
            )
            continue
        items[number] = Item(
            incident=number,
            title=incident.title,
            severity=incident.severity,
            since=incident.opened_at,
            state=incident.state.value,
            url=links.incident(number),
            summary=incident.summary or incident.description,
            service=incident.service or "",
            runbook_url=incident.runbook_url,
            alerts=max(incident.firing, 1),
            labels=incident.labels,
        )
    return tuple(items.values())


def _line(text: str, limit: int) -> str:
    joined = " ".join(text[: limit * 4].split())
    return joined if len(joined) <= limit else joined[: limit - 1].rstrip() + "…"


def _zone(name: str) -> ZoneInfo | None:
    """None for UTC, which is said anyway, and for what is no zone."""
    if name in ("UTC", ""):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None
