"""Who calls with a bearer token: the operator, a person, or a service; and what they may.

A token is random and long enough that nobody guesses it; only its SHA-256 is kept, so it is found by that.
"""

import hashlib
import hmac
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from tocsin.control.actor import Actor
from tocsin.control.authority import memberships_of, person_of
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.core.roles import (
    EVERYTHING,
    Grants,
    Membership,
    Role,
    grants_of,
    grants_of_token,
    scopes_in,
)

if TYPE_CHECKING:  # the command line shares this file and wants no engine
    from tocsin.engine.store.protocol import TokenRow

PREFIX = "tocsin_"  # by which scanners of leaked secrets know one
LONGEST = 4096  # characters; nobody's is as long
WRITTEN_EVERY = 60_000_000  # microseconds between two notes of a token's last use


class Caller(msgspec.Struct, frozen=True):
    actor: Actor
    grants: Grants
    oneself: str = ""  # the key of the person they are


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def operator(given: str, token: str, address: str) -> Caller | None:
    """Whoever has the installation's own token may everything. `given` is as the header had it, byte by byte."""
    if hmac.compare_digest(given.encode("latin-1"), token.encode()):
        return Caller(Actor("token", "api", address, operator=True), EVERYTHING)
    return None


def caller_of(row: "TokenRow", facts: Configuration, now: datetime, address: str) -> Caller | None:
    """None when it is expired, revoked, or its account is closed."""
    at = micros(now)
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= at):
        return None
    scopes = scopes_in(row.scopes)
    if row.login is None:
        return Caller(
            Actor(f"service:{row.name}"[:200], "api", address), grants_of_token(scopes, None, row.team)
        )
    if not row.active:
        return None
    person = person_of(row.person, row.login, facts)
    own = [
        Membership(team, Role(role)) for team, role in row.memberships if role in Role.__members__.values()
    ]
    held = grants_of(
        row.admin or (person is not None and person.admin), [*own, *memberships_of(person, facts)]
    )
    name = person.key if person is not None else row.login
    oneself = person.key if person is not None else ""
    return Caller(Actor(name, "api", address), grants_of_token(scopes, held, None), oneself)


def use_is_news(row: "TokenRow", now: datetime) -> bool:
    """Whether the last use is old enough to be written again."""
    return row.last_used_at is None or micros(now) - row.last_used_at >= WRITTEN_EVERY
