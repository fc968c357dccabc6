"""The way in and out: the first administrator, the password, the second factor, a passkey, the identity provider.

Every way ends in allauth's sign-in stages, which ask for the second factor where there is one and only then begin a session.
"""

import json
import logging
from datetime import timedelta
from importlib import import_module
from types import ModuleType
from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.stages import LoginStageController
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from tocsin.apps.people import actions, first_link, joining, mail, oidc, second_factor, sessions, throttle
from tocsin.apps.people.adapters import not_let_in
from tocsin.apps.people.authority import needs, public
from tocsin.apps.people.forms import Code, SignIn, Welcome
from tocsin.apps.people.models import Account
from tocsin.core.roles import Permission

BACKEND = "django.contrib.auth.backends.ModelBackend"
LINK_SALT = "link-provider"  # of the token that proves: this link to the provider was made for this session
LINK_LASTS = 3600  # seconds
log = logging.getLogger(__name__)


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """The one-time link of the first start."""
    if not first_link.is_good(token):
        return render(request, "people/welcome_over.html", status=410)
    form = Welcome(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        account = actions.make_first_administrator(
            token, given["name"], given["email"], given["new_password"], timezone.now()
        )
        if account is None:
            return render(request, "people/welcome_over.html", status=410)
        record_authentication(request, account, method="password")
        login(request, account, BACKEND)
        messages.success(request, f"Welcome, {account.name}. You are the administrator.")
        return redirect("now")
    return render(request, "people/welcome.html", {"form": form}, status=422 if form.errors else 200)


# --- the password ----------------------------------------------------------------------------------------------------


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    to = where_to(request)
    if request.user.is_authenticated:
        return redirect(to)
    form = SignIn(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            found = _try(request, form.cleaned_data["email"], form.cleaned_data["password"])
            if isinstance(found, Account):
                record_authentication(request, found, method="password")
                return begin(request, found, to)
            if found:
                status = 429
                form.add_error(None, too_many(found))
            else:
                form.add_error(None, "E-mail address and password do not belong together.")
    context = {
        "form": form,
        "next": to,
        "nobody_yet": not Account.objects.exists(),
        "provider": settings.OIDC,
        "can_mail": mail.house_server() is not None,
    }
    return render(request, "people/sign_in.html", context, status=status)


def _try(request: HttpRequest, email: str, password: str) -> Account | timedelta:
    """The account. Zero: wrong. Else how long to wait before the next try."""
    now, address = timezone.now(), request.META["REMOTE_ADDR"]
    wait = throttle.begin_try(email, address, now)
    if wait is not None:
        return wait
    account = authenticate(request, username=email, password=password)
    if not isinstance(account, Account):
        return timedelta(0)
    throttle.succeeded(email, address, now)
    return account


def begin(request: HttpRequest, account: Account, to: str) -> HttpResponse:
    """On to the second factor, or signed in."""
    answer: HttpResponse = perform_login(request, Login(user=account, redirect_url=to))
    return answer


def too_many(wait: timedelta) -> str:
    seconds = int(wait.total_seconds()) + 1
    said = f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"
    return f"Too many tries. The next one is possible in {said}."


def where_to(request: HttpRequest, otherwise: str = "now") -> str:
    """Only into this house: never to another site that a link names."""
    to = request.POST.get("next") or request.GET.get("next") or ""
    good = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return to if good else resolve_url(otherwise)


# --- the second factor -----------------------------------------------------------------------------------------------


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def second(request: HttpRequest) -> HttpResponse:
    """After the password: a code, or a passkey."""
    if request.user.is_authenticated:
        return redirect("now")
    stage = LoginStageController.enter(request, AuthenticateStage.key)
    if stage is None:
        return redirect("sign-in")
    account: Account = stage.login.user
    said, status = "", 200
    if request.method == "POST":
        proof, said, status = proved(request, account)
        if proof is not None:
            post_authentication(request, proof)
            answer: HttpResponse = stage.exit()
            return answer
    context = {"form": code_form(request, said), "said": said, "passkey_options": passkey_options(account)}
    return render(request, "people/second_factor.html", context, status=status)


def proved(request: HttpRequest, account: Account) -> tuple[Any, str, int]:
    """What a posted code or passkey proves: the authenticator or None, what is wrong, and the answer's status."""
    now, address = timezone.now(), request.META["REMOTE_ADDR"]
    key = f"second factor of {account.pk}"
    wait = throttle.begin_try(key, address, now)
    if wait is not None:
        return None, too_many(wait), 429
    if "credential" in request.POST:
        proof = second_factor.take_passkey(account, credential_of(request))
        said = "That passkey did not answer as it should. Try again."
    else:
        proof = second_factor.take_code(account, request.POST.get("code", "")[:40])
        said = "That is not the code, or it was used before. An app shows a new one every 30 seconds."
    if proof is None:
        return None, said, 422
    throttle.succeeded(key, address, now)
    return proof, "", 200


def code_form(request: HttpRequest, said: str) -> Code:
    """With what is wrong at its field; a passkey has none."""
    if "code" not in request.POST:
        return Code()
    form = Code(request.POST)
    if said:
        form.errors.pop("code", None)
        form.add_error("code", said)
    return form


def credential_of(request: HttpRequest) -> Any:
    """What the browser's script wrote into the form, or None."""
    try:
        said = json.loads(request.POST.get("credential", ""))
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def passkey_options(account: Account) -> str:
    """JSON for the browser; empty when the account has no passkey."""
    return json.dumps(webauthn.begin_authentication(account)) if webauthn.get_credentials(account) else ""


# --- a passkey alone -------------------------------------------------------------------------------------------------


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def passkey(request: HttpRequest) -> HttpResponse:
    """GET: what the browser's script needs, as JSON. POST: its answer."""
    if request.method != "POST":
        return JsonResponse(webauthn.begin_authentication(None))
    now, address, to = timezone.now(), request.META["REMOTE_ADDR"], where_to(request)
    key = f"passkey from {address}"
    wait = throttle.begin_try(key, address, now)
    if wait is not None:
        return not_let_in(request, too_many(wait), 429)
    proof = second_factor.take_passkey(None, credential_of(request))
    if proof is None:
        return not_let_in(request, "That passkey is not known here, or it took too long. Try again.", 422)
    throttle.succeeded(key, address, now)
    answer: HttpResponse = perform_passwordless_login(request, proof, Login(user=proof.user, redirect_url=to))
    return answer


# --- the identity provider -------------------------------------------------------------------------------------------


@public
@never_cache
@require_GET
def provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Off to the provider: to sign in, to confirm that it is still them (`again`), or to link it (`link`, a token)."""
    way = _way(provider_id)
    process, to = "login", where_to(request)
    if "link" in request.GET:
        if not is_link_token(request, request.GET["link"]):
            return not_let_in(request, "Begin at Security, please: this link is over.", 422)
        process, to = "connect", resolve_url("security")
    try:
        away: HttpResponse = way.go(request, process, to, again="again" in request.GET)
    except way.DoesNotAnswer as why:
        return _does_not_answer(request, why)
    return away


@public
@never_cache
@require_safe
def provider_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    way = _way(provider_id)
    try:
        come: HttpResponse = way.back(request)
    except way.DoesNotAnswer as why:
        return _does_not_answer(request, why)
    return come


def _way(provider_id: str) -> ModuleType:
    """provider.py, whose libraries are worth their memory only where there is a provider."""
    if settings.OIDC is None or provider_id != oidc.ID:
        raise Http404("No such way to sign in is set up.")
    return import_module("tocsin.apps.people.provider")


def _does_not_answer(request: HttpRequest, why: Exception) -> HttpResponse:
    log.error("the identity provider failed: %s", why)
    name = joining.the_provider().name
    return not_let_in(
        request, f"{name} does not answer as it should. Sign in another way, or try later.", 502
    )


def link_token(request: HttpRequest) -> str:
    """Proves that this session's own page offered to link: nobody else's page can make a browser do it."""
    return signing.dumps(request.session.session_key, salt=LINK_SALT)


def is_link_token(request: HttpRequest, token: str) -> bool:
    try:
        key = signing.loads(token, salt=LINK_SALT, max_age=LINK_LASTS)
    except signing.BadSignature:
        return False
    return request.user.is_authenticated and key == request.session.session_key


# --- out -------------------------------------------------------------------------------------------------------------


@needs(Permission.OWN)
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    sessions.forget(request.session.session_key)
    logout(request)
    return redirect("sign-in")
