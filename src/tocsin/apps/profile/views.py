"""One's own profile: who one is, how one is reached, and what this browser should look like."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.configuration.queries import facts
from tocsin.apps.people import actions as accounts
from tocsin.apps.people.authority import needs
from tocsin.apps.people.models import Account
from tocsin.apps.people.reader import person_of, reader_of
from tocsin.apps.profile.asking import told
from tocsin.apps.profile.notices import told_lately
from tocsin.apps.profile.push import house_key
from tocsin.apps.profile.queries import methods_of, way_of
from tocsin.apps.profile.whose import Whose, whose
from tocsin.control.requests import TestPage
from tocsin.core.people import Person
from tocsin.core.roles import Permission

THEME_COOKIE = "tocsin_theme"
THEMES = {"system": "As the device", "light": "Light", "dark": "Dark"}
YEAR = 365 * 24 * 3600


@needs(Permission.OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    account, configuration, reader = account_of(request), facts(), reader_of(request)
    if request.method == "POST":
        return _become(request, account)
    context = {
        "people": sorted(configuration.people.values(), key=lambda person: person.name.casefold())
        if reader.grants.everything
        else [],
        "chosen": account.person,
        "by_email": person_of(Account(login=account.login), configuration),
        "themes": THEMES.items(),
        "theme_now": request.COOKIES.get(THEME_COOKIE, "system"),
        "house_key": house_key(),
        "notices": told_lately(reader.person.key, configuration, timezone.now()) if reader.person else [],
        **(reach(Whose(reader.person, own=True)) if reader.person else {}),
    }
    return render(request, "profile/profile.html", context)


def reach(of: Whose) -> dict[str, object]:
    """How somebody is reached, for `profile/reach.html` and `profile/way.html`."""
    person = of.person
    methods = methods_of(of, timezone.now())
    return {
        "of": of,
        "person": person,
        "methods": methods,
        "unverified": sum(not method.verified for method in methods),
        "high": way_of(person, person.notify_high),
        "low": way_of(person, person.notify_low) if person.notify_low else [],
        "no_high": not person.notify_high,
        "quiet": _quiet(person),
    }


def _quiet(person: Person) -> str:
    if person.quiet is None:
        return ""
    return f"{person.quiet.start:%H:%M} to {person.quiet.end:%H:%M}"


def _become(request: HttpRequest, account: Account) -> HttpResponse:
    key, configuration = request.POST.get("person", ""), facts()
    if key and key not in configuration.people:
        messages.error(request, "There is no such person in the configuration.")
    elif accounts.become(account, key or None, timezone.now()):
        messages.success(request, "Saved.")
    else:
        messages.error(request, f"Another account is {configuration.people[key].name} already.")
    return redirect("profile")


@needs(Permission.OWN)
@require_safe
def person_reach(request: HttpRequest, key: str) -> HttpResponse:
    """How somebody else is reached, for administrators."""
    return render(request, "profile/person.html", reach(whose(request, key)))


@needs(Permission.OWN)
@require_POST
def test_page(request: HttpRequest) -> HttpResponse:
    """Page me, the real way."""
    person = reader_of(request).person
    if person is None:
        messages.error(request, "Nobody in the configuration is you, so there is nobody to page.")
        return redirect("profile")
    accepted = told(request, TestPage(person.key))
    return redirect("incident", accepted.incident) if accepted and accepted.incident else redirect("profile")


@needs(Permission.OWN)
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Kept in a cookie, so that the server knows it before the first paint, and each device has its own."""
    chosen = request.POST.get("theme", "")
    if chosen not in THEMES:
        raise BadRequest("theme: expected system, light or dark")
    to = request.POST.get("next", "")
    good = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    answer = redirect(to if good else "profile")
    answer.set_cookie(THEME_COOKIE, chosen, max_age=YEAR, httponly=True, samesite="Lax")
    return answer


def account_of(request: HttpRequest) -> Account:
    assert isinstance(request.user, Account)
    return request.user


def house_url(request: HttpRequest) -> str:
    """How calendars and the like reach this house: what its owner says, else as the reader did."""
    return settings.PUBLIC_URL or request.build_absolute_uri("/").rstrip("/")
