"""What each request needs, and whose things it changes: no way leads a manager of one team to another's."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.config.schema.kinds import KINDS
from tocsin.control import answers
from tocsin.control import requests as r
from tocsin.control.authority import NEEDS, OF_TEAMS, authorise, memberships_of, person_of, team_of
from tocsin.core.configuration import Configuration, Integration, Service
from tocsin.core.oncall.calendar import Calendar, Serves
from tocsin.core.oncall.schedule import Schedule
from tocsin.core.people import Person, Secret, Team
from tocsin.core.respond.policy import Policy
from tocsin.core.roles import EVERYTHING, Membership, Permission, Role, grants_of

FACTS = Configuration(
    revision=1,
    people={
        "alice": Person("alice", "Alice", email="Alice@example.com"),
        "bob": Person("bob", "Bob", email="bob@example.com"),
        "carol": Person("carol", "Carol"),
    },
    teams={
        "platform": Team("platform", members=("alice", "bob"), lead="alice"),
        "billing": Team("billing", members=("carol",)),
    },
    schedules={
        "ours": Schedule("ours", team="platform"),
        "theirs": Schedule("theirs", team="billing"),
        "nobodys": Schedule("nobodys"),
    },
    calendars={
        "ours": Calendar("ours", "https://calendar.example.com/ours.ics", Serves.LEAVE, team="platform"),
        "theirs": Calendar("theirs", "https://calendar.example.com/theirs.ics", Serves.LEAVE, team="billing"),
        "nobodys": Calendar("nobodys", "https://calendar.example.com/nobodys.ics", Serves.LEAVE),
    },
    policies={
        "ours": Policy("ours", steps=(), team="platform"),
        "theirs": Policy("theirs", steps=(), team="billing"),
        "nobodys": Policy("nobodys", steps=()),
    },
    services={
        "ours": Service("ours", team="platform"),
        "theirs": Service("theirs", team="billing"),
        "nobodys": Service("nobodys"),
    },
    integrations={
        "ours": Integration("ours", "alertmanager", secret=Secret(env="OURS"), service="ours"),
        "theirs": Integration("theirs", "alertmanager", secret="t", service="theirs"),
        "nobodys": Integration("nobodys", "alertmanager", secret="n"),
    },
)
MANAGER = grants_of(False, [Membership("platform", Role.MANAGER), Membership("billing", Role.RESPONDER)])
RESPONDER = grants_of(False, [Membership("platform", Role.RESPONDER)])
NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
NOUNS = ("ours", "theirs", "nobodys", "new", "platform", "billing", "")


def allowed(request: r.Request, grants: Any = MANAGER) -> bool:
    try:
        authorise(request, grants, FACTS)
    except r.Refused as refused:
        assert refused.code == "forbidden"
        return False
    return True


def owner(kind: str, name: str) -> str:
    """Whose it is, by its name in FACTS: the twin of `team_of`."""
    if kind == "teams":
        return name if name in ("platform", "billing") else ""
    return {"ours": "platform", "theirs": "billing"}.get(name, "")


def there(kind: str, name: str) -> bool:
    return name in (("platform", "billing") if kind == "teams" else ("ours", "theirs", "nobodys"))


def test_every_request_says_what_it_needs_and_how_it_is_answered() -> None:
    kinds = set(get_args(r.Request))
    assert kinds == set(NEEDS) == set(answers.ANSWERS)


def test_a_request_that_nobody_thought_of_is_refused_even_to_administrators() -> None:
    class Unheard:
        pass

    with pytest.raises(r.Refused):
        authorise(Unheard(), EVERYTHING, FACTS)  # type: ignore[arg-type]


def test_the_kinds_of_teams_are_kinds() -> None:
    assert set(OF_TEAMS) <= set(KINDS)


values: st.SearchStrategy[Any] = st.sampled_from(
    [
        "ours",
        "theirs",
        "nobodys",
        "platform",
        "billing",
        "new",
        "",
        None,
        7,
        True,
        ["platform"],
        {"team": "platform"},
    ]
)
nouns = st.dictionaries(
    st.sampled_from(["team", "service", "name", "lead", "members", "key"]), values, max_size=4
)


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(NOUNS), nouns)
def test_a_manager_never_puts_what_is_not_their_teams_or_would_not_be(
    kind: str, name: str, noun: dict[str, Any]
) -> None:
    if not allowed(r.PutNoun(kind, name, noun)):
        return
    assert kind in OF_TEAMS
    if there(kind, name):
        assert owner(kind, name) == "platform", "another team's, or the house's, was taken"
    if kind == "integrations":
        assert noun.get("service") == "ours"
    elif kind != "teams":
        assert noun.get("team") == "platform"
    else:
        assert name == "platform"


@given(st.sampled_from(sorted(KINDS)), st.sampled_from(NOUNS))
def test_a_manager_removes_their_own_teams_things_alone(kind: str, name: str) -> None:
    mine = kind in OF_TEAMS and there(kind, name) and owner(kind, name) == "platform"
    assert allowed(r.RemoveNoun(kind, name)) == mine


@pytest.mark.parametrize("kind", ["schedules", "policies", "services"])
def test_a_manager_makes_and_changes_their_own(kind: str) -> None:
    for name in ("ours", "new"):
        assert allowed(r.PutNoun(kind, name, {"team": "platform"}))


@pytest.mark.parametrize("kind", ["schedules", "policies", "services"])
def test_a_thing_cannot_be_moved_into_or_out_of_another_team(kind: str) -> None:
    assert not allowed(r.PutNoun(kind, "ours", {"team": "billing"}))
    assert not allowed(r.PutNoun(kind, "theirs", {"team": "platform"}))
    assert not allowed(r.PutNoun(kind, "ours", {}))


@pytest.mark.parametrize("kind", ["schedules", "policies", "services", "integrations"])
def test_what_is_nobodys_is_not_there_for_the_taking(kind: str) -> None:
    assert not allowed(r.PutNoun(kind, "nobodys", {"team": "platform", "service": "ours"}))


def test_a_new_team_is_made_by_administrators() -> None:
    assert not allowed(r.PutNoun("teams", "new", {"members": ["alice"]}))
    assert allowed(r.PutNoun("teams", "platform", {"members": ["alice", "carol"]}))


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(OF_TEAMS)))
def test_the_houses_things_are_the_administrators(kind: str) -> None:
    assert not allowed(r.PutNoun(kind, "ours", {"team": "platform"}))
    assert allowed(r.PutNoun(kind, "ours", {"team": "platform"}), EVERYTHING)


def test_only_administrators_point_at_the_machines_own_secrets() -> None:
    key = {"env": "TOCSIN_SECRET_KEY"}
    assert not allowed(r.PutNoun("integrations", "new", {"service": "ours", "key": key}))
    assert not allowed(r.PutNoun("integrations", "new", {"service": "ours", "key": {"file": "/etc/shadow"}}))
    assert allowed(r.PutNoun("integrations", "new", {"service": "ours", "key": key}), EVERYTHING)


def test_what_an_integration_points_at_already_may_stay() -> None:
    noun = {"service": "ours", "type": "alertmanager", "key": {"env": "OURS"}}
    assert allowed(r.PutNoun("integrations", "ours", noun))


@pytest.mark.parametrize("kind", OF_TEAMS)
def test_a_responder_changes_nobodys_configuration(kind: str) -> None:
    for name in NOUNS:
        assert not allowed(r.PutNoun(kind, name, {"team": "platform", "service": "ours"}), RESPONDER)
        assert not allowed(r.RemoveNoun(kind, name), RESPONDER)


@pytest.mark.parametrize("kind", ["schedules", "policies", "services", "integrations", "teams"])
def test_whose_a_thing_is(kind: str) -> None:
    for name in NOUNS:
        assert (team_of(kind, name, FACTS) or "") == owner(kind, name)


def test_a_lead_manages_and_members_respond() -> None:
    assert memberships_of(FACTS.people["alice"], FACTS) == (Membership("platform", Role.MANAGER),)
    assert memberships_of(FACTS.people["bob"], FACTS) == (Membership("platform", Role.RESPONDER),)


def test_whoever_can_be_paged_can_answer_also_without_a_team() -> None:
    lonely = Person("dan", "Dan")
    assert grants_of(False, memberships_of(lonely, FACTS)).allow(Permission.RESPOND)
    assert not grants_of(False, memberships_of(lonely, FACTS)).allow(Permission.MANAGE)


def test_an_account_is_the_person_with_its_address() -> None:
    assert person_of(None, "alice@example.com", FACTS) is FACTS.people["alice"]
    assert person_of("bob", "alice@example.com", FACTS) is FACTS.people["bob"]
    assert person_of("gone", "alice@example.com", FACTS) is None
    assert person_of(None, "", FACTS) is None


def swapping(person: str) -> list[r.Request]:
    return [
        r.OfferSwap(person, "ours", NOON, NOON + timedelta(hours=8)),
        r.AskCover(person),
        r.WithdrawSwap("s", person),
        r.SayUnreachable("s", person),
    ]


@pytest.mark.parametrize(
    ("grants", "oneself", "person", "may"),
    [
        (RESPONDER, "bob", "bob", True),
        (RESPONDER, "bob", "alice", False),
        (RESPONDER, "", "", False),
        (MANAGER, "alice", "bob", True),
        (MANAGER, "alice", "carol", False),
        (EVERYTHING, "", "carol", True),
    ],
)
def test_a_shift_is_its_holders_or_their_managers_to_give_away(
    grants: Any, oneself: str, person: str, may: bool
) -> None:
    for request in swapping(person):
        assert may_ask(request, grants, oneself) is may, request


def test_nobody_takes_a_shift_for_somebody_else() -> None:
    for request in (r.AcceptSwap("s", "bob"), r.DeclineSwap("s", "bob")):
        assert may_ask(request, RESPONDER, "bob")
        assert not may_ask(request, MANAGER, "alice")
        assert may_ask(request, EVERYTHING, "")


def may_ask(request: r.Request, grants: Any, oneself: str) -> bool:
    try:
        authorise(request, grants, FACTS, oneself)
    except r.Refused as refused:
        assert refused.code == "forbidden"
        return False
    return True
