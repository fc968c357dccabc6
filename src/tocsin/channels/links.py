"""Signed action links: what somebody may do by one link, for how long, and nothing else.

A token is url-safe and short (about 40 characters for one incident): version and action, expiry, person and incidents (or
the name of what else it is about), packed, then half of an HMAC-SHA256 over them. Whoever holds the link holds the right,
until it expires.
"""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from tocsin.core.instants import instant, micros

Action = Literal["acknowledge", "resolve"]
_ACTIONS: dict[int, Action] = {0x11: "acknowledge", 0x12: "resolve"}  # version 1 in the high half
# What a message about no incident offers; each acts with one named subject.
_OFFERS = {0x21: "test_page", 0x22: "accept_swap", 0x23: "decline_swap"}
_OFFER_CODES = {act: code for code, act in _OFFERS.items()}
_CODES = {action: code for code, action in _ACTIONS.items()}
_PURPOSE = b"tocsin action link\x00"  # the same secret may sign other things
_MAC = 16  # bytes: RFC 2104, section 5, allows half of the hash
_LONGEST = 8192  # characters of a token worth looking at


class LinkClaims(msgspec.Struct, frozen=True):
    """What a genuine link grants: `action` on exactly these incidents, or with this `subject`, in this person's name."""

    action: str
    incidents: tuple[int, ...]  # ascending, each once
    person: str
    expires: datetime
    subject: str = ""


class LinkError(StrEnum):
    FORGED = "forged"  # not one of ours, or changed on the way
    EXPIRED = "expired"


def sign(secret: bytes, action: Action, incidents: tuple[int, ...], person: str, expires: datetime) -> str:
    """A token for these incidents, in force before `expires` (whole seconds). Raises ValueError for nonsense."""
    if not incidents or min(incidents) < 0:
        raise ValueError("a link needs at least one incident, and ids are not negative")
    return _sign(secret, _CODES[action], _pack(incidents), person, expires)


def sign_offer(secret: bytes, act: str, subject: str, person: str, expires: datetime) -> str:
    """A token for what is about no incident. Raises ValueError for nonsense."""
    if act not in _OFFER_CODES:
        raise ValueError(f"no link does {act!r}")
    if not subject or len(subject) > 255:
        raise ValueError("a link is about something of at most 255 characters")
    return _sign(secret, _OFFER_CODES[act], subject.encode(), person, expires)


def _sign(secret: bytes, code: int, about: bytes, person: str, expires: datetime) -> str:
    if not secret:
        raise ValueError("a link needs a secret to be signed with")
    name = person.encode()
    if len(name) > 255:
        raise ValueError("a person's key is at most 255 bytes long")
    seconds = micros(expires) // 1_000_000
    if not 0 < seconds < 1 << 40:
        raise ValueError("a link expires between 1970 and the year 36812")
    claims = bytes([code]) + seconds.to_bytes(5) + bytes([len(name)]) + name + about
    return urlsafe_b64encode(claims + _mac(secret, claims)).rstrip(b"=").decode()


def verify(secret: bytes, token: str, now: datetime) -> LinkClaims | LinkError:
    """What the token grants at `now`, or why it grants nothing. Constant time in the signature."""
    if not secret or len(token) > _LONGEST or not token.isascii():
        return LinkError.FORGED
    try:
        packed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return LinkError.FORGED
    claims, mac = packed[:-_MAC], packed[-_MAC:]
    if not hmac.compare_digest(mac, _mac(secret, claims)):
        return LinkError.FORGED
    if urlsafe_b64encode(packed).rstrip(b"=").decode() != token:  # one spelling each: base64 has slack bits
        return LinkError.FORGED
    return _unpack(claims, now)


def _unpack(claims: bytes, now: datetime) -> LinkClaims | LinkError:
    if len(claims) < 8 or (
        claims[0] not in _ACTIONS and claims[0] not in _OFFERS
    ):  # a later version's link, once signed by this secret
        return LinkError.FORGED
    expires = instant(int.from_bytes(claims[1:6]) * 1_000_000)
    if now >= expires:
        return LinkError.EXPIRED
    name_ends = 7 + claims[6]
    person, about = claims[7:name_ends].decode(), claims[name_ends:]
    if claims[0] in _OFFERS:
        return LinkClaims(_OFFERS[claims[0]], (), person, expires, about.decode())
    return LinkClaims(_ACTIONS[claims[0]], _unpack_ids(about), person, expires)


def _mac(secret: bytes, claims: bytes) -> bytes:
    return hmac.digest(secret, _PURPOSE + claims, hashlib.sha256)[:_MAC]


def _pack(ids: tuple[int, ...]) -> bytes:
    """Ascending, as differences, in groups of seven bits: a bundle of hundreds stays a link."""
    packed = bytearray()
    last = 0
    for one in sorted(set(ids)):
        rest, last = one - last, one
        while rest > 0x7F:
            packed.append(rest & 0x7F | 0x80)
            rest >>= 7
        packed.append(rest)
    return bytes(packed)


def _unpack_ids(packed: bytes) -> tuple[int, ...]:
    ids: list[int] = []
    last = value = shift = 0
    for byte in packed:
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            last += value
            ids.append(last)
            value = shift = 0
    return tuple(ids)
