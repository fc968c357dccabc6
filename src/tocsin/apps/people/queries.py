"""The accounts as administrators see them: who they are, what they may, how they sign in."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

import msgspec
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import Q

from tocsin.apps.people.models import Account, SignInLink
from tocsin.apps.people.one_time import INVITATION
from tocsin.apps.people.reader import person_of
from tocsin.control.authority import memberships_of
from tocsin.core.configuration import Configuration
from tocsin.core.people import Person

A_PAGE = 50
ORIGINS = {"people": "on screen", "oidc": "group", "configuration": "configuration"}


class Held(msgspec.Struct, frozen=True):
    """One role, and who gave it: people, oidc or configuration."""

    team: str
    role: str
    origin: str

    @property
    def given_by(self) -> str:
        return ORIGINS.get(self.origin, self.origin)


class Listed(msgspec.Struct, frozen=True):
    """`state` is invited, expired, active or closed; `factors` are kinds of second factors."""

    account: Account
    person: Person | None
    roles: tuple[Held, ...]
    factors: tuple[str, ...]
    provider: bool
    state: str
    invited_until: datetime | None

    @property
    def is_admin(self) -> bool:
        return self.account.is_admin or (self.person is not None and self.person.admin)


def accounts(
    facts: Configuration, now: datetime, text: str = "", after: str = ""
) -> tuple[list[Listed], str]:
    """One page by address, and where the next begins ("" when this is the last)."""
    found = Account.objects.order_by("login").prefetch_related("memberships")
    if text:
        found = found.filter(Q(login__icontains=text) | Q(name__icontains=text))
    if after:
        found = found.filter(login__gt=after)
    rows = list(found[: A_PAGE + 1])
    more = rows[A_PAGE - 1].login if len(rows) > A_PAGE else ""
    return listed(rows[:A_PAGE], facts, now), more


def listed(rows: Sequence[Account], facts: Configuration, now: datetime) -> list[Listed]:
    ids = [row.pk for row in rows]
    factors: dict[int, set[str]] = defaultdict(set)
    kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
    for owner, kind in Authenticator.objects.filter(user_id__in=ids, type__in=kinds).values_list(
        "user_id", "type"
    ):
        factors[owner].add("passkey" if kind == Authenticator.Type.WEBAUTHN else "app")
    provided = set(SocialAccount.objects.filter(user_id__in=ids).values_list("user_id", flat=True))
    invited = dict(
        SignInLink.objects.filter(account_id__in=ids, purpose=INVITATION, used_at=None).values_list(
            "account_id", "expires_at"
        )
    )
    return [
        _listed(row, facts, now, tuple(sorted(factors[row.pk])), row.pk in provided, invited.get(row.pk))
        for row in rows
    ]


def _listed(
    row: Account,
    facts: Configuration,
    now: datetime,
    factors: tuple[str, ...],
    provider: bool,
    invited_until: datetime | None,
) -> Listed:
    person = person_of(row, facts)
    roles = (
        *(Held(m.team, m.role, m.origin) for m in row.memberships.all()),
        *(Held(m.team, m.role, "configuration") for m in memberships_of(person, facts) if m.team),
    )
    begun = row.has_usable_password() or provider or row.last_login is not None
    if not row.is_active:
        state = "closed"
    elif begun:
        state = "active"
    else:
        state = "invited" if invited_until is not None and invited_until > now else "expired"
    shown = tuple(sorted(roles, key=lambda held: (held.team, held.origin)))
    return Listed(row, person, shown, factors, provider, state, invited_until)
