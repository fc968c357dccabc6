"""Who comes in by the identity provider, and which roles its groups give: added and taken away at each sign-in.

An account is linked by e-mail address only when both sides are sure of it: the provider says it is verified, and here nobody
else can have made the account with somebody's address.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from tocsin.apps.configuration.queries import facts
from tocsin.apps.people import actions, oidc, ways_in
from tocsin.apps.people.models import Account, login_of
from tocsin.apps.people.oidc import Provider


class NotLetIn(Exception):
    """The sentence tells whoever came what to do."""


def the_provider() -> Provider:
    """Raises NoProvider."""
    provider: Provider | None = settings.OIDC
    if provider is None:
        raise oidc.NoProvider
    return provider


def join(request: HttpRequest, sociallogin: Any, provider: Provider, now: datetime) -> None:
    """Find, link or make the account, and give it what the groups say. Raises NotLetIn."""
    groups = oidc.groups_in(provider, sociallogin.account.extra_data)
    if not sociallogin.is_existing:
        account = _account_for(sociallogin, provider, groups, now)
        known = account.pk is not None
        with transaction.atomic():
            account.save()
            sociallogin.connect(request, account)
            if known:
                ways_in.changed(account, "ProviderLinked", account.login, now, provider.name)
            else:
                actions.record(account.login, "ProviderLinked", account.login, now, provider.name)
    sync_roles(sociallogin.user, provider, groups, now)


def _account_for(sociallogin: Any, provider: Provider, groups: frozenset[str], now: datetime) -> Account:
    """The one with the address that the provider vouches for, or a new one, not saved yet."""
    email, verified = _email_of(sociallogin)
    if not email:
        raise NotLetIn(f"{provider.name} did not say your e-mail address, so nobody here can be you.")
    if not (verified or provider.trust_email):
        raise NotLetIn(
            f"{provider.name} does not say that your e-mail address is verified, so it cannot be linked to an account here."
        )
    account = Account.objects.filter(login=login_of(email)).first()
    if account is None:
        return _newcomer(sociallogin, provider, email, groups, now)
    if account.email_verified_at is None and account.has_usable_password():
        raise NotLetIn(
            "There is an account with your e-mail address whose address was never verified. Sign in to it with its password "
            f"and link {provider.name} under Security; or set a new password by e-mail first."
        )
    account.email_verified_at = account.email_verified_at or now
    return account


def _newcomer(
    sociallogin: Any, provider: Provider, email: str, groups: frozenset[str], now: datetime
) -> Account:
    login = login_of(email)
    expected = any(login_of(person.email) == login for person in facts().people.values() if person.email)
    if provider.sign_up != "anybody" and not expected and not groups & provider.groups.keys():
        raise NotLetIn("You have no account here. Ask an administrator to invite you.")
    name = str(_claims_of(sociallogin).get("name") or "")[:100]
    account = Account(login=login, name=name, created_at=now, email_verified_at=now)
    account.set_unusable_password()
    return account


def _claims_of(sociallogin: Any) -> dict[str, Any]:
    data = sociallogin.account.extra_data
    return {**(data.get("id_token") or {}), **(data.get("userinfo") or {})}


def _email_of(sociallogin: Any) -> tuple[str, bool]:
    """The address, and whether the provider says that it was verified: in the same breath as the address."""
    data = sociallogin.account.extra_data
    for claims in (data.get("userinfo") or {}, data.get("id_token") or {}):
        if isinstance(claims.get("email"), str):
            return claims["email"][:254], claims.get("email_verified") in (True, "true")
    return "", False


def sync_roles(account: Account, provider: Provider, groups: frozenset[str], now: datetime) -> None:
    """What the groups give now is all that origin "oidc" holds; what people gave stays."""
    admin, roles = oidc.roles_of(provider, groups)
    with transaction.atomic():
        held = {m.team: m for m in account.memberships.filter(origin=oidc.ID)}
        wanted = {each.team: each.role for each in roles}
        for team, membership in held.items():
            if team not in wanted:
                membership.delete()
                actions.record(oidc.ID, "RoleTaken", account.login, now, f"{membership.role} in {team}")
        for team, role in wanted.items():
            if team not in held or held[team].role != role:
                actions.give_role(account, team, role, oidc.ID, oidc.ID, now)
        _sync_admin(account, admin, now)


def _sync_admin(account: Account, admin: bool, now: datetime) -> None:
    if admin and not account.is_admin:
        account.is_admin, account.admin_origin = True, oidc.ID
    elif not admin and account.is_admin and account.admin_origin == oidc.ID:
        if actions.is_last_administrator(account):
            return
        account.is_admin, account.admin_origin = False, "people"
    else:
        return
    account.save(update_fields=["is_admin", "admin_origin"])
    actions.record(oidc.ID, "AdministratorMade" if admin else "AdministratorEnded", account.login, now)


def link(request: HttpRequest, sociallogin: Any, account: Account, now: datetime) -> bool:
    """By their own wish, signed in. False when that identity is somebody else's here."""
    if sociallogin.is_existing:
        return bool(sociallogin.user == account)
    email, verified = _email_of(sociallogin)
    if verified and login_of(email) == account.login and account.email_verified_at is None:
        account.email_verified_at = now  # saved with the link
    try:
        with transaction.atomic():
            sociallogin.connect(request, account)
            ways_in.changed(account, "ProviderLinked", account.login, now, the_provider().name)
    except IntegrityError:
        return False
    return True
