"""`/me/security`: how one signs in, and where one is. Whatever gives or takes a way in asks first who sits there."""

import base64
import json
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.people import actions, confirming, entrance, second_factor, sessions, throttle, ways_in
from tocsin.apps.people.authority import needs
from tocsin.apps.people.forms import ChangePassword, Code, Confirm, NewPassword, PasskeyName
from tocsin.apps.people.models import Account
from tocsin.core.roles import Permission

LOST = "Without it nobody could sign in to this account any more. Set a password first."


def account_of(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)
    return request.user


@needs(Permission.OWN)
@never_cache
@require_safe
def security(request: HttpRequest) -> HttpResponse:
    account = account_of(request)
    factors = list(Authenticator.objects.filter(user_id=account.pk).order_by("created_at"))
    codes = second_factor.codes_left(account)
    context = {
        "account": account,
        "has_password": account.has_usable_password(),
        "passkeys": [f for f in factors if f.type == second_factor.PASSKEY],
        "app": next((f for f in factors if f.type == second_factor.TOTP), None),
        "codes_left": None if codes is None else len(codes),
        "places": sessions.places(account, request.session.session_key),
        "provider": settings.OIDC,
        "linked": list(SocialAccount.objects.filter(user_id=account.pk)) if settings.OIDC else [],
        "link_token": entrance.link_token(request) if settings.OIDC else "",
    }
    return render(request, "people/security.html", context)


# --- confirming ------------------------------------------------------------------------------------------------------


@needs(Permission.OWN)
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """It is still them: by password, code, passkey, or the provider."""
    account, to = account_of(request), entrance.where_to(request, "security")
    form, said, status = Confirm(), "", 200
    if request.method == "POST":
        if "password" in request.POST:
            form, status = _confirm_password(request, account)
            method = "password" if status == 200 else ""
        else:
            proof, said, status = entrance.proved(request, account)
            method = "mfa" if proof is not None else ""
        if method:
            confirming.remember(request, method)
            return redirect(to)
    types = set(Authenticator.objects.filter(user_id=account.pk).values_list("type", flat=True))
    context = {
        "form": form,
        "said": said,
        "next": to,
        "has_password": account.has_usable_password(),
        "code": entrance.code_form(request, said)
        if types & {second_factor.TOTP, second_factor.RECOVERY}
        else None,
        "passkey_options": entrance.passkey_options(account) if second_factor.PASSKEY in types else "",
        "provider": settings.OIDC if _is_linked(account) else None,
    }
    return render(request, "people/confirm.html", context, status=status)


def _confirm_password(request: HttpRequest, account: Account) -> tuple[Confirm, int]:
    form = Confirm(request.POST)
    if not form.is_valid():
        return form, 422
    now, address = timezone.now(), request.META["REMOTE_ADDR"]
    wait = throttle.begin_try(account.login, address, now)
    if wait is not None:
        form.add_error("password", entrance.too_many(wait))
        return form, 429
    if not account.check_password(form.cleaned_data["password"]):
        form.add_error("password", "That is not your password.")
        return form, 422
    throttle.succeeded(account.login, address, now)
    return form, 200


def _is_linked(account: Account) -> bool:
    return settings.OIDC is not None and SocialAccount.objects.filter(user_id=account.pk).exists()


# --- the password ----------------------------------------------------------------------------------------------------


@needs(Permission.OWN)
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    account = account_of(request)
    if not account.has_usable_password():
        return _first_password(request, account)
    form, status = ChangePassword(account, request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            known, status = _confirm_password(request, account)
            if status == 200:
                return _with_new_password(request, account, form.cleaned_data["new_password"])
            form.add_error("password", known.errors["password"])
    return render(request, "people/password.html", {"form": form}, status=422 if form.errors else 200)


def _first_password(request: HttpRequest, account: Account) -> HttpResponse:
    """For who has come by the provider so far."""
    if not confirming.is_fresh(request):
        return confirming.ask_first(request, reverse("password"))
    form = NewPassword(account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _with_new_password(request, account, form.cleaned_data["new_password"])
    return render(request, "people/password.html", {"form": form}, status=422 if form.errors else 200)


def _with_new_password(request: HttpRequest, account: Account, new: str) -> HttpResponse:
    actions.change_password(account, new, timezone.now())
    update_session_auth_hash(request, account)
    messages.success(request, "Your password is changed. Other browsers have to sign in again.")
    return redirect("profile")


# --- second factors --------------------------------------------------------------------------------------------------


@needs(Permission.OWN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def add_passkey(request: HttpRequest) -> HttpResponse:
    if not confirming.is_fresh(request):
        return confirming.ask_first(request, reverse("add-passkey"))
    account = account_of(request)
    if len(webauthn.get_credentials(account)) >= second_factor.MOST_PASSKEYS:
        messages.error(request, f"{second_factor.MOST_PASSKEYS} passkeys are the most. Remove one first.")
        return redirect("security")
    device = sessions.device_of(request.META.get("HTTP_USER_AGENT", ""))
    form, said = PasskeyName(request.POST or None, initial={"name": device}), ""
    if request.method == "POST" and form.is_valid():
        if second_factor.add_passkey(account, form.cleaned_data["name"], entrance.credential_of(request)):
            return _added(
                request, account, "PasskeyAdded", form.cleaned_data["name"], "Your passkey is kept."
            )
        said = "The device did not prove who holds it. Try again, with its PIN, fingerprint or face."
    options = json.dumps(webauthn.begin_registration(account, passwordless=True))
    context = {"form": form, "options": options, "said": said}
    return render(request, "people/add_passkey.html", context, status=422 if said or form.errors else 200)


@needs(Permission.OWN)
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def add_app(request: HttpRequest) -> HttpResponse:
    """An authenticator app: it scans the secret, and a code shows that it has it."""
    if not confirming.is_fresh(request):
        return confirming.ask_first(request, reverse("add-app"))
    account = account_of(request)
    if Authenticator.objects.filter(user_id=account.pk, type=second_factor.TOTP).exists():
        messages.error(request, "You have an authenticator app already. Remove it to set up another.")
        return redirect("security")
    form = Code(request.POST or None)
    form.fields["code"].help_text = "The six digits that the app shows now."
    secret: str = totp.get_totp_secret(regenerate=request.method != "POST")
    if request.method == "POST" and form.is_valid():
        if second_factor.is_code_of(secret, form.cleaned_data["code"]):
            second_factor.add_totp(account, secret)
            totp.clear_totp_secret(request)
            return _added(request, account, "AuthenticatorAppAdded", "", "Your authenticator app is set up.")
        form.add_error("code", "That is not what the app should show. Is its clock right?")
    context = {"form": form, "secret": _in_fours(secret), "picture": _picture(account, secret)}
    return render(request, "people/add_app.html", context, status=422 if form.errors else 200)


def _picture(account: Account, secret: str) -> str:
    """The QR code as an address that holds its SVG."""
    adapter = get_adapter()
    svg: str = adapter.build_totp_svg(adapter.build_totp_url(account, secret))
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _in_fours(secret: str) -> str:
    return " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))


def _added(request: HttpRequest, account: Account, what: str, name: str, said: str) -> HttpResponse:
    new_codes = second_factor.ensure_recovery_codes(account)
    also = "Recovery codes came with it." if new_codes else ""
    ways_in.changed(account, what, account.login, timezone.now(), name, also)
    messages.success(request, said)
    return redirect("recovery-codes" if new_codes else "security")


@needs(Permission.OWN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Shown to whoever has just shown who they are; POST makes new ones."""
    if not confirming.is_fresh(request):
        return confirming.ask_first(request, reverse("recovery-codes"))
    account = account_of(request)
    if not second_factor.is_on(account):
        messages.error(request, "Recovery codes come with a passkey or an authenticator app. Add one first.")
        return redirect("security")
    if request.method == "POST":
        second_factor.new_recovery_codes(account)
        ways_in.changed(account, "RecoveryCodesMade", account.login, timezone.now())
        messages.success(request, "These are new. The old ones do not work any more.")
        return redirect("recovery-codes")
    if second_factor.ensure_recovery_codes(account):
        ways_in.changed(account, "RecoveryCodesMade", account.login, timezone.now())
    return render(request, "people/recovery_codes.html", {"codes": second_factor.codes_left(account)})


@needs(Permission.OWN)
@require_POST
def remove_factor(request: HttpRequest, id: int) -> HttpResponse:
    if not confirming.is_fresh(request):
        return confirming.ask_first(request, reverse("security"))
    account = account_of(request)
    if _would_lose_the_last_way(account, factor=id):
        messages.error(request, LOST)
        return redirect("security")
    gone: Any = second_factor.remove(account, id)
    if gone is None:
        raise Http404("It is gone already.")
    what = "AuthenticatorAppRemoved" if gone.type == second_factor.TOTP else "PasskeyRemoved"
    also = (
        ""
        if second_factor.is_on(account)
        else "The recovery codes went with it: there is no second step any more."
    )
    name = str(gone) if gone.type == second_factor.PASSKEY else ""
    ways_in.changed(account, what, account.login, timezone.now(), name, also)
    messages.success(request, "Removed.")
    return redirect("security")


def _would_lose_the_last_way(account: Account, factor: int | None = None, unlink: bool = False) -> bool:
    """A password, a passkey or the provider lets in; an app alone does not."""
    if account.has_usable_password():
        return False
    passkeys = Authenticator.objects.filter(user_id=account.pk, type=second_factor.PASSKEY).exclude(pk=factor)
    return not (passkeys.exists() or (_is_linked(account) and not unlink))


# --- sessions and the provider ---------------------------------------------------------------------------------------


@needs(Permission.OWN)
@require_POST
def end_session(request: HttpRequest) -> HttpResponse:
    """One of one's own, or all but this one."""
    account, now = account_of(request), timezone.now()
    said = request.POST.get("session", "")
    if said == "others":
        actions.sign_out_everywhere(account, account.login, now)
        update_session_auth_hash(request, account)
        request.session.pop("noted", None)
        messages.success(request, "Every other browser is signed out.")
    elif said.isascii() and said.isdigit() and len(said) < 19 and sessions.end(account, int(said)):
        actions.record(account.login, "SessionEnded", account.login, now)
        messages.success(request, "That browser is signed out.")
    else:
        messages.error(request, "That session is over already.")
    return redirect("security")


@needs(Permission.OWN)
@require_POST
def unlink_provider(request: HttpRequest) -> HttpResponse:
    if not confirming.is_fresh(request):
        return confirming.ask_first(request, reverse("security"))
    account = account_of(request)
    if _would_lose_the_last_way(account, unlink=True):
        messages.error(request, LOST)
        return redirect("security")
    gone, _ = SocialAccount.objects.filter(user_id=account.pk).delete()
    if gone:
        name = settings.OIDC.name if settings.OIDC else ""
        ways_in.changed(account, "ProviderUnlinked", account.login, timezone.now(), name)
        messages.success(request, "Unlinked.")
    return redirect("security")
