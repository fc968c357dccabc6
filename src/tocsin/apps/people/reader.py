"""Who reads this page: their account, the configured person they are, and the zone in which they want to see times."""

from zoneinfo import ZoneInfo

import msgspec
from django.http import HttpRequest

from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.authority import grants_for
from tocsin.apps.people.models import Account, login_of
from tocsin.control.actor import Actor
from tocsin.core.configuration import Configuration
from tocsin.core.oncall.wall_clock import zone
from tocsin.core.people import Person
from tocsin.core.roles import NOTHING, Grants

ZONE_COOKIE = "tocsin_zone"  # what the browser says its zone is


class Reader(msgspec.Struct, frozen=True):
    """`person` is None for an account that nobody in the configuration is."""

    account: Account | None
    person: Person | None
    zone: ZoneInfo
    grants: Grants = NOTHING

    @property
    def name(self) -> str:
        """Whom the timeline names: the person's key, else the account's e-mail address."""
        if self.person is not None:
            return self.person.key
        return self.account.login if self.account is not None else ""

    @property
    def shown(self) -> str:
        """What the page calls them."""
        if self.person is not None:
            return self.person.name
        return str(self.account) if self.account is not None else ""

    @property
    def actor(self) -> Actor:
        return Actor(self.name, "web")


def reader_of(request: HttpRequest) -> Reader:
    """Found once a request."""
    known: Reader | None = getattr(request, "_reader", None)
    if known is None:
        known = _find(request)
        request._reader = known  # type: ignore[attr-defined]
    return known


def person_of(account: Account, configuration: Configuration) -> Person | None:
    """The person the account was given, else the one with its e-mail address."""
    if account.person is not None:
        return configuration.people.get(account.person)
    return next(
        (p for p in configuration.people.values() if p.email and login_of(p.email) == account.login), None
    )


def _find(request: HttpRequest) -> Reader:
    user = getattr(request, "user", None)
    account = user if isinstance(user, Account) and user.is_authenticated else None
    if account is None:
        return Reader(None, None, _zone(None, request))
    configuration = facts()
    person = person_of(account, configuration)
    return Reader(account, person, _zone(person, request), grants_for(account, person, configuration))


def _zone(person: Person | None, request: HttpRequest) -> ZoneInfo:
    for name in (person.time_zone if person else "", request.COOKIES.get(ZONE_COOKIE, "")):
        if name:
            try:
                return zone(name)
            except ValueError:
                continue
    return zone("UTC")
