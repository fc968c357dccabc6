"""Where a notification goes: from a person's contact method or a chat to one address, without its secrets."""

import msgspec

from tocsin.core.configuration import Configuration
from tocsin.core.people import CONTACT_METHODS, Secret
from tocsin.core.reasons import Reason
from tocsin.core.respond.deliver import queue_of
from tocsin.core.respond.delivery import Notification

ABOUT_ADDRESSES = (Reason.VERIFICATION, Reason.CONTACT_CHANGED)


class Address(msgspec.Struct, frozen=True):
    """`guarded`: people set it, on screen or by API, so it may lead to the public network only (channels/guard.py)."""

    channel: str
    address: str | Secret
    options: dict[str, str | Secret]
    guarded: bool = False

    @property
    def key(self) -> str:
        """What notifications to this address wait under. A secret address is named, never spelled out."""
        where = (
            self.address
            if isinstance(self.address, str)
            else f"env:{self.address.env}"
            if self.address.env
            else f"file:{self.address.file}"
            if self.address.file
            else "sealed"
        )
        return f"{self.channel}|{where}"


def method_address(facts: Configuration, person: str, method: str) -> Address | None:
    """The address behind one contact method; None when either is no longer configured."""
    known = facts.people.get(person)
    found = known.method(method) if known else None
    if found is None:
        return None
    return Address(found.channel, found.address, found.options, _by_people(facts, person, method))


def _by_people(facts: Configuration, person: str, method: str) -> bool:
    own = (CONTACT_METHODS, f"{person}.{method}")
    return ("people", person) in facts.by_people or own in facts.by_people


def _exactly(facts: Configuration, notification: Notification) -> Address | None:
    """The very address that the message is about, which may be replaced by now, or not yet in use."""
    person = facts.people.get(notification.person or "")
    if person is None:
        return None
    known = (*person.contact, *person.elsewhere)
    for method in known:
        guarded = method not in person.contact or _by_people(facts, person.key, method.name)
        address = Address(method.channel, method.address, method.options, guarded)
        named = method.name == notification.method
        if named and queue_of(address.key, notification.purpose) == notification.address_key:
            return address
    return None


def chat_address(facts: Configuration, chat: str) -> Address | None:
    found = facts.chats.get(chat)
    if found is None:
        return None
    return Address(found.channel, found.address, found.options, ("chats", chat) in facts.by_people)


def address_of(facts: Configuration, notification: Notification) -> Address | None:
    """Where this notification goes by today's configuration."""
    if notification.method is None:
        return None
    if notification.person is not None:
        if notification.reason in ABOUT_ADDRESSES:
            return _exactly(facts, notification)
        return method_address(facts, notification.person, notification.method)
    return chat_address(facts, notification.method)
