"""Signing in and out, the first administrator, one's own profile."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people import actions, first_link, throttle
from tocsin.apps.people.authority import needs, public
from tocsin.apps.people.forms import ChangePassword, SignIn, Welcome
from tocsin.apps.people.models import Account
from tocsin.apps.people.reader import person_of, reader_of
from tocsin.control.client import NotAnswering
from tocsin.control.requests import Refused, TestPage
from tocsin.core.roles import Permission

BACKEND = "django.contrib.auth.backends.ModelBackend"


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
        login(request, account, BACKEND)
        messages.success(request, f"Welcome, {account.name}. You are the administrator.")
        return redirect("now")
    return render(request, "people/welcome.html", {"form": form}, status=422 if form.errors else 200)


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    to = _where_to(request)
    if request.user.is_authenticated:
        return redirect(to)
    form = SignIn(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            wait = _try(request, form.cleaned_data["email"], form.cleaned_data["password"])
            if wait is None:
                return redirect(to)
            if wait:
                status = 429
                form.add_error(None, f"Too many tries. The next one is possible in {_seconds(wait)}.")
            else:
                form.add_error(None, "E-mail address and password do not belong together.")
    context = {"form": form, "next": to, "nobody_yet": not Account.objects.exists()}
    return render(request, "people/sign_in.html", context, status=status)


def _try(request: HttpRequest, email: str, password: str) -> timedelta | None:
    """None: signed in. Zero: wrong. Else how long to wait before the next try."""
    now, address = timezone.now(), request.META["REMOTE_ADDR"]
    wait = throttle.begin_try(email, address, now)
    if wait is not None:
        return wait
    account = authenticate(request, username=email, password=password)
    if account is None:
        return timedelta(0)
    throttle.succeeded(email, address, now)
    login(request, account, BACKEND)
    actions.record(email, "SignedIn", email, now, address)
    return None


def _seconds(wait: timedelta) -> str:
    seconds = int(wait.total_seconds()) + 1
    return f"{seconds} seconds" if seconds < 120 else f"{-(-seconds // 60)} minutes"


def _where_to(request: HttpRequest) -> str:
    """Only into this house: never to another site that a link names."""
    to = request.POST.get("next") or request.GET.get("next") or ""
    good = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return to if good else resolve_url("now")


@needs(Permission.OWN)
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign-in")


@needs(Permission.OWN)
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    account = _account(request)
    form = ChangePassword(account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        now, address = timezone.now(), request.META["REMOTE_ADDR"]
        wait = throttle.begin_try(account.login, address, now)
        if wait is not None:
            form.add_error("password", f"Too many tries. The next one is possible in {_seconds(wait)}.")
        elif not account.check_password(form.cleaned_data["password"]):
            form.add_error("password", "That is not your password.")
        else:
            throttle.succeeded(account.login, address, now)
            actions.change_password(account, form.cleaned_data["new_password"], now)
            update_session_auth_hash(request, account)
            messages.success(request, "Your password is changed. Other browsers have to sign in again.")
            return redirect("profile")
    return render(request, "people/password.html", {"form": form}, status=422 if form.errors else 200)


@needs(Permission.OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    account, configuration = _account(request), facts()
    if request.method == "POST":
        key = request.POST.get("person", "")
        if key and key not in configuration.people:
            messages.error(request, "There is no such person in the configuration.")
        elif actions.become(account, key or None, timezone.now()):
            messages.success(request, "Saved.")
        else:
            messages.error(request, f"Another account is {configuration.people[key].name} already.")
        return redirect("profile")
    by_email = person_of(Account(login=account.login), configuration)
    people = sorted(configuration.people.values(), key=lambda person: person.name.casefold())
    context = {"reader": reader_of(request), "people": people, "chosen": account.person, "by_email": by_email}
    return render(request, "people/profile.html", context)


@needs(Permission.OWN)
@require_POST
def test_page(request: HttpRequest) -> HttpResponse:
    """Page me, the real way."""
    person = reader_of(request).person
    if person is None:
        messages.error(request, "Nobody in the configuration is you, so there is nobody to page.")
        return redirect("profile")
    try:
        accepted = ask(request, TestPage(person.key))
    except (Refused, NotAnswering) as failed:
        messages.error(request, f"Not done: {failed}.")
        return redirect("profile")
    messages.success(request, accepted.said)
    return redirect("incident", accepted.incident) if accepted.incident else redirect("profile")


def _account(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)
    return request.user
