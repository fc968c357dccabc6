"""People and teams by API. How somebody is reached is shown to themselves; to others only that and by which channel."""

from datetime import time
from typing import Annotated

import msgspec
from django.http import HttpRequest
from ninja import Router

from tocsin.apps.api.asking import ask
from tocsin.apps.api.callers import Caller
from tocsin.apps.api.cursors import Cursor, Limit, name_after, page_of
from tocsin.apps.api.operations import Answer, caller, operation
from tocsin.apps.api.parameters import Name
from tocsin.apps.api.problems import Stopped
from tocsin.apps.configuration import noun_operations
from tocsin.control.requests import (
    Accepted,
    ContactView,
    PreferencesView,
    PutContactMethod,
    PutPreferences,
    RemoveContactMethod,
    SendContactCode,
    TestPage,
    VerifyContactMethod,
    WantedRule,
)
from tocsin.core.people import ContactMethod as CoreMethod
from tocsin.core.people import NotifyRule
from tocsin.core.people import Person as CorePerson
from tocsin.core.roles import Permission

router = Router(tags=["People and teams"])
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Address = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class ContactMethod(msgspec.Struct, frozen=True):
    """`address` is whole for its owner, else only its kind of beginning and end; what could be a key is never shown."""

    name: str
    channel: str
    address: str
    verified: bool


class Rule(msgspec.Struct, frozen=True):
    """Use the contact method `by` once the page is so many minutes old."""

    by: str
    minutes: int


class QuietHours(msgspec.Struct, frozen=True):
    """Local wall time; pages of high urgency are never held."""

    start: time
    end: time


class Person(msgspec.Struct, frozen=True):
    """`email` is shown to themselves and administrators."""

    key: str
    name: str
    email: str | None
    time_zone: str
    admin: bool
    teams: tuple[str, ...]
    contact_methods: tuple[ContactMethod, ...]
    notify_high: tuple[Rule, ...]
    notify_low: tuple[Rule, ...]
    quiet_hours: QuietHours | None


class People(msgspec.Struct, frozen=True):
    items: tuple[Person, ...]
    next: str | None


class ContactMethods(msgspec.Struct, frozen=True):
    items: tuple[ContactMethod, ...]


class NewContactMethod(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A code is sent to it. A changed address replaces the old one once it is verified."""

    channel: Short
    address: Address
    options: Annotated[dict[Short, Address], msgspec.Meta(max_length=20)] = {}


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


class NewPreferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Local wall time such as `22:00`; empty: no quiet hours. `holidays` is a place such as DE-BY. No rules for low urgency:
    those for high hold. `without_notices`: kinds of shift notices that are not wanted (ahead, begins, ends)."""

    high: Annotated[tuple[WantedRule, ...], msgspec.Meta(min_length=1, max_length=50)]
    low: Annotated[tuple[WantedRule, ...], msgspec.Meta(max_length=50)] = ()
    quiet_from: Annotated[str, msgspec.Meta(max_length=8)] = ""
    quiet_until: Annotated[str, msgspec.Meta(max_length=8)] = ""
    time_zone: Annotated[str, msgspec.Meta(max_length=64)] = ""
    holidays: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    without_notices: Annotated[tuple[str, ...], msgspec.Meta(max_length=3)] | None = None


class TestPageWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """By all their rules, or by one contact method."""

    method: Short | None = None


@operation(router, "GET", "/people", needs=Permission.READ, summary="List people", answers=People)
def list_people(request: HttpRequest, cursor: Cursor = "", limit: Limit = 50) -> People:
    asking, after = caller(request), name_after(cursor)
    keys = [key for key in sorted(asking.facts.people) if after is None or key > after]
    shown, following = page_of(keys[: limit + 1], limit, lambda key: key)
    return People(tuple(_person(asking, asking.facts.people[key]) for key in shown), following)


@operation(
    router,
    "GET",
    "/people/{key}",
    needs=Permission.READ,
    summary="Read one person",
    answers=Person,
    refuses=(404,),
)
def get_person(request: HttpRequest, key: Name) -> Person:
    return _person(caller(request), _found(request, key))


noun_operations.many(
    router,
    "/people",
    "people",
    "person",
    {
        "name": "Alice Ames",
        "email": "alice@example.com",
        "time_zone": "Europe/Berlin",
        "contact": {"mail": {"email": "alice@example.com"}},
        "notify": {"high": ["mail"]},
    },
    reads=False,
)
noun_operations.many(router, "/teams", "teams", "team", {"members": ["alice", "bob"], "lead": "alice"})


@operation(
    router,
    "GET",
    "/people/{key}/contact-methods",
    needs=Permission.READ,
    summary="List how a person is reached",
    answers=ContactMethods,
    refuses=(404,),
)
def list_contact_methods(request: HttpRequest, key: Name) -> ContactMethods:
    return ContactMethods(_person(caller(request), _found(request, key)).contact_methods)


@operation(
    router,
    "PUT",
    "/people/{key}/contact-methods/{name}",
    needs=Permission.OWN,
    summary="Add a contact method of your own, or change its address",
    takes=NewContactMethod,
    answers=ContactView,
    status=200,
    example={"channel": "email", "address": "alice@example.com"},
    refuses=(404, 409),
)
def put_contact_method(request: HttpRequest, key: Name, name: Name, body: NewContactMethod) -> ContactView:
    """Yours, or anybody's for administrators. It is used with a warning until the code is entered."""
    wanted = PutContactMethod(_own(request, key), name, body.channel, body.address, body.options)
    view: ContactView = ask(caller(request), wanted)
    return view


@operation(
    router,
    "DELETE",
    "/people/{key}/contact-methods/{name}",
    needs=Permission.OWN,
    summary="Remove a contact method",
    answers=ContactView,
    refuses=(404, 409),
)
def remove_contact_method(request: HttpRequest, key: Name, name: Name) -> ContactView:
    view: ContactView = ask(caller(request), RemoveContactMethod(_own(request, key), name))
    return view


@operation(
    router,
    "POST",
    "/people/{key}/contact-methods/{name}/code",
    needs=Permission.OWN,
    summary="Send another code to a contact method",
    answers=ContactView,
    refuses=(404, 409),
)
def send_contact_code(request: HttpRequest, key: Name, name: Name) -> ContactView:
    view: ContactView = ask(caller(request), SendContactCode(_own(request, key), name))
    return view


@operation(
    router,
    "POST",
    "/people/{key}/contact-methods/{name}/verification",
    needs=Permission.OWN,
    summary="Enter the code that a contact method was sent",
    takes=Code,
    answers=ContactView,
    example={"code": "123456"},
    refuses=(404, 409),
)
def verify_contact_method(request: HttpRequest, key: Name, name: Name, body: Code) -> ContactView:
    view: ContactView = ask(caller(request), VerifyContactMethod(_own(request, key), name, body.code))
    return view


@operation(
    router,
    "PUT",
    "/people/{key}/preferences",
    needs=Permission.OWN,
    summary="Say when and by what you are notified",
    takes=NewPreferences,
    answers=PreferencesView,
    example={"high": [{"by": "mail"}], "quiet_from": "22:00", "quiet_until": "07:00"},
    refuses=(404, 409),
)
def put_preferences(request: HttpRequest, key: Name, body: NewPreferences) -> PreferencesView:
    """Yours, or anybody's for administrators."""
    wanted = PutPreferences(
        _own(request, key),
        body.high,
        body.low,
        body.quiet_from,
        body.quiet_until,
        body.time_zone,
        body.holidays,
        without_notices=body.without_notices,
    )
    view: PreferencesView = ask(caller(request), wanted)
    return view


@operation(
    router,
    "POST",
    "/people/{key}/test-page",
    needs=Permission.RESPOND,
    summary="Page a person, marked TEST",
    takes=TestPageWanted,
    answers=Accepted,
    status=202,
    example={},
    refuses=(404, 409),
)
def send_test_page(request: HttpRequest, key: Name, body: TestPageWanted) -> Answer:
    """The real way, by their rules for high urgency."""
    _found(request, key)
    accepted: Accepted = ask(caller(request), TestPage(key, body.method))
    where = {"Location": f"/api/v1/incidents/{accepted.incident}"} if accepted.incident else {}
    return Answer(accepted, 202, where)


def _found(request: HttpRequest, key: str) -> CorePerson:
    person = caller(request).facts.people.get(key)
    if person is None:
        raise Stopped("not-found", f"there is no person {key!r}")
    return person


def _own(request: HttpRequest, key: str) -> str:
    """Whether it may be changed is asked before whether it is there: names are not to be found out."""
    asking = caller(request)
    if not asking.grants.everything and (asking.person is None or asking.person.key != key):
        raise Stopped("forbidden", "only administrators may change how somebody else is reached")
    return _found(request, key).key


def _person(asking: Caller, person: CorePerson) -> Person:
    own = asking.person is not None and asking.person.key == person.key
    quiet = person.quiet
    return Person(
        key=person.key,
        name=person.name,
        email=person.email or None if own or asking.grants.everything else None,
        time_zone=person.time_zone,
        admin=person.admin,
        teams=tuple(sorted(t.key for t in asking.facts.teams.values() if person.key in (*t.members, t.lead))),
        contact_methods=tuple(_method(each, own) for each in person.contact),
        notify_high=tuple(_rule(each) for each in person.notify_high),
        notify_low=tuple(_rule(each) for each in person.notify_low),
        quiet_hours=QuietHours(quiet.start, quiet.end) if quiet is not None else None,
    )


def _method(method: CoreMethod, own: bool) -> ContactMethod:
    address = method.address if isinstance(method.address, str) else ""
    return ContactMethod(method.name, method.channel, _shown(address, own), method.verified)


def _shown(address: str, own: bool) -> str:
    """Whoever has the address of a webhook or of a push service may send to it: of those only the host is told."""
    scheme, found, rest = address.partition("://")
    if found:
        return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}/…" if own else f"{scheme}://…"
    if own or not address:
        return address
    return f"{address[0]}…{address[-2:]}" if len(address) > 6 else "…"


def _rule(rule: NotifyRule) -> Rule:
    return Rule(rule.by, int(rule.after.total_seconds() // 60))
