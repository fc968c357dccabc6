"""The ID token that the provider hands over with the access token, read.

It comes straight from the token endpoint, so that the connection proves whose it is and its signature need not be checked
(OpenID Connect Core 1.0, 3.1.3.7, item 6). What it says about issuer, audience and time is.
"""

import base64
import json
from typing import Any

LEEWAY = 60  # seconds by which the provider's clock may differ


class NotOurs(ValueError):
    """It is no ID token, or not for us, or not of now. The text says which."""


def claims_of(token: str, issuer: str, client_id: str, now: float) -> dict[str, Any]:
    """Raises NotOurs."""
    claims = _payload(token)
    if claims.get("iss") != issuer:
        raise NotOurs("the ID token is another issuer's")
    audience = claims.get("aud")
    if client_id not in (audience if isinstance(audience, list) else [audience]):
        raise NotOurs("the ID token is for another client")
    if claims.get("azp") not in (None, client_id):
        raise NotOurs("the ID token was asked for by another client")
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or expires < now - LEEWAY:
        raise NotOurs("the ID token has expired")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise NotOurs("the ID token names nobody")
    return claims


def _payload(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(parts) != 3:
        raise NotOurs("the ID token has no three parts")
    try:
        said = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        raise NotOurs("the ID token cannot be read") from None
    if not isinstance(said, dict):
        raise NotOurs("the ID token holds no claims")
    return said
