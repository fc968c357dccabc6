"""One's own profile."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.apps.asking import ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.people import actions
from tocsin.apps.people.authority import needs
from tocsin.apps.people.models import Account
from tocsin.apps.people.reader import person_of, reader_of
from tocsin.control.client import NotAnswering
from tocsin.control.requests import Refused, TestPage
from tocsin.core.roles import Permission


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
