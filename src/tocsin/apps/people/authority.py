"""Who may see and do what on the people's side. Every view says what it needs; one that does not is refused to everybody.

The table is `core.roles.MAY`; which request needs what stands in `control.authority`.
"""

from collections.abc import Callable
from typing import TypeVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tocsin.apps.people.models import Account
from tocsin.control.authority import memberships_of
from tocsin.core.configuration import Configuration
from tocsin.core.people import Person
from tocsin.core.roles import Grants, Membership, Permission, Role, grants_of

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def needs(permission: Permission) -> Callable[[View], View]:
    """Whoever may not is told so (403); whoever is not signed in signs in first."""

    def declared(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return declared


def public(view: View) -> View:
    """For everybody, signed in or not: sign-in itself, links that are their own proof."""
    view.permission = None  # type: ignore[attr-defined]
    return login_not_required(view)


def by_token(view: View) -> View:
    """The API: each operation asks for a token itself; no session counts there, and wrong tokens are limited there."""
    view.by_token = True  # type: ignore[attr-defined]
    return public(view)


def is_public(view: Callable[..., object]) -> bool:
    return getattr(view, "permission", Permission.OWN) is None and not getattr(view, "by_token", False)


def grants_for(account: Account | None, person: Person | None, facts: Configuration) -> Grants:
    if account is None or not account.is_active:
        return Grants()
    own = [
        Membership(m.team, Role(m.role))
        for m in account.memberships.all()
        if m.role in Role.__members__.values()
    ]
    admin = account.is_admin or (person is not None and person.admin)
    return grants_of(admin, [*own, *memberships_of(person, facts)])


def check(request: HttpRequest, view: Callable[..., object], grants: Grants) -> None:
    """Raises PermissionDenied."""
    if not hasattr(view, "permission"):
        raise PermissionDenied("This page does not say who may see it.")
    permission: Permission | None = view.permission
    if permission is not None and not grants.allow(permission):
        raise PermissionDenied(f"This needs the permission to {permission.value}.")
