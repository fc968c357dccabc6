"""Quiet hours: a person's own hours in which what is of low urgency waits. What is of high urgency never does.

They are wall-clock hours in the person's zone; an `end` at or before `start` is the next day's.
"""

from datetime import datetime, timedelta

from tocsin.core.configuration import Configuration
from tocsin.core.oncall.wall_clock import local_date, window
from tocsin.core.people import Person
from tocsin.core.reasons import Reason
from tocsin.core.respond.delivery import Notification, Purpose
from tocsin.core.severity import Urgency

ALWAYS_HEARD = frozenset(
    {Reason.ACK_QUESTION, Reason.TEST, Reason.VERIFICATION}
)  # somebody waits for an answer


def quiet_until(person: Person | None, urgency: Urgency, now: datetime) -> datetime | None:
    """When this person's quiet hours end; None while they hold nothing of this urgency."""
    if person is None or person.quiet is None or urgency is Urgency.HIGH:
        return None
    today = local_date(now, person.time_zone)
    for day in (today - timedelta(days=1), today):
        starts_at, ends_at = window(day, person.quiet.start, person.quiet.end, person.time_zone)
        if starts_at <= now < ends_at:
            return ends_at
    return None


def held_until(notification: Notification, facts: Configuration, now: datetime) -> datetime | None:
    """Until when this notification waits for its person's quiet hours. News counts by its incident's severity; what is about
    no incident by its own urgency: a code that somebody asked for is urgent, the notice of a shift is not."""
    if notification.person is None or notification.test or notification.reason in ALWAYS_HEARD:
        return None
    urgency = notification.urgency
    if notification.purpose is not Purpose.PAGE and notification.severity is not None:
        urgency = facts.severities[notification.severity].urgency
    return quiet_until(facts.people.get(notification.person), urgency, now)
