"""Contact methods on screen: choose a channel, fill in what it asks, enter the code that came, test, change, remove."""

import msgspec
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from tocsin.apps.people.authority import needs
from tocsin.apps.profile.asking import told, wrong_with
from tocsin.apps.profile.push import house_key
from tocsin.apps.profile.queries import methods_of, shown_address
from tocsin.apps.profile.whose import Nobody, Whose, whose
from tocsin.channels.forms import ChannelForm, FormField, form_of, offered
from tocsin.control.requests import (
    PutContactMethod,
    RemoveContactMethod,
    SendContactCode,
    TestPage,
    VerifyContactMethod,
)
from tocsin.core.people import ContactMethod, Person
from tocsin.core.roles import Permission


class Asked(msgspec.Struct, frozen=True):
    """One field of a form as it is drawn."""

    name: str
    field: FormField
    value: str = ""
    wrong: str = ""
    kept: bool = False  # a secret that is there: left empty, it stays


@needs(Permission.OWN)
@require_safe
def choose(request: HttpRequest, key: str | None = None) -> HttpResponse:
    try:
        of = whose(request, key)
    except Nobody:
        return redirect("profile")
    channels = [
        (form, of.url("contact-add", name)) for name, form in offered().items() if not form.subscribes
    ]
    return render(request, "profile/choose.html", {"of": of, "channels": channels, "house_key": house_key()})


@needs(Permission.OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, channel: str, key: str | None = None) -> HttpResponse:
    try:
        of = whose(request, key)
    except Nobody:
        return redirect("profile")
    form = _form(channel)
    if form.subscribes:
        return redirect(of.choose_url)
    name, wrong = request.POST.get("name", _free_name(of.person, form)).strip(), {}
    if request.method == "POST":
        if of.person.method(name) is not None:
            wrong = {"name": "there is a contact method of that name; change it, or choose another"}
        else:
            answer, wrong = wrong_with(request, _put(request, of.person, name, channel, form))
            if answer is not None:
                return redirect(of.url("contact", name))
    asked = _asked(request, form, None, wrong)
    context = {"of": of, "form": form, "channel": channel, "name": name, "asked": asked, "wrong": wrong}
    return render(request, "profile/add.html", context, status=422 if wrong else 200)


@needs(Permission.OWN)
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest, name: str, key: str | None = None) -> HttpResponse:
    try:
        of = whose(request, key)
    except Nobody:
        return redirect("profile")
    method = of.person.method(name)
    if method is None:
        raise Http404("There is no such contact method.")
    wrong: dict[str, str] = {}
    if request.method == "POST":
        answer, wrong = _do(request, of, method)
        if answer is not None:
            return answer
    form = form_of(method.channel)
    shown = next(each for each in methods_of(of, timezone.now()) if each.name == name)
    context = {
        "of": of,
        "method": shown,
        "form": form if form is not None and not form.subscribes else None,
        "asked": _asked(request, form, method, wrong) if form is not None and not form.subscribes else [],
        "wrong": wrong,
        "typed": request.POST.get("code", ""),
    }
    return render(request, "profile/contact.html", context, status=422 if wrong else 200)


def _do(request: HttpRequest, of: Whose, method: ContactMethod) -> tuple[HttpResponse | None, dict[str, str]]:
    """Where to go on, or what is wrong."""
    person, name = of.person.key, method.name
    here = redirect(of.url("contact", name))
    match request.POST.get("do", ""):
        case "verify":
            answer, wrong = wrong_with(
                request, VerifyContactMethod(person, name, request.POST.get("code", ""))
            )
            return (here if answer is not None else None), wrong
        case "save":
            form = _form(method.channel)
            answer, wrong = wrong_with(request, _put(request, of.person, name, method.channel, form, method))
            return (here if answer is not None else None), wrong
        case "code":
            told(request, SendContactCode(person, name))
        case "keep":
            told(request, RemoveContactMethod(person, name, change_only=True))
        case "test":
            sent = told(request, TestPage(person, name))
            return (redirect("incident", sent.incident) if sent else here), {}
        case "remove":
            gone = told(request, RemoveContactMethod(person, name))
            return (redirect(of.reach_url) if gone else here), {}
        case _:
            raise BadRequest("do: expected verify, save, code, keep, test or remove")
    return here, {}


def _form(channel: str) -> ChannelForm:
    form = form_of(channel)
    if form is None:
        raise Http404("There is no such channel.")
    return form


def _put(
    request: HttpRequest,
    person: Person,
    name: str,
    channel: str,
    form: ChannelForm,
    before: ContactMethod | None = None,
) -> PutContactMethod:
    """A secret that is left empty stays as it is; so does an address that is not shown."""
    options = {
        option.name: request.POST.get(f"option-{option.name}", "")
        for option in form.options
        if request.POST.get(f"option-{option.name}", "") or not option.secret
    }
    address = request.POST.get("address", "").strip()
    if not address and before is not None and isinstance(before.address, str):
        address = before.address
    return PutContactMethod(person.key, name, channel, address, options)


def _asked(
    request: HttpRequest, form: ChannelForm, method: ContactMethod | None, wrong: dict[str, str]
) -> list[Asked]:
    address = ""
    if method is not None and isinstance(method.address, str) and shown_address(method) == method.address:
        address = method.address
    asked = [
        Asked(
            "address",
            form.address,
            request.POST.get("address", address),
            wrong.get("address", ""),
            method is not None and not address,
        )
    ]
    for option in form.options:
        known = method.options.get(option.name) if method else None
        kept = option.secret and known is not None
        value = "" if option.secret or not isinstance(known, str) else known
        given = "" if option.secret else request.POST.get(f"option-{option.name}", value)
        asked.append(Asked(f"option-{option.name}", option, given, wrong.get(option.name, ""), kept))
    return asked


def _free_name(person: Person, form: ChannelForm) -> str:
    taken = {method.name for method in person.contact}
    numbered = (f"{form.name}{number}" for number in range(2, 100))
    return form.name if form.name not in taken else next(each for each in numbered if each not in taken)
