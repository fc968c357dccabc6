"""People, their contact methods and notification rules, teams and their business hours."""

from datetime import date, time, timedelta

import msgspec

from tocsin.core.severity import Urgency


class Secret(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value that never stands in the configuration itself: exactly one of the two names where it is."""

    env: str | None = None
    file: str | None = None


class MissingSecret(Exception):
    """A secret is not where the configuration says; the sentence says where that is, never what it holds."""


class ContactMethod(msgspec.Struct, frozen=True, omit_defaults=True):
    """One way to reach one person. `channel` is a folder of channels/; `address` is what that channel sends to."""

    name: str
    channel: str
    address: str | Secret
    options: dict[str, str | Secret] = {}
    verified: bool = False


class NotifyRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Use the contact method `by` once the page is `after` old."""

    by: str
    after: timedelta = timedelta(0)


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    key: str
    name: str
    email: str = ""
    time_zone: str = "UTC"
    contact: tuple[ContactMethod, ...] = ()
    notify_high: tuple[NotifyRule, ...] = ()
    notify_low: tuple[NotifyRule, ...] = ()
    admin: bool = False

    def rules(self, urgency: Urgency) -> tuple[NotifyRule, ...]:
        """The rules in force at an urgency; low falls back to high, high never falls back to low."""
        if urgency is Urgency.HIGH:
            return self.notify_high
        return self.notify_low or self.notify_high

    def method(self, name: str) -> ContactMethod | None:
        return next((m for m in self.contact if m.name == name), None)


class BusinessHours(msgspec.Struct, frozen=True, omit_defaults=True):
    """Weekday 0 is Monday. `start` is inclusive, `end` exclusive, both local wall time."""

    time_zone: str = "UTC"
    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    start: time = time(9)
    end: time = time(17)
    holidays: tuple[date, ...] = ()


class Team(msgspec.Struct, frozen=True, omit_defaults=True):
    key: str
    name: str = ""
    members: tuple[str, ...] = ()
    lead: str | None = None
    business_hours: BusinessHours = BusinessHours()
    chat: str | None = None
