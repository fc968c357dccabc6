"""Secrets at rest: what people typed in is kept encrypted, and opened where entries become nouns.

A literal secret in a noun is kept as `Secret(sealed=...)`, a Fernet token (AES-128-CBC and HMAC-SHA256). Of several keys the
first seals and all open, so that keys can be changed. What cannot be opened stays sealed: whoever resolves it hears which
setting is missing, and everything else about the noun works. Entries from before are plain and stay readable.
"""

import base64
import functools
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec.structs import replace

from tocsin.config.secrets import address_is_secret, option_is_secret
from tocsin.core.configuration import Chat, DeadMansSwitch, Heartbeat, Integration
from tocsin.core.oncall.calendar import Calendar
from tocsin.core.people import ContactChange, ContactMethod, Person, Secret
from tocsin.core.webhooks import Webhook

PURPOSE = b"tocsin secrets at rest"
KNOWN = 4096  # tokens whose content is remembered, so that loading the facts again costs nothing
WHERE_ADDRESSES_ARE_KEYS = ("webpush",)

Value = str | Secret


class State(StrEnum):
    """How a secret is kept. Stale: plain, or under an older key, so that sealing it anew is better."""

    CURRENT = "current"
    STALE = "stale"
    UNREADABLE = "unreadable"


Change = Callable[[Value], Value]


class Sealer:
    """`keys` are any long texts. The first seals, all open."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._first = _fernet(keys[0])
        self._all = MultiFernet([_fernet(key) for key in keys])
        self._opened = functools.lru_cache(maxsize=KNOWN)(self._open)

    def seal(self, value: Value) -> Value:
        return (
            Secret(sealed=self._first.encrypt(value.encode()).decode()) if isinstance(value, str) else value
        )

    def open(self, value: Value) -> Value:
        """The text, or what was given when no key opens it."""
        if not isinstance(value, Secret) or value.sealed is None:
            return value
        opened = self._opened(value.sealed)
        return value if opened is None else opened

    def _open(self, token: str) -> str | None:
        try:
            return self._all.decrypt(token.encode()).decode()
        except (InvalidToken, UnicodeDecodeError):
            return None

    def state(self, value: Value) -> "State | None":
        """None: it is kept elsewhere."""
        if isinstance(value, str):
            return State.STALE
        if value.sealed is None:
            return None
        try:
            self._first.decrypt(value.sealed.encode())
        except InvalidToken:
            return State.UNREADABLE if self._open(value.sealed) is None else State.STALE
        return State.CURRENT


def _fernet(key: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=PURPOSE).derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


# --- the keys of this process ----------------------------------------------------------------------------------------

_sealer: Sealer | None = None


def use(keys: Sequence[str]) -> None:
    """From now on this process seals and opens with these; without any, secrets are kept as they are."""
    global _sealer
    _sealer = Sealer(keys) if keys else None


def sealed(noun: Any) -> Any:
    """The noun as the store is to keep it."""
    return noun if _sealer is None else mapped(noun, _sealer.seal)


def opened(noun: Any) -> Any:
    """The noun as decisions read it."""
    return noun if _sealer is None else mapped(noun, _sealer.open)


def states(noun: Any) -> list[State]:
    """Of each secret of the noun that is kept here. While none is stale, `sealed(opened(noun))` would only change tokens for
    others as good."""
    if _sealer is None:
        return []
    found: list[State | None] = []
    sealer = _sealer

    def look(value: Value) -> Value:
        found.append(sealer.state(value))
        return value

    mapped(noun, look)
    return [state for state in found if state is not None]


# --- one text, for secrets that are no noun's -------------------------------------------------------------------------

SEALED = "sealed:"  # before the token, so that what was kept plain stays readable


class Unreadable(Exception):
    """It was sealed with a key that this process does not have."""


def seal_text(text: str) -> str:
    secret = text if _sealer is None else _sealer.seal(text)
    return f"{SEALED}{secret.sealed}" if isinstance(secret, Secret) else secret


def open_text(kept: str) -> str:
    """Raises Unreadable: never something else in the secret's place."""
    if not kept.startswith(SEALED):
        return kept
    opened = _sealer.open(Secret(sealed=kept.removeprefix(SEALED))) if _sealer is not None else None
    if not isinstance(opened, str):
        raise Unreadable
    return opened


def state_of_text(kept: str) -> State | None:
    if _sealer is None:
        return None
    return _sealer.state(Secret(sealed=kept.removeprefix(SEALED)) if kept.startswith(SEALED) else kept)


# --- where secrets stand in a noun -----------------------------------------------------------------------------------


def mapped(noun: Any, change: Change) -> Any:
    """The noun with every secret changed; the very same when none was."""
    match noun:
        case Person():
            contact = tuple(_addressed(method, change) for method in noun.contact)
            return noun if contact == noun.contact else replace(noun, contact=contact)
        case ContactMethod() | Chat():
            return _addressed(noun, change)
        case ContactChange():
            wanted, former = (
                None if each is None else _addressed(each, change) for each in (noun.wanted, noun.former)
            )
            return replace(noun, wanted=wanted, former=former)
        case Integration():
            return _with(noun, change, "secret")
        case Heartbeat():
            return _with(noun, change, "ping_key")
        case DeadMansSwitch() | Calendar():
            return _with(noun, change, "url")
        case Webhook():
            told = isinstance(noun.url, str) and not address_is_secret("webhook", noun.url)
            fields = ("secret", "previous_secret") if told else ("url", "secret", "previous_secret")
            return _with(noun, change, *fields)
        case _:
            return noun


def _with(noun: Any, change: Change, *fields: str) -> Any:
    before = {field: getattr(noun, field) for field in fields}
    after = {field: None if value is None else change(value) for field, value in before.items()}
    return noun if after == before else replace(noun, **after)


def _addressed(where: Any, change: Change) -> Any:
    options = {
        name: change(value) if isinstance(value, Secret) or option_is_secret(name) else value
        for name, value in where.options.items()
    }
    address = change(where.address) if _address_is_secret(where) else where.address
    if address == where.address and options == where.options:
        return where
    return msgspec.structs.replace(where, address=address, options=options)


def _address_is_secret(where: ContactMethod | Chat) -> bool:
    if isinstance(where.address, Secret):
        return True
    topic_alone = where.channel == "ntfy" and "token" not in where.options
    return (
        topic_alone
        or where.channel in WHERE_ADDRESSES_ARE_KEYS
        or address_is_secret(where.channel, where.address)
    )
