"""What allauth asks of us: how somebody is signed in, where from, how secrets are kept, and who may come by the provider.

Its own messages, mails, pages and sign-up stay unused: the pages here say what happened in the house's words.
"""

import ipaddress
import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from tocsin.apps.people import actions, joining, oidc
from tocsin.apps.people.models import Account
from tocsin.config import sealing

log = logging.getLogger(__name__)

NOWHERE = "0.0.0.0"  # stands in the table of sessions for an address that is none


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    def post_login(self, request: HttpRequest, user: Account, **how: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **how)
        now = timezone.now()
        actions.record(user.login, "SignedIn", user.login, now, request.META["REMOTE_ADDR"])
        return response

    def respond_user_inactive(self, request: HttpRequest, user: Account) -> HttpResponse:
        return render(request, "people/closed.html", status=403)

    def get_client_ip(self, request: HttpRequest) -> str:
        try:
            return str(ipaddress.ip_address(request.META["REMOTE_ADDR"]))
        except ValueError:
            return NOWHERE

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, app: str = "") -> bool:
        """`confirming.py` asks, once for all kinds of change."""
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None: ...

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None: ...


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]
    def _get_site_name(self) -> str:
        return "Tocsin"

    def encrypt(self, text: str) -> str:
        return sealing.seal_text(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Raises Unreadable."""
        return sealing.open_text(encrypted_text)


class Providers(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Whoever comes is somebody here from now on, or is told why not."""
        claims = sociallogin.account.extra_data.get("id_token") or {}
        if not oidc.is_answer(sociallogin.state, claims):
            why = "the ID token was made for another question: its nonce is not ours"
            self.on_authentication_error(request, sociallogin.provider, exception=why)
        if sociallogin.state.get("process") == "connect":
            raise ImmediateHttpResponse(_link(request, sociallogin))
        try:
            joining.join(request, sociallogin, joining.the_provider(), timezone.now())
        except joining.NotLetIn as why:
            raise ImmediateHttpResponse(not_let_in(request, str(why))) from why

    def authenticate_by_email(self, sociallogin: Any) -> None:
        """`joining.py` decides about that, and tells the address's owner when it must not be."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def on_authentication_error(self, request: HttpRequest, provider: Any, **what: Any) -> None:
        if exception := what.get("exception"):
            log.warning("%s did not sign somebody in: %s", provider.name, str(exception)[:500])
        raise ImmediateHttpResponse(
            not_let_in(request, f"{provider.name} did not sign you in, or it took too long. Try again.", 422)
        )


def _link(request: HttpRequest, sociallogin: Any) -> HttpResponse:
    if not isinstance(request.user, Account):
        return not_let_in(request, "You are signed out by now. Sign in, then link it again.")
    name = joining.the_provider().name
    if joining.link(request, sociallogin, request.user, timezone.now()):
        messages.success(request, f"You can sign in by {name} from now on.")
    else:
        messages.error(request, f"That identity of {name} belongs to another account here.")
    return redirect("security")


def not_let_in(request: HttpRequest, why: str, status: int = 403) -> HttpResponse:
    return render(request, "people/not_let_in.html", {"why": why}, status=status)
