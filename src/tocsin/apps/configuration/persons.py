"""People whom Tocsin can page, as the configuration knows them. How one is reached stands on pages of its own."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tocsin.apps.configuration import editing, nouns
from tocsin.apps.configuration import forms as ask
from tocsin.apps.configuration.queries import facts
from tocsin.apps.oncall.queries import held_by, now_and_next
from tocsin.apps.people.authority import needs
from tocsin.apps.people.models import Account, login_of
from tocsin.apps.people.reader import Reader, reader_of
from tocsin.config.schema.kinds import Noun
from tocsin.core.configuration import Configuration
from tocsin.core.people import Person
from tocsin.core.roles import Permission


class PersonForm(ask.NounForm):
    kind = "people"
    example = "alice"
    covers = ("name", "email", "time_zone", "holidays", "admin")
    at = {"name": "title"}

    title = ask.text("Name", "For example Alice Ames.", required=True, autocomplete="off")
    email = ask.text(
        "E-mail address",
        "The account that signs in with it is this person. Pages go to contact methods, added next.",
        type="email",
        inputmode="email",
    )
    time_zone = ask.text("Time zone", "For example Europe/Berlin.")
    holidays = ask.text("Public holidays of", "A country or a part of one, for example DE, DE-BY or US-CA.")
    admin = forms.BooleanField(
        label="Administrator: may change everything, and is told when on-call itself has a problem",
        required=False,
    )

    @classmethod
    def initial_of(cls, noun: Noun) -> dict[str, Any]:
        return {
            "title": noun.name,
            "email": noun.email,
            "time_zone": noun.time_zone,
            "holidays": noun.holidays,
            "admin": noun.admin,
        }

    def written(self) -> dict[str, Any]:
        said = self.cleaned_data
        return ask.given(
            name=said["title"],
            email=said["email"],
            time_zone=said["time_zone"],
            holidays=said["holidays"],
            admin=said["admin"] or None,
        )


PAGE = editing.Page(
    "people",
    PersonForm,
    "person",
    "people",
    hint="Somebody whom Tocsin can page. Add how to reach them right after.",
)


@needs(Permission.READ)
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    configuration = facts()
    origins = nouns.origins(["people"])
    with_account = _accounts(configuration)
    listed = [
        (each, each.key in with_account, origins.get(("people", key), ""))
        for key, each in sorted(configuration.people.items(), key=lambda item: item[1].name.casefold())
    ]
    context = {"people": listed, "may_make": nouns.may_make(request, "people"), "facts": configuration}
    return render(request, "configuration/people.html", context)


def _accounts(configuration: Configuration) -> set[str]:
    """The people who can sign in: chosen by an account, or by its e-mail address."""
    logins, chosen = set(), set()
    for login, person in Account.objects.filter(is_active=True).values_list("login", "person"):
        (chosen.add(person) if person else logins.add(login))
    mails = {
        key for key, each in configuration.people.items() if each.email and login_of(each.email) in logins
    }
    return chosen | mails


@needs(Permission.READ)
@require_safe
def person(request: HttpRequest, key: str) -> HttpResponse:
    configuration = facts()
    kept = nouns.found(configuration, "people", key)
    known: Person = configuration.people[key]
    reader = reader_of(request)
    context = {
        "them": known,
        "kept": kept,
        "teams": sorted(t.key for t in configuration.teams.values() if key in t.members or key == t.lead),
        "shifts": held_by(now_and_next(configuration, timezone.now()), key),
        "account": key in _accounts(configuration),
        "may_change": nouns.may_change(request, configuration, "people", key) and not kept.from_git,
        "may_reach": reader.grants.everything or (reader.person is not None and reader.person.key == key),
        "administrator": reader.grants.everything,
        "facts": configuration,
    }
    return render(request, "configuration/person.html", context)


@needs(Permission.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def make(request: HttpRequest) -> HttpResponse:
    return editing.make(request, PAGE, _begun(reader_of(request)))


def _begun(reader: Reader) -> dict[str, Any]:
    """The first person that an administrator makes is most often themselves."""
    begun: dict[str, Any] = {"time_zone": reader.zone.key}
    if reader.person is None and reader.account is not None and "@" in reader.account.login:
        begun |= {"title": reader.account.name, "email": reader.account.login, "admin": True}
    return begun


@needs(Permission.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, key: str) -> HttpResponse:
    return editing.change(request, PAGE, key)


@needs(Permission.ADMINISTER)
@require_POST
def remove(request: HttpRequest, key: str) -> HttpResponse:
    return editing.remove(request, PAGE, key)
