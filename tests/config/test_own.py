"""What people chose on screen goes over the files, and never keeps a file from working."""

from datetime import time, timedelta

from tocsin.config.own import mark_of, with_own
from tocsin.core.people import ContactChange, ContactMethod, NotifyRule, Person, Preferences, QuietHours

HOOK = ContactMethod("hook", "webhook", "https://example.com/hook")
MAIL = ContactMethod("mail", "email", "alice@example.com")
ALICE = Person(
    "alice",
    "Alice Ames",
    time_zone="Europe/Berlin",
    contact=(HOOK, MAIL),
    notify_high=(NotifyRule("hook"), NotifyRule("mail", timedelta(minutes=1))),
    notify_low=(NotifyRule("mail"),),
)


def alice(
    *own: ContactMethod, changes: tuple[ContactChange, ...] = (), chosen: Preferences | None = None
) -> Person:
    named = {f"alice.{method.name}": method for method in own}
    return with_own({"alice": ALICE}, named, changes, [chosen] if chosen else [])["alice"]


def test_nothing_chosen_is_as_the_files_say() -> None:
    assert alice() == ALICE


def test_an_own_method_stands_in_place_of_the_files_or_beside_them() -> None:
    moved = ContactMethod("mail", "email", "ames@example.com", verified=True)
    assert alice(moved).method("mail") == moved
    phone = ContactMethod("phone", "ntfy", "https://ntfy.example.com/a")
    assert alice(phone).contact == (HOOK, MAIL, phone)


def test_preferences_win_field_by_field() -> None:
    quiet = QuietHours(time(22), time(7))
    person = alice(chosen=Preferences("alice", notify_high=(NotifyRule("mail"),), quiet=quiet))
    assert person.notify_high == (NotifyRule("mail"),)
    assert person.notify_low == ALICE.notify_low and person.time_zone == "Europe/Berlin"
    assert person.quiet == quiet
    assert alice(chosen=Preferences("alice", time_zone="Asia/Tokyo")).time_zone == "Asia/Tokyo"


def test_no_low_rules_is_a_choice() -> None:
    assert alice(chosen=Preferences("alice", notify_low=())).notify_low == ()


def test_rules_of_a_method_that_is_gone_are_passed_over() -> None:
    chosen = Preferences("alice", notify_high=(NotifyRule("fax"), NotifyRule("mail")))
    assert alice(chosen=chosen).notify_high == (NotifyRule("mail"),)
    only = Preferences("alice", notify_high=(NotifyRule("fax"),))
    assert alice(chosen=only).notify_high == ALICE.notify_high, "the files' rules are better than none"
    without = Preferences("alice", without=("hook",))
    assert [rule.by for rule in alice(chosen=without).notify_high] == ["mail"]


def test_a_mistake_in_the_files_stays_visible() -> None:
    wrong = Person("eve", "Eve", contact=(MAIL,), notify_high=(NotifyRule("fax"),))
    assert with_own({"eve": wrong}, {}, (), [Preferences("eve")])["eve"].notify_high == wrong.notify_high


def test_a_proof_holds_for_that_address_alone() -> None:
    chosen = Preferences("alice", verified=(mark_of(MAIL),))
    person = alice(chosen=chosen)
    assert person.method("mail") == ContactMethod("mail", "email", "alice@example.com", verified=True)
    assert not alice(chosen=Preferences("alice", verified=(mark_of(HOOK),))).method("mail").verified  # type: ignore[union-attr]


def test_addresses_that_wait_or_were_replaced_are_told_and_never_paged() -> None:
    change = ContactChange(
        "alice", "mail", wanted=ContactMethod("mail", "email", "b@example.com"), former=MAIL
    )
    person = alice(changes=(change,))
    assert person.contact == ALICE.contact
    assert [method.address for method in person.elsewhere] == ["b@example.com", "alice@example.com"]


def test_what_belongs_to_nobody_is_left_out() -> None:
    named = {"mallory.mail": MAIL}
    found = with_own(
        {"alice": ALICE}, named, [ContactChange("mallory", "mail", MAIL)], [Preferences("mallory")]
    )
    assert found == {"alice": ALICE}
