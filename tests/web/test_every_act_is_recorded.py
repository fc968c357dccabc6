"""Every act on the people's side leaves exactly one entry of the audit log, and one that changes nothing none."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from tests.scenarios.house import House
from tocsin.apps.api import tokens
from tocsin.apps.people import actions as people
from tocsin.apps.people import first_link, one_time
from tocsin.apps.people.models import Account, ApiToken, AuditEntry, SignInLink
from tocsin.apps.profile import actions as profile
from tocsin.apps.profile.models import Feed
from tocsin.core.roles import EVERYTHING, Permission

NOW = datetime(2026, 6, 14, 14, 32, tzinfo=UTC)
WORDS = "correct horse battery staple"


def bob() -> Account:
    account = Account(login="bob@example.com", name="Bob", created_at=NOW)
    account.set_password(WORDS)
    account.save()
    return account


def a_link(purpose: str) -> SignInLink:
    account = Account.objects.filter(login="bob@example.com").first() or bob()
    return one_time.make(account, purpose, "alice", NOW)[1]


def a_first_link() -> str:
    Account.objects.all().delete()
    link = first_link.first_link(first_link.settings.DATA, NOW, "")
    assert link is not None
    return link.rpartition("/")[2]


def a_token() -> ApiToken:
    return tokens.make(WISH(), "alice", EVERYTHING, (), NOW)[0]


def WISH() -> tokens.Wish:
    return tokens.Wish("laptop", (Permission.READ,), NOW + timedelta(days=1), Account.objects.first())


def with_role() -> Account:
    account = bob()
    people.give_role(account, "platform", "responder", "people", "alice", NOW)
    return account


FEED = profile.WantedFeed("schedule", "platform-primary")


def a_feed() -> Feed:
    return profile.make_feed(bob(), FEED, "bob", NOW)[0]


# What each act needs is made by the first function; the second does it.
ACTS: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "people.make_first_administrator": (
        a_first_link,
        lambda token: people.make_first_administrator(token, "Zoe", "zoe@example.com", WORDS, NOW),
    ),
    "people.change_password": (bob, lambda who: people.change_password(who, WORDS + "s", NOW)),
    "people.become": (bob, lambda who: people.become(who, "bob", NOW)),
    "people.invite": (
        lambda: None,
        lambda _: people.invite("new@example.com", "New", False, "platform", "observer", "alice", NOW),
    ),
    "people.make_link": (bob, lambda who: people.make_link(who, one_time.PASSWORD, "alice", NOW)),
    "people.accept": (
        lambda: a_link(one_time.INVITATION),
        lambda link: people.accept(link, "Bob", WORDS, NOW),
    ),
    "people.reset_password": (
        lambda: a_link(one_time.PASSWORD),
        lambda link: people.reset_password(link, WORDS, NOW),
    ),
    "people.set_admin": (bob, lambda who: people.set_admin(who, True, "alice", NOW)),
    "people.give_role": (
        bob,
        lambda who: people.give_role(who, "platform", "manager", "people", "alice", NOW),
    ),
    "people.take_role": (with_role, lambda who: people.take_role(who, "platform", "alice", NOW)),
    "people.link_person": (bob, lambda who: people.link_person(who, "bob", "alice", NOW)),
    "people.rename": (bob, lambda who: people.rename(who, "Robert", "alice", NOW)),
    "people.close": (bob, lambda who: people.close(who, "alice", NOW)),
    "people.reopen": (bob, lambda who: people.reopen(who, "alice", NOW)),
    "people.sign_out_everywhere": (bob, lambda who: people.sign_out_everywhere(who, "alice", NOW)),
    "people.forget_second_factors": (bob, lambda who: people.forget_second_factors(who, "alice", NOW)),
    "profile.make_feed": (bob, lambda who: profile.make_feed(who, FEED, "bob", NOW)),
    "profile.renew_feed": (a_feed, lambda feed: profile.renew_feed(feed, "bob", NOW)),
    "profile.revoke_feed": (a_feed, lambda feed: profile.revoke_feed(feed, "bob", NOW)),
    "tokens.make": (lambda: None, lambda _: tokens.make(WISH(), "alice", EVERYTHING, (), NOW)),
    "tokens.revoke": (a_token, lambda token: tokens.revoke(token, "alice", NOW)),
}
ASK = {  # they read, or only note that something was used
    "people.is_last_administrator",
    "people.record",
    "profile.digest_of",
    "profile.note_read",
    "tokens.of_account",
    "tokens.everybodys",
    "tokens.good",
    "tokens.state_of",
}


def functions(name: str, module: ModuleType) -> set[str]:
    return {
        f"{name}.{each}"
        for each, what in inspect.getmembers(module, inspect.isfunction)
        if what.__module__ == module.__name__ and not each.startswith("_")
    }


def test_every_act_is_here() -> None:
    known = functions("people", people) | functions("profile", profile) | functions("tokens", tokens)
    assert known - ASK == set(ACTS)


@pytest.mark.parametrize("name", ACTS)
def test_each_leaves_exactly_one_entry(name: str, house: House, alice: Account) -> None:
    made, act = ACTS[name]
    given = made()
    before = AuditEntry.objects.count()
    act(given)
    news = list(AuditEntry.objects.order_by("id")[before:])
    assert len(news) == 1, [entry.what for entry in news]
    assert news[0].actor and news[0].subject
    assert WORDS not in repr(vars(news[0]))


def test_a_role_that_is_changed_shows_both(house: House) -> None:
    account = with_role()
    people.give_role(account, "platform", "manager", "people", "alice", NOW)
    entry = AuditEntry.objects.order_by("-id")[0]
    assert (entry.before, entry.after) == ('{"platform":"responder"}', '{"platform":"manager"}')


def test_what_changes_nothing_leaves_nothing(house: House, alice: Account) -> None:
    account = bob()
    before = AuditEntry.objects.count()
    people.take_role(account, "platform", "alice", NOW)
    feed = profile.make_feed(account, FEED, "bob", NOW)[0]
    profile.revoke_feed(feed, "bob", NOW)
    before += 2
    profile.revoke_feed(feed, "bob", NOW)
    assert AuditEntry.objects.count() == before
