"""`/settings/people`: who has an account, invitations, roles, and the end of accounts. For administrators."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.configuration.queries import facts
from tocsin.apps.people import actions, confirming, mail, one_time, queries, sessions
from tocsin.apps.people.authority import needs
from tocsin.apps.people.forms import GiveRole, Invite, LinkPerson, Rename
from tocsin.apps.people.models import Account
from tocsin.apps.people.reader import reader_of
from tocsin.apps.public_url import base_url
from tocsin.channels.plain import line
from tocsin.core.roles import Permission

INVITATION = """\
{by} invites you to Tocsin at {house}: incidents, and who is on call.

Set your password and begin here, within seven days:

{link}
"""
PASSWORD = """\
{by} made you a link to set a new password for {login} at {house}. It is good for two hours:

{link}
"""
LETTERS = {
    one_time.INVITATION: ("You are invited to Tocsin", INVITATION),
    one_time.PASSWORD: ("A new password for Tocsin", PASSWORD),
}


@needs(Permission.ADMINISTER)
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    text, after = line(request.GET.get("q", ""), 100), line(request.GET.get("after", ""), 254)
    rows, more = queries.accounts(facts(), timezone.now(), text, after)
    context = {"rows": rows, "more": more, "q": text, "after": after, "can_mail": _can_mail()}
    return render(request, "people/accounts.html", context)


@needs(Permission.ADMINISTER)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """`?person=KEY` fills in a configured person."""
    configuration = facts()
    form = Invite(configuration, request.POST or None, initial=_of_person(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if given["admin"] and not confirming.is_fresh(request):
            return confirming.ask_first(request, request.get_full_path())
        by, now = reader_of(request).name, timezone.now()
        try:
            account = actions.invite(
                given["email"], given["name"], given["admin"], given["team"], given["role"], by, now
            )
        except actions.Taken:
            form.add_error("email", "There is an account with this address already.")
        else:
            return _hand_over(request, account, one_time.INVITATION)
    context = {"form": form, "can_mail": _can_mail()}
    return render(request, "people/invite.html", context, status=422 if form.errors else 200)


def _of_person(request: HttpRequest) -> dict[str, str]:
    person = facts().people.get(request.GET.get("person", ""))
    return {"email": person.email, "name": person.name} if person else {}


@needs(Permission.ADMINISTER)
@never_cache
@require_safe
def account(request: HttpRequest, id: int) -> HttpResponse:
    return _show(request, _found(id))


@needs(Permission.ADMINISTER)
@require_POST
def change(request: HttpRequest, id: int) -> HttpResponse:
    """One act on one account; `do` says which."""
    account = _found(id)
    do = ACTS.get(request.POST.get("do", ""))
    if do is None:
        messages.error(request, "There is no such act.")
        return redirect("account", id)
    if not confirming.is_fresh(request):
        return confirming.ask_first(request, reverse("account", args=[id]))
    try:
        answer = do(request, account, reader_of(request).name, timezone.now())
    except actions.LastAdministrator:
        messages.error(
            request, "Nobody else could administer then. Make somebody else an administrator first."
        )
        return redirect("account", id)
    if isinstance(answer, HttpResponse):
        return answer
    messages.success(request, answer)
    return redirect("account", id)


# --- the acts: each answers what was done, or a page of its own ------------------------------------------------------


def _rename(request: HttpRequest, account: Account, by: str, now: datetime) -> str | HttpResponse:
    form = Rename(request.POST)
    if not form.is_valid():
        return _show(request, account, rename=form)
    actions.rename(account, form.cleaned_data["name"], by, now)
    return "Renamed."


def _link_person(request: HttpRequest, account: Account, by: str, now: datetime) -> str | HttpResponse:
    form = LinkPerson(facts(), request.POST)
    if not form.is_valid():
        return _show(request, account, link=form)
    if not actions.link_person(account, form.cleaned_data["person"] or None, by, now):
        form.add_error("person", "Another account is that person already.")
        return _show(request, account, link=form)
    return "Saved."


def _give_role(request: HttpRequest, account: Account, by: str, now: datetime) -> str | HttpResponse:
    form = GiveRole(facts(), request.POST)
    if not form.is_valid():
        return _show(request, account, give=form)
    team, role = form.cleaned_data["team"], form.cleaned_data["role"]
    actions.give_role(account, team, role, "people", by, now)
    return f"{account} is {role} in {team} now."


def _take_role(request: HttpRequest, account: Account, by: str, now: datetime) -> str:
    gone = actions.take_role(account, line(request.POST.get("team", ""), 300), by, now)
    return "The role is taken." if gone else "That role was gone already."


def _make_admin(request: HttpRequest, account: Account, by: str, now: datetime) -> str:
    actions.set_admin(account, True, by, now)
    return f"{account} is an administrator now."


def _end_admin(request: HttpRequest, account: Account, by: str, now: datetime) -> str | HttpResponse:
    actions.set_admin(account, False, by, now)
    if account.pk == request.user.pk:
        messages.success(request, "You are no administrator any more.")
        return redirect("now")
    return f"{account} is no administrator any more."


def _close(request: HttpRequest, account: Account, by: str, now: datetime) -> str:
    actions.close(account, by, now)
    return f"{account} cannot sign in any more, and is signed out everywhere."


def _reopen(request: HttpRequest, account: Account, by: str, now: datetime) -> str:
    actions.reopen(account, by, now)
    return f"{account} can sign in again."


def _sign_out(request: HttpRequest, account: Account, by: str, now: datetime) -> str:
    actions.sign_out_everywhere(account, by, now)
    if account.pk == request.user.pk:  # whoever presses it stays
        request.user.refresh_from_db()
        update_session_auth_hash(request, request.user)
        request.session.pop("noted", None)
    return f"{account} is signed out everywhere."


def _forget_factors(request: HttpRequest, account: Account, by: str, now: datetime) -> str:
    actions.forget_second_factors(account, by, now)
    return f"{account} signs in with the password alone, until they set up a second factor again."


def _invite_again(request: HttpRequest, account: Account, by: str, now: datetime) -> str | HttpResponse:
    if account.has_usable_password():
        return f"{account} has accepted already."
    return _hand_over(request, account, one_time.INVITATION)


def _password_link(request: HttpRequest, account: Account, by: str, now: datetime) -> HttpResponse:
    return _hand_over(request, account, one_time.PASSWORD)


ACTS: dict[str, Callable[[HttpRequest, Account, str, datetime], str | HttpResponse]] = {
    "rename": _rename,
    "link-person": _link_person,
    "give-role": _give_role,
    "take-role": _take_role,
    "make-admin": _make_admin,
    "end-admin": _end_admin,
    "close": _close,
    "reopen": _reopen,
    "sign-out": _sign_out,
    "forget-factors": _forget_factors,
    "invite-again": _invite_again,
    "password-link": _password_link,
}


def _hand_over(request: HttpRequest, account: Account, purpose: str) -> HttpResponse:
    """By mail where that works. Else the link is shown, once; it proves nothing about the address then."""
    by, now, why = reader_of(request), timezone.now(), ""
    if _can_mail():
        house = base_url()
        link = house + actions.make_link(account, purpose, by.name, now, sent_to=account.login)
        subject, text = LETTERS[purpose]
        why = mail.send(
            account.login,
            subject,
            text.format(by=line(by.shown, 100), house=house, link=link, login=account.login),
        )
        if not why:
            messages.success(request, f"A link is on its way to {account.login}.")
            return redirect("account", account.pk)
    link = base_url() + actions.make_link(account, purpose, by.name, now)
    context = {
        "account": account,
        "link": link,
        "why": why,
        "lasts": one_time.LASTS[purpose],
        "invitation": purpose == one_time.INVITATION,
    }
    return render(request, "people/link_once.html", context)


# --- the page of one -------------------------------------------------------------------------------------------------


def _found(id: int) -> Account:
    return get_object_or_404(Account.objects.prefetch_related("memberships"), pk=min(id, 2**63 - 1))


def _show(
    request: HttpRequest,
    account: Account,
    rename: Rename | None = None,
    give: GiveRole | None = None,
    link: LinkPerson | None = None,
) -> HttpResponse:
    configuration, now = facts(), timezone.now()
    [row] = queries.listed([account], configuration, now)
    wrong = any(form is not None for form in (rename, give, link))
    context = {
        "row": row,
        "account": account,
        "is_self": account.pk == request.user.pk,
        "places": sessions.places(account, request.session.session_key),
        "rename": rename or Rename(initial={"name": account.name}),
        "give": give or GiveRole(configuration),
        "link": link or LinkPerson(configuration, initial={"person": account.person or ""}),
        "can_mail": _can_mail() and _is_mailable(account.login),
    }
    return render(request, "people/account.html", context, status=422 if wrong else 200)


def _can_mail() -> bool:
    return mail.house_server() is not None


def _is_mailable(login: str) -> bool:
    try:
        validate_email(login)
    except ValidationError:
        return False
    return True
