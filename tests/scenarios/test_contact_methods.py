"""How people are reached, as they set it up themselves: a code proves an address, and pages go on meanwhile."""

import re

import pytest

from tests.scenarios.house import House
from tests.scenarios.person import Person
from tocsin.control.requests import (
    ContactView,
    PutContactMethod,
    Refused,
    RemoveContactMethod,
    Request,
    SendContactCode,
    VerifyContactMethod,
)
from tocsin.control.requests import (
    TestPage as PageTest,
)
from tocsin.core.people import ContactMethod
from tocsin.core.respond.delivery import Rejected

NEW = "https://ntfy.example.com/alice-x8Qz"
OTHER = "https://ntfy.example.com/alice-b2Lk"


def asks(house: House, request: Request) -> ContactView:
    view = house.ask(request, "alice", "web")
    assert isinstance(view, ContactView)
    return view


def method(house: House, name: str, key: str = "alice") -> ContactMethod | None:
    return house.world.engine.facts.current.people[key].method(name)


def code_at(house: House, address: str) -> str:
    """The newest code that came there."""
    came = [heard for heard in house.provider.heard if heard.address.endswith(f"|{address}")]
    found = [found[0] for heard in came if (found := re.findall(r"\b\d{6}\b", heard.message.title))]
    assert found, f"no code came to {address}"
    return found[-1]


def refused(house: House, request: Request) -> Refused:
    with pytest.raises(Refused) as found:
        house.ask(request, "alice", "web")
    return found.value


def test_a_new_method_gets_a_code_and_is_verified_by_it(house: House, alice: Person) -> None:
    view = asks(house, PutContactMethod("alice", "phone", "ntfy", NEW))
    assert not view.verified
    known = method(house, "phone")
    assert known is not None and not known.verified, "it is used although it is not verified yet"
    alice.was_told("verify the contact method phone")
    assert asks(house, VerifyContactMethod("alice", "phone", code_at(house, NEW))).verified
    known = method(house, "phone")
    assert known is not None and known.verified


def test_a_changed_address_replaces_the_old_once_verified_and_the_old_is_told(
    house: House, alice: Person
) -> None:
    asks(house, PutContactMethod("alice", "phone", "ntfy", NEW))
    asks(house, VerifyContactMethod("alice", "phone", code_at(house, NEW)))
    alice.new()
    house.passes(minutes=1)
    assert asks(house, PutContactMethod("alice", "phone", "ntfy", OTHER)).waits
    known = method(house, "phone")
    assert known is not None and known.address == NEW and known.verified
    asks(house, VerifyContactMethod("alice", "phone", code_at(house, OTHER)))
    known = method(house, "phone")
    assert known is not None and known.address == OTHER and known.verified
    told = [heard for heard in alice.new() if "no longer come here" in heard.said]
    assert [heard.address for heard in told] == [f"ntfy|{NEW}"]


def test_the_old_address_hears_of_its_end_although_its_provider_was_away(house: House, alice: Person) -> None:
    asks(house, PutContactMethod("alice", "phone", "ntfy", NEW))
    asks(house, VerifyContactMethod("alice", "phone", code_at(house, NEW)))
    house.passes(minutes=1)
    asks(house, PutContactMethod("alice", "phone", "ntfy", OTHER))
    house.provider.is_down(NEW)
    asks(house, VerifyContactMethod("alice", "phone", code_at(house, OTHER)))
    house.passes(minutes=2)
    house.provider.works_again(NEW)
    house.passes(minutes=10)
    told = [heard for heard in alice.new() if "no longer come here" in heard.said]
    assert [heard.address for heard in told] == [f"ntfy|{NEW}"]


def test_five_wrong_codes_are_too_many(house: House) -> None:
    asks(house, PutContactMethod("alice", "phone", "ntfy", NEW))
    right = code_at(house, NEW)
    wrong = "000000" if right != "000000" else "000001"
    for _ in range(5):
        assert refused(house, VerifyContactMethod("alice", "phone", wrong)).field == "code"
    late = refused(house, VerifyContactMethod("alice", "phone", right))
    assert "too many" in late.message and late.code == "conflict"
    house.passes(minutes=1)
    asks(house, SendContactCode("alice", "phone"))
    assert asks(house, VerifyContactMethod("alice", "phone", code_at(house, NEW))).verified


def test_a_code_is_worth_nothing_after_ten_minutes_or_a_second_time(house: House) -> None:
    asks(house, PutContactMethod("alice", "phone", "ntfy", NEW))
    code = code_at(house, NEW)
    house.passes(minutes=10)
    assert refused(house, VerifyContactMethod("alice", "phone", code)).code == "conflict"
    asks(house, SendContactCode("alice", "phone"))
    code = code_at(house, NEW)
    asks(house, VerifyContactMethod("alice", "phone", code))
    assert refused(house, VerifyContactMethod("alice", "phone", code)).code == "conflict"


def test_codes_are_not_sent_as_often_as_one_presses(house: House) -> None:
    asks(house, PutContactMethod("alice", "phone", "ntfy", NEW))
    assert "moments ago" in refused(house, SendContactCode("alice", "phone")).message
    for _ in range(5):
        house.passes(minutes=1)
        asks(house, SendContactCode("alice", "phone"))
    house.passes(minutes=1)
    assert "too many codes" in refused(house, SendContactCode("alice", "phone")).message


def test_the_store_holds_no_code(house: House) -> None:
    asks(house, PutContactMethod("alice", "phone", "ntfy", NEW))
    code = code_at(house, NEW)
    entries = house.store.read(lambda tx: tx.configuration.entries())
    assert not any(code.encode() in entry.document for entry in entries)


def test_a_method_of_the_files_is_verified_without_becoming_ones_own(house: House) -> None:
    asks(house, SendContactCode("alice", "mail"))
    assert asks(house, VerifyContactMethod("alice", "mail", code_at(house, "alice@example.com"))).verified
    moved = {"alice": _alice(mail={"email": "ames@example.com"})}
    house.applies(people=moved)
    known = method(house, "mail")
    assert known is not None and known.address == "ames@example.com" and not known.verified


def _alice(**contact: dict[str, str]) -> dict[str, object]:
    known = {"hook": {"webhook": "http://127.0.0.1:9911/alice"}, "mail": {"email": "alice@example.com"}}
    return {
        "name": "Alice Ames",
        "email": "alice@example.com",
        "time_zone": "Europe/Berlin",
        "contact": {**known, **contact},
        "notify": {"high": ["hook", {"after": "1m", "by": "mail"}], "low": ["mail"]},
    }


def test_ones_own_methods_survive_an_apply_with_prune(house: House) -> None:
    asks(house, PutContactMethod("alice", "phone", "ntfy", NEW))
    house.applies(prune=True)
    assert method(house, "phone") is not None


def test_a_removed_method_of_the_files_is_not_used_any_more(house: House, alice: Person) -> None:
    asks(house, RemoveContactMethod("alice", "mail"))
    house.applies(prune=True)
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=2)
    alice.was_paged("DiskFull", by="hook")
    assert method(house, "mail") is None


def test_the_last_way_of_high_urgency_stays(house: House) -> None:
    asks(house, RemoveContactMethod("alice", "mail"))
    assert refused(house, RemoveContactMethod("alice", "hook")).code == "conflict"
    assert method(house, "hook") is not None


def test_who_had_no_rule_is_rung_by_their_first_method(house: House) -> None:
    house.applies(people={"eve": {"name": "Eve"}})
    house.ask(PutContactMethod("eve", "mail", "email", "eve@example.com"), "dan", "web")
    person = house.world.engine.facts.current.people["eve"]
    assert [rule.by for rule in person.notify_high] == ["mail"]
    house.sends_test_page("eve")
    house.person("eve").was_paged("[TEST]")


def test_one_method_can_be_tested_alone(house: House, alice: Person) -> None:
    house.ask(PageTest("alice", "mail"), "alice", "web")
    alice.was_paged("[TEST]", by="mail")
    house.passes(minutes=5)
    alice.hears_nothing()
    assert refused(house, PageTest("alice", "fax")).field == "method"


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (PutContactMethod("alice", "", "ntfy", NEW), "name"),
        (PutContactMethod("alice", "a/b", "ntfy", NEW), "name"),
        (PutContactMethod("alice", "x" * 41, "ntfy", NEW), "name"),
        (PutContactMethod("alice", "phone", "fax", NEW), "channel"),
        (PutContactMethod("alice", "phone", "console", "here"), "channel"),
        (PutContactMethod("alice", "phone", "ntfy", ""), "address"),
        (PutContactMethod("alice", "phone", "ntfy", "alice"), "address"),
        (PutContactMethod("alice", "phone", "ntfy", "http://169.254.169.254/alice"), "address"),
        (PutContactMethod("alice", "phone", "webhook", "http://127.0.0.1:9190/"), "address"),
        (PutContactMethod("alice", "mail2", "email", "nobody"), "address"),
        (PutContactMethod("alice", "mail2", "email", "a@example.com", {"host": "mx.evil"}), "host"),
        (PutContactMethod("mallory", "phone", "ntfy", NEW), "person"),
        (VerifyContactMethod("alice", "phone", "123456"), "code"),
        (RemoveContactMethod("alice", "fax"), "name"),
        (SendContactCode("alice", "fax"), "name"),
    ],
)
def test_what_cannot_work_is_refused_with_its_field_and_changes_nothing(
    house: House, wanted: Request, field: str
) -> None:
    before = house.store.read(lambda tx: tx.configuration.entries())
    assert refused(house, wanted).field == field
    assert house.store.read(lambda tx: tx.configuration.entries()) == before


def test_a_method_that_is_gone_is_removed_and_its_person_told_by_another(house: House, alice: Person) -> None:
    asks(house, PutContactMethod("alice", "phone", "ntfy", NEW))
    house.provider.answers(NEW, Rejected("the phone is no more (410)", gone=True))
    house.ask(PageTest("alice", "phone"), "alice", "web")
    assert method(house, "phone") is None
    fresh = alice.new()
    assert [heard for heard in fresh if heard.is_page and heard.method != "phone"], "the page went on"
    assert [heard for heard in fresh if "phone was removed: the phone is no more" in heard.said]


def test_a_method_of_the_files_is_never_removed_by_a_provider(house: House, alice: Person) -> None:
    house.provider.answers("9911/alice", Rejected("410", gone=True))
    house.fires("DiskFull", severity="critical")
    assert method(house, "hook") is not None
