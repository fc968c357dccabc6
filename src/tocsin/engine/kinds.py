"""The kinds of agenda entries: every durable timer of the house, named once."""

from tocsin.core.respond.deliver import is_news
from tocsin.core.respond.incident import Timer

INCIDENT = {timer: f"incident.{timer.value}" for timer in Timer}  # subject: incident id
TIMER_OF = {kind: timer for timer, kind in INCIDENT.items()}
INCIDENT_KINDS = tuple(TIMER_OF)
PAGE = "page"  # subject: page id; the next rule of a contact plan
FLUSH = "group.flush"  # subject: group key; the detection owner's
HEARTBEAT = "heartbeat"  # subject: heartbeat key; the detection owner's
DEAD_MAN = "dead_mans_switch"  # subject: ""

SHIFT = "oncall.shift"  # subject: schedule; somebody is to be told of a shift
SWAP = "oncall.swap"  # subject: swap id; a reminder, or its end
HANDOFF = "oncall.handoff"  # subject: schedule; a draft is due, or a reminder
WARNINGS = "oncall.warnings"  # subject: team; its chat is to be told what is going to bite
ONCALL = (SHIFT, SWAP, HANDOFF, WARNINGS)  # decided the same way, but apart: nobody is paged by them
CALENDAR = "calendar"  # subject: calendar key; its feed is to be read, leased by the calendars' own loop

DECIDED = (*INCIDENT_KINDS, PAGE)  # claimed, decided and committed in one transaction, on any node
OWNED = (FLUSH, HEARTBEAT)  # only the detection owner claims these


AGENDA_TOPIC = "agenda:"
INCIDENT_TOPIC = "incident:"  # and its id
ONCALL_TOPIC = "oncall"  # a swap or the like was made, or settled
CALENDARS_TOPIC = "calendars"  # somebody wants one read now
WEBHOOKS_TOPIC = "webhooks"  # something is owed to a subscription
WEBHOOK = "webhook."
LATE_WEBHOOK = "webhook_late"  # subject: incident.entry.subscription; to be owed, but not with its incident


def due(at: int) -> str:
    """The topic that wakes whoever sleeps past that instant (microseconds)."""
    return f"{AGENDA_TOPIC}{at}"


def address(channel: str) -> str:
    """Something waits to be sent at an address of this channel (subject: its key). A kind per channel, so that a hanging
    provider fills its own room and nobody else's."""
    return f"address.{channel}"


def news(channel: str) -> str:
    """What is no page waits at addresses of this channel. Apart, because pages take a channel's room before any of it: on a
    Monday at nine a thousand people are told of their shifts."""
    return f"{address(channel)}.news"


def queue(channel: str, key: str) -> str:
    """The kind of the entry of one queue."""
    return news(channel) if is_news(key) else address(channel)


def webhook(key: str) -> str:
    """Something is owed to this subscription (subject: incident id; 0 for tests). A kind per subscription, so that one that
    hangs fills its own room and nobody else's."""
    return f"{WEBHOOK}{key}"
