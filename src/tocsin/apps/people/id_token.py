"""The ID token that the provider hands over with the access token, judged before a word of it is believed.

Its signature is checked against the provider's published keys, although OpenID Connect would let the connection to the token
endpoint prove it (Core 1.0, 3.1.3.7, item 6): a proxy or a mistyped http address in between must not sign people in.
"""

from functools import cache
from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from requests import RequestException

LEEWAY = 60  # seconds by which the provider's clock may differ
KEYS_LAST = 300  # seconds
KEYS_REST = 5  # seconds; a token that names a key we do not know has them asked for again, but no oftener
# Public keys only: with a shared secret, or with none, whoever can read our settings could sign as anybody.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
NEEDED = ["iss", "aud", "exp", "iat", "sub"]


class NotOurs(ValueError):
    """It is no ID token of that provider, or not for us, or not of now. The text says which."""


class NoKeys(Exception):
    """The provider does not show its keys as it should."""


class _Keys(jwt.PyJWKClient):
    """Asked for in the way of everything else that the provider is asked: the same authorities, proxies and patience."""

    def fetch_data(self) -> Any:
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.uri, allow_redirects=False)
            answer.raise_for_status()
            return answer.json()


@cache
def keys_at(address: str) -> jwt.PyJWKClient:
    """The keys published there, remembered for a while. Raises NoKeys for what is no web address."""
    try:
        return _Keys(address, lifespan=KEYS_LAST, cooldown_duration=KEYS_REST)
    except jwt.PyJWTError as error:
        raise NoKeys(str(error)) from None


def claims_of(token: str, keys: jwt.PyJWKClient, issuer: str, client_id: str) -> dict[str, Any]:
    """Raises NotOurs, NoKeys."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _signed_with(token, keys),
            algorithms=ALGORITHMS,
            issuer=issuer,
            audience=client_id,
            leeway=LEEWAY,
            options={"require": NEEDED},
        )
    except jwt.PyJWTError as error:
        raise NotOurs(f"the ID token is not good: {error}") from None
    if claims.get("azp") not in (None, client_id):
        raise NotOurs("the ID token was asked for by another client")
    if not claims["sub"]:
        raise NotOurs("the ID token names nobody")
    return claims


def _signed_with(token: str, keys: jwt.PyJWKClient) -> jwt.PyJWK:
    """Raises NoKeys, NotOurs, jwt.PyJWTError."""
    kid = jwt.get_unverified_header(token).get("kid")
    try:
        if kid is not None:
            return keys.get_signing_key(kid)
        known = [each for each in keys.get_jwk_set().keys if each.public_key_use in ("sig", None)]
    except (RequestException, jwt.PyJWKClientConnectionError, jwt.PyJWKSetError, ValueError) as error:
        raise NoKeys(f"the provider's keys cannot be read: {error}") from error
    if len(known) != 1:
        raise NotOurs("the ID token does not say with which of the provider's keys it is signed")
    return known[0]
