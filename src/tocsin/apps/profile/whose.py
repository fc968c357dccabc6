"""Whose contact methods and rules a page is about: one's own under /me, anybody's for administrators under /people/<key>."""

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import reverse

from tocsin.apps.configuration.queries import facts
from tocsin.apps.people.reader import reader_of
from tocsin.core.people import Person


class Nobody(Exception):
    """The reader's account is no configured person, so there is nothing of theirs to change."""


class Whose(msgspec.Struct, frozen=True):
    person: Person
    own: bool

    def url(self, name: str, *args: str) -> str:
        """Of the page of that name about this person."""
        if self.own:
            return reverse(name, args=args)
        return reverse(f"person-{name}", args=(self.person.key, *args))

    # What templates ask: they cannot pass arguments.

    @property
    def reach_url(self) -> str:
        return reverse("profile") if self.own else self.url("reach")

    @property
    def choose_url(self) -> str:
        return self.url("contact-choose")

    @property
    def rules_url(self) -> str:
        return self.url("rules")


def whose(request: HttpRequest, key: str | None) -> Whose:
    """Raises Nobody, PermissionDenied, Http404."""
    reader = reader_of(request)
    if key is None:
        if reader.person is None:
            raise Nobody
        return Whose(reader.person, own=True)
    if not reader.grants.everything and (reader.person is None or reader.person.key != key):
        raise PermissionDenied("Only administrators may change how somebody else is reached.")
    person = facts().people.get(key)
    if person is None:
        raise Http404("There is no such person.")
    return Whose(person, own=False)
