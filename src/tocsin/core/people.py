"""People, their contact methods and notification rules, teams and their business hours."""

from datetime import date, datetime, time, timedelta

import msgspec

from tocsin.core.oncall.goals import Goals
from tocsin.core.severity import Urgency


class Secret(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value that never stands in the configuration itself: one of the two names where it is, or it is sealed (encrypted;
    see config/sealing.py)."""

    env: str | None = None
    file: str | None = None
    sealed: str | None = None


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


class QuietHours(msgspec.Struct, frozen=True):
    """Local wall time in the person's zone. An `end` at or before `start` is the next day's."""

    start: time
    end: time


class Preferences(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one person chose on screen; it goes over what the files say of them. None: as the files say.

    `without` are the files' contact methods they do not want; `verified` are the marks of those they proved to be theirs.
    """

    person: str
    time_zone: str | None = None
    holidays: str | None = None
    notify_high: tuple[NotifyRule, ...] | None = None
    notify_low: tuple[NotifyRule, ...] | None = None
    quiet: QuietHours | None = None
    without: tuple[str, ...] = ()
    verified: tuple[str, ...] = ()
    without_notices: tuple[str, ...] = ()


class ContactChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A contact method on its way to be proven by a code, of which only the digest is kept.

    `wanted` takes the method's place once proven (None: the one in use is being proven). `former` is the address that was
    replaced, kept for a while so that it can be told.
    """

    person: str
    method: str
    wanted: ContactMethod | None = None
    former: ContactMethod | None = None
    key: str = ""
    keyed_digest: str = ""  # of the code, under `key`
    expires_at: datetime | None = None
    tries_left: int = 0
    sent_at: tuple[datetime, ...] = ()


# The kinds of entries in which the store keeps what people set up themselves; none of them is ever in a file.
CONTACT_METHODS = "contact_methods"  # a ContactMethod each, named `<person>.<method>`
CONTACT_CHANGES = "contact_changes"  # a ContactChange each, named the same
PREFERENCES = "preferences"  # one Preferences for each person, named as they are


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """`elsewhere` are addresses that are told about themselves and never paged: one that is yet to be proven, one that was
    just replaced."""

    key: str
    name: str
    email: str = ""
    time_zone: str = "UTC"
    contact: tuple[ContactMethod, ...] = ()
    notify_high: tuple[NotifyRule, ...] = ()
    notify_low: tuple[NotifyRule, ...] = ()
    admin: bool = False
    quiet: QuietHours | None = None
    elsewhere: tuple[ContactMethod, ...] = ()
    without_notices: tuple[
        str, ...
    ] = ()  # kinds of shift notices that they do not want (core/oncall/notices.py)
    holidays: str = ""  # the place whose public holidays are theirs, e.g. DE-BY

    def rules(self, urgency: Urgency) -> tuple[NotifyRule, ...]:
        """The rules in force at an urgency; low falls back to high, high never falls back to low."""
        if urgency is Urgency.HIGH:
            return self.notify_high
        return self.notify_low or self.notify_high

    def method(self, name: str) -> ContactMethod | None:
        return next((m for m in self.contact if m.name == name), None)


class BusinessHours(msgspec.Struct, frozen=True, omit_defaults=True):
    """Weekday 0 is Monday. `start` is inclusive, `end` exclusive, both local wall time. The public holidays of `place` are
    put into `holidays` when the configuration is loaded, beside those that are written there."""

    time_zone: str = "UTC"
    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    start: time = time(9)
    end: time = time(17)
    holidays: tuple[date, ...] = ()
    place: str = ""


class Team(msgspec.Struct, frozen=True, omit_defaults=True):
    key: str
    name: str = ""
    members: tuple[str, ...] = ()
    lead: str | None = None
    business_hours: BusinessHours = BusinessHours()
    chat: str | None = None
    goals: Goals = Goals()
