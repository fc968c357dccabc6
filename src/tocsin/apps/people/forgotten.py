"""A new password by a link that is sent to the account's address. Nothing here tells whether an address has an account."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from tocsin.apps.people import actions, entrance, mail, one_time, throttle
from tocsin.apps.people.authority import public
from tocsin.apps.people.forms import Email, NewPassword
from tocsin.apps.people.models import Account, login_of
from tocsin.apps.public_url import base_url

LETTER = """\
Somebody, hopefully you, asked for a new password for {login} at {house}.

Set it here, within two hours:

{link}

If it was not you, nothing needs to be done: your password stays as it is.
"""


@public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """The same answer for every address. Asking is counted like guessing."""
    form, status = Email(request.POST if request.method == "POST" else None), 200
    can_mail = mail.house_server() is not None
    if request.method == "POST":
        status = 422
        if not can_mail:
            form.add_error(None, "This Tocsin sends no mail. Ask an administrator for a link.")
        elif form.is_valid():
            login, now = login_of(form.cleaned_data["email"]), timezone.now()
            wait = throttle.begin_try(f"new password of {login}", request.META["REMOTE_ADDR"], now)
            if wait is None:
                _send_to(login, now)
                return render(request, "people/forgotten_sent.html", {"email": login})
            form.add_error(None, entrance.too_many(wait))
            status = 429
    return render(request, "people/forgotten.html", {"form": form, "can_mail": can_mail}, status=status)


def _send_to(login: str, now: datetime) -> None:
    account = Account.objects.filter(login=login, is_active=True).first()
    if account is None:
        return
    path = actions.make_link(account, one_time.PASSWORD, login, now, sent_to=login)
    house = base_url()
    text = LETTER.format(login=login, house=house, link=house + path)
    mail.send_later(login, "A new password for Tocsin", text)


@public
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: HttpRequest, token: str) -> HttpResponse:
    """The link in that letter. The second factor, where there is one, is asked for all the same."""
    link = one_time.find(token, one_time.PASSWORD, timezone.now())
    if link is None or link.account is None:
        return render(request, "people/link_over.html", {"purpose": one_time.PASSWORD}, status=410)
    form = NewPassword(link.account, request.POST or None)
    if request.method == "POST" and form.is_valid():
        account = actions.reset_password(link, form.cleaned_data["new_password"], timezone.now())
        if account is None:
            return render(request, "people/link_over.html", {"purpose": one_time.PASSWORD}, status=410)
        messages.success(request, "Your new password holds. Every browser that was signed in is signed out.")
        return redirect("sign-in")
    context = {"form": form, "login": link.account.login}
    return render(request, "people/reset.html", context, status=422 if form.errors else 200)
