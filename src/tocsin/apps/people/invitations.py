"""The link of an invitation: whoever was invited says their name, sets a password, and is in."""

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from tocsin.apps.configuration.queries import facts
from tocsin.apps.people import actions, entrance, one_time
from tocsin.apps.people.authority import public
from tocsin.apps.people.forms import AcceptInvitation
from tocsin.apps.people.reader import person_of


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    link = one_time.find(token, one_time.INVITATION, timezone.now())
    if link is None or link.account is None:
        return render(request, "people/link_over.html", {"purpose": one_time.INVITATION}, status=410)
    invited = link.account
    person = person_of(invited, facts())
    name = invited.name or (person.name if person else "")
    form = AcceptInvitation(invited, request.POST or None, initial={"name": name})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        account = actions.accept(link, given["name"], given["new_password"], timezone.now())
        if account is None:
            return render(request, "people/link_over.html", {"purpose": one_time.INVITATION}, status=410)
        if request.user.is_authenticated:  # an administrator who tried the link
            request.session.flush()
        messages.success(request, f"Welcome, {account.name}. Next: say how you are reached.")
        record_authentication(request, account, method="password")
        return entrance.begin(request, account, "/me")
    context = {"form": form, "login": invited.login, "person": person, "provider": settings.OIDC}
    return render(request, "people/invitation.html", context, status=422 if form.errors else 200)
