"""How to reach a person by a tap: call, text, mail. For who may respond; what is a secret of the house is never shown."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import msgspec

from tocsin.core.people import Person

CALLED = frozenset({"phone", "voice", "call"})
TEXTED = frozenset({"sms", "phone", "whatsapp", "signal"})
_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{3,30}")
_ADDRESS = re.compile(r"[^\s@<>\"',;:?&]{1,100}@[A-Za-z0-9.-]{1,200}")


class Tap(msgspec.Struct, frozen=True):
    """`word` is what the button says; `address` begins with tel:, sms: or mailto:."""

    word: str
    icon: str
    address: str
    shown: str


def taps(person: Person | None) -> list[Tap]:
    """The nearest first: a call, a text, a mail. None for who has told the house nothing that a telephone knows."""
    return list(_taps(person)) if person is not None else []


def _taps(person: Person) -> Iterator[Tap]:
    numbers = [
        (method.channel, "".join(c for c in method.address if c in "+0123456789"), method.address)
        for method in person.contact
        if isinstance(method.address, str) and _NUMBER.fullmatch(method.address.strip())
    ]
    call = next(((number, shown) for channel, number, shown in numbers if channel in CALLED | TEXTED), None)
    text = next(((number, shown) for channel, number, shown in numbers if channel in TEXTED), None)
    if call:
        yield Tap("Call", "phone", f"tel:{call[0]}", call[1])
    if text:
        yield Tap("Text", "message-square", f"sms:{text[0]}", text[1])
    mails = [method.address for method in person.contact if method.channel == "email"]
    for mail in (person.email, *mails):
        if isinstance(mail, str) and _ADDRESS.fullmatch(mail.strip()):
            yield Tap("E-mail", "mail", f"mailto:{quote(mail.strip(), safe='@+.-_')}", mail.strip())
            return
