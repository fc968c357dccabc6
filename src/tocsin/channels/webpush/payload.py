"""What travels to the browser: everything that a lock screen shows, and where its buttons lead. `sw.js` reads it.

Links are paths of the house itself: the browser subscribed there, and reaches it by the name under which it did.
"""

import hashlib
from urllib.parse import urlsplit

import msgspec

from tocsin.channels.plain import body, line, within_bytes
from tocsin.channels.wording import headline, since
from tocsin.core.instants import micros
from tocsin.core.respond.delivery import Purpose
from tocsin.core.respond.message import Item, Message
from tocsin.core.severity import Urgency

LONGEST_BODY = 1200  # bytes; one record of aes128gcm takes 3,993 in all (RFC 8291, 4)
LONGEST_PATH = 1500
MOST_LISTED = 6


class Payload(msgspec.Struct, frozen=True, omit_defaults=True):
    """`tag`: what replaces what on the screen. `since` in milliseconds, as browsers count."""

    title: str
    body: str
    tag: str
    url: str = "/"
    ack: str = ""
    count: int = 1
    severity: str = ""
    service: str = ""
    since: int = 0
    high: bool = False
    test: bool = False


def payload(message: Message) -> Payload:
    first = message.items[0] if message.items else None
    return Payload(
        title=headline(message, 160),
        body=within_bytes(_words(message), LONGEST_BODY),
        tag=topic(message) if first and message.purpose is Purpose.PAGE else line(message.key, 80),
        url=_where(message),
        ack=path(message.acknowledge_url),
        count=max(len(message.items), 1),
        severity=first.severity.value if first else "",
        service=line(first.service, 60) if first else "",
        since=micros(first.since) // 1000 if first else 0,
        high=message.urgency is Urgency.HIGH,
        test=message.test,
    )


def _where(message: Message) -> str:
    about = message.items[0].url if len(message.items) == 1 else "" if message.items else message.opens
    return path(about) or "/"


def topic(message: Message) -> str:
    """32 characters at most (RFC 8030, 5.4). A newer page about the same incident takes the place of one that still waits at
    the push service; nothing else replaces anything."""
    about = message.key
    if message.purpose is Purpose.PAGE and len(message.items) == 1:
        about = f"incident {message.items[0].incident}"
    return hashlib.sha256(about.encode()).hexdigest()[:32]


def path(url: str) -> str:
    """An absolute URL of this house as its path; "" for none."""
    parts = urlsplit(url)
    found = parts.path + (f"?{parts.query}" if parts.query else "")
    return found if found.startswith("/") and len(found) <= LONGEST_PATH else ""


def _words(message: Message) -> str:
    if message.purpose is not Purpose.PAGE or not message.items:
        return body(message.text, LONGEST_BODY)
    if len(message.items) == 1:
        return _told(message.items[0], message)
    shown = [f"{item.severity} {line(item.title, 90)}" for item in message.items[:MOST_LISTED]]
    more = len(message.items) - MOST_LISTED
    return "\n".join([*shown, *([f"and {more} more"] if more > 0 else [])])


def _told(item: Item, message: Message) -> str:
    summary = line(item.summary, 300)
    if summary == line(item.title, 300):
        summary = ""
    count = f" · {item.alerts} alerts" if item.alerts > 1 else ""
    return "\n".join(part for part in (summary, f"Since {since(item, message)}{count}") if part)
