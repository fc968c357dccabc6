"""How a person is reached: contact methods, notification rules, quiet hours."""

from typing import Annotated

import msgspec


class PutContactMethod(msgspec.Struct, frozen=True, tag="put_contact_method", omit_defaults=True):
    """Add a contact method or change its address; a code is sent to it. A changed address replaces the old one once it is
    verified. Options that are left out stay, empty ones go. Answer: ContactView."""

    person: str
    name: str
    channel: str
    address: str
    options: dict[str, str] = {}


class RemoveContactMethod(msgspec.Struct, frozen=True, tag="remove_contact_method", omit_defaults=True):
    """`change_only`: just the address that waits to be verified. Answer: ContactView."""

    person: str
    name: str
    change_only: bool = False


class SendContactCode(msgspec.Struct, frozen=True, tag="send_contact_code"):
    """Another code, to the address that is to be verified. Answer: ContactView."""

    person: str
    name: str


class VerifyContactMethod(msgspec.Struct, frozen=True, tag="verify_contact_method"):
    """Answer: ContactView."""

    person: str
    name: str
    code: str


class WantedRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """Use the contact method `by` once the page is `minutes` old."""

    by: str
    minutes: Annotated[int, msgspec.Meta(ge=0, le=1440)] = 0


class PutPreferences(msgspec.Struct, frozen=True, tag="put_preferences", omit_defaults=True):
    """When and by what a person is notified. No rules for low urgency: those for high hold. `quiet_from` and `quiet_until`
    are local wall time, `22:00`; empty: no quiet hours. An empty `time_zone` or `holidays` (a place such as DE-BY) is the
    files'; `holidays` left out stays. `without_notices` are the kinds of shift notices that they do
    not want (ahead, begins, ends); left out it stays, too. Answer: PreferencesView."""

    person: str
    high: tuple[WantedRule, ...]
    low: tuple[WantedRule, ...] = ()
    quiet_from: str = ""
    quiet_until: str = ""
    time_zone: str = ""
    holidays: str | None = None
    without_notices: tuple[str, ...] | None = None


class ContactView(msgspec.Struct, frozen=True):
    """`waits`: another address replaces it once its code was entered."""

    person: str
    name: str
    channel: str
    verified: bool
    waits: bool
    said: str


class PreferencesView(msgspec.Struct, frozen=True):
    person: str
    said: str
