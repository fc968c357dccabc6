"""The identity provider of the environment (OpenID Connect): who it is, who may come in by it, and what its groups mean.

Nothing here knows Django: `web/settings.py` reads it once at start.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tocsin.core.roles import TEAM_ROLES, Membership, Role

ID = "oidc"  # in addresses, and as the origin of what its groups give
YES = frozenset({"yes", "true", "on", "1"})
NO = frozenset({"no", "false", "off", "0", ""})


class NoProvider(LookupError):
    """None is set up."""


class Wrong(ValueError):
    """A variable says something that cannot be meant. The text names it."""


class Provider(msgspec.Struct, frozen=True):
    """`groups` maps a group's name to roles; a membership of team "" with the role admin is of the whole house.

    `sign_up` is "known" (who was invited, is in the configuration or in a mapped group) or "anybody".
    """

    issuer: str
    client_id: str
    client_secret: str
    name: str = "single sign-on"
    scope: tuple[str, ...] = ("openid", "profile", "email")
    groups_claim: str = "groups"
    groups: dict[str, tuple[Membership, ...]] = {}
    sign_up: str = "known"
    trust_email: bool = False


def provider_of(environ: Mapping[str, str]) -> Provider | None:
    """None: no provider. Raises Wrong, and OSError for a secret's file that cannot be read."""
    issuer = environ.get("TOCSIN_OIDC_ISSUER", "").strip()
    if not issuer:
        return None
    parts = urlsplit(issuer)
    if parts.scheme not in ("https", "http") or not parts.netloc:
        raise Wrong("TOCSIN_OIDC_ISSUER: expected an address like https://login.example.com")
    client_id = environ.get("TOCSIN_OIDC_CLIENT_ID", "").strip()
    if not client_id:
        raise Wrong("TOCSIN_OIDC_CLIENT_ID is needed with TOCSIN_OIDC_ISSUER")
    sign_up = environ.get("TOCSIN_OIDC_SIGN_UP", "").strip().lower() or "known"
    if sign_up not in ("known", "anybody"):
        raise Wrong("TOCSIN_OIDC_SIGN_UP: expected known or anybody")
    return Provider(
        issuer=issuer.rstrip("/"),
        client_id=client_id,
        client_secret=_secret(environ),
        name=environ.get("TOCSIN_OIDC_NAME", "").strip() or "single sign-on",
        scope=tuple(environ.get("TOCSIN_OIDC_SCOPE", "").split()) or ("openid", "profile", "email"),
        groups_claim=environ.get("TOCSIN_OIDC_GROUPS_CLAIM", "").strip() or "groups",
        groups=read_groups(environ.get("TOCSIN_OIDC_GROUPS", "")),
        sign_up=sign_up,
        trust_email=_flag("TOCSIN_OIDC_TRUST_EMAIL", environ.get("TOCSIN_OIDC_TRUST_EMAIL", "")),
    )


def is_issuer(address: str, issuer: object) -> bool:
    """Whether the provider at that address is who it says it is; some end their name with a slash."""
    ours = address.partition("/.well-known/")[0]
    return isinstance(issuer, str) and issuer.rstrip("/") == ours.rstrip("/")


def is_answer(state: Mapping[str, Any], claims: Mapping[str, Any]) -> bool:
    """Whether an ID token was made for the question that `state` remembers (allauth's, of this browser): one that was taken
    from elsewhere carries another nonce, or none."""
    asked, said = state.get("nonce"), claims.get("nonce")
    return isinstance(asked, str) and isinstance(said, str) and bool(asked) and asked == said


def read_groups(text: str) -> dict[str, tuple[Membership, ...]]:
    """`GROUP=TEAM:ROLE` or `GROUP=admin`, separated by `;` or new lines. The last `=` counts: names may hold some.

    Raises Wrong."""
    found: dict[str, tuple[Membership, ...]] = {}
    for line in text.replace("\n", ";").split(";"):
        if not line.strip():
            continue
        group, equals, meaning = (part.strip() for part in line.rpartition("="))
        if not equals or not group:
            raise Wrong(
                f"TOCSIN_OIDC_GROUPS: expected GROUP=TEAM:ROLE or GROUP=admin, found {line.strip()!r}"
            )
        found[group] = (*found.get(group, ()), _membership(meaning))
    return found


def _membership(meaning: str) -> Membership:
    if meaning == Role.ADMIN:
        return Membership("", Role.ADMIN)
    team, colon, role = (part.strip() for part in meaning.rpartition(":"))
    if not colon or not team or role not in TEAM_ROLES:
        roles = ", ".join(TEAM_ROLES)
        raise Wrong(
            f"TOCSIN_OIDC_GROUPS: expected admin or TEAM:ROLE with a role of {roles}, found {meaning!r}"
        )
    return Membership(team, Role(role))


def groups_in(provider: Provider, claims: Mapping[str, Any]) -> frozenset[str]:
    """The groups that the provider's claims name. `claims` is what allauth keeps: those of the ID token and of userinfo.

    A name with dots is a path, as `realm_access.roles` of Keycloak; one that is there whole wins."""
    found: set[str] = set()
    for source in ("id_token", "userinfo"):
        said = _claim(claims.get(source), provider.groups_claim)
        if isinstance(said, str):
            said = [said]
        if isinstance(said, list):
            found.update(each for each in said if isinstance(each, str))
    return frozenset(found)


def _claim(claims: Any, name: str) -> Any:
    if isinstance(claims, Mapping) and name in claims:
        return claims[name]
    for part in name.split("."):
        claims = claims.get(part) if isinstance(claims, Mapping) else None
    return claims


def roles_of(provider: Provider, groups: Collection[str]) -> tuple[bool, frozenset[Membership]]:
    """Whether they make an administrator, and the roles in teams: for each team the strongest."""
    given = [each for group in groups for each in provider.groups.get(group, ())]
    strongest: dict[str, Role] = {}
    for each in given:
        held = strongest.get(each.team)
        if each.team and (held is None or TEAM_ROLES.index(each.role) < TEAM_ROLES.index(held)):
            strongest[each.team] = each.role
    admin = any(each.role is Role.ADMIN for each in given)
    return admin, frozenset(Membership(team, role) for team, role in strongest.items())


def _secret(environ: Mapping[str, str]) -> str:
    given = environ.get("TOCSIN_OIDC_CLIENT_SECRET", "").strip()
    file = environ.get("TOCSIN_OIDC_CLIENT_SECRET_FILE", "")
    secret = given or (Path(file).read_text(encoding="utf-8").strip() if file else "")
    if not secret:
        raise Wrong(
            "TOCSIN_OIDC_CLIENT_SECRET or TOCSIN_OIDC_CLIENT_SECRET_FILE is needed with TOCSIN_OIDC_ISSUER"
        )
    return secret


def _flag(name: str, text: str) -> bool:
    word = text.strip().lower()
    if word not in YES | NO:
        raise Wrong(f"{name}: expected yes or no")
    return word in YES


def allauth_providers(provider: Provider | None) -> dict[str, Any]:
    """allauth's SOCIALACCOUNT_PROVIDERS."""
    if provider is None:
        return {}
    return {
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": ID,
                    "name": provider.name,
                    "client_id": provider.client_id,
                    "secret": provider.client_secret,
                    "settings": {"server_url": provider.issuer, "scope": list(provider.scope)},
                }
            ],
            "OAUTH_PKCE_ENABLED": True,
        }
    }
