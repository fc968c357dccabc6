"""allauth's way to the identity provider and back. Imported only where a provider is set up: it brings libraries along."""

import secrets
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from requests import RequestException

from tocsin.apps.people import id_token, oidc


class DoesNotAnswer(Exception):
    """It is away, or says what OpenID Connect does not know."""


class _Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Who comes; `adapters.py` still looks whether it is the answer to this browser's question (`oidc.is_answer`)."""
        login = super().complete_login(request, app, token, **kwargs)
        said = login.account.extra_data
        userinfo, token_claims = said.get("userinfo"), said.get("id_token")
        if not token_claims:
            raise OAuth2Error("the provider gave no ID token")
        if userinfo and userinfo.get("sub") != token_claims["sub"]:  # OpenID Connect Core 1.0, 5.3.2
            raise OAuth2Error("the provider's userinfo is about somebody else")
        return login

    def _decode_id_token(self, app: Any, token: str) -> dict[str, Any]:
        says, expected = self.openid_config, app.settings["server_url"]
        if not oidc.is_issuer(expected, says["issuer"]):  # OpenID Connect Discovery 1.0, 4.3
            raise OAuth2Error(f"{expected} says that it is {says['issuer']!r}: TOCSIN_OIDC_ISSUER")
        try:
            return id_token.claims_of(
                token, id_token.keys_at(says["jwks_uri"]), says["issuer"], app.client_id
            )
        except id_token.NotOurs as why:
            raise OAuth2Error(str(why)) from why
        except id_token.NoKeys as why:
            raise DoesNotAnswer(str(why)) from why


def go(request: HttpRequest, process: str, to: str, again: bool) -> HttpResponse:
    """Off to it. `again`: it shall ask who sits there, whoever it remembers. Raises DoesNotAnswer."""
    provider = get_adapter(request).get_provider(request, oidc.ID)
    nonce = secrets.token_urlsafe(24)
    parameters = {"nonce": nonce} | ({"prompt": "login"} if again else {})
    try:
        answer: HttpResponse = provider.redirect(
            request, process, next_url=to, auth_params=parameters, nonce=nonce
        )
    except (RequestException, ValueError, KeyError) as error:
        raise DoesNotAnswer(f"{type(error).__name__}: {error}") from error
    return answer


def back(request: HttpRequest) -> HttpResponse:
    """Who it says has come; adapters.py decides what that means. Raises DoesNotAnswer."""
    view = OAuth2CallbackView.adapter_view(_Adapter(request, oidc.ID))
    try:
        answer: HttpResponse = view(request)
    except (RequestException, ValueError, KeyError) as error:
        raise DoesNotAnswer(f"{type(error).__name__}: {error}") from error
    return answer
