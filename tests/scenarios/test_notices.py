"""What people are told about no incident: by the outbox as everything, once, and not in their quiet hours."""

from tests.scenarios.house import House
from tests.scenarios.person import SECRET, Person
from tocsin.channels.links import LinkClaims, verify
from tocsin.control.requests import PutPreferences, WantedRule
from tocsin.core.reasons import Reason
from tocsin.core.respond.delivery import Offer
from tocsin.engine.consequences import Consequences

HIGH = (WantedRule("hook"), WantedRule("mail", 1))


def tells(house: House, person: str, notice: str = "one", urgent: bool = False) -> bool:
    def work(owed: Consequences) -> bool:
        return owed.tell(
            person,
            notice,
            "Your shift begins tomorrow",
            "Monday 09:00 to Monday 09:00.",
            Reason.SHIFT_AHEAD,
            opens="/on-call/mine",
            offers=(Offer("Send me a test page", "test_page", person),),
            urgent=urgent,
        )

    reached, departures = house.world.engine.decide(work, house.now)
    house.world.carry(departures)
    house.world.settle()
    return reached


def test_a_notice_comes_by_the_first_rule_of_low_urgency_and_is_no_page(house: House, alice: Person) -> None:
    assert tells(house, "alice")
    told = alice.was_told("Your shift begins tomorrow")
    assert (told.method, told.message.urgency) == ("mail", "low")
    assert told.message.text.endswith("/on-call/mine")


def test_the_same_notice_is_told_once_however_often_it_is_decided(house: House, alice: Person) -> None:
    tells(house, "alice")
    alice.was_told("Your shift begins tomorrow")
    tells(house, "alice")
    house.passes(hours=1)
    tells(house, "alice")
    alice.hears_nothing()
    tells(house, "alice", "another")
    alice.was_told("Your shift begins tomorrow")


def test_a_notice_waits_for_the_end_of_quiet_hours_and_an_urgent_one_does_not(
    house: House, alice: Person
) -> None:
    house.ask(PutPreferences("alice", HIGH, (WantedRule("mail"),), "08:00", "10:00"), "alice", "web")
    tells(house, "alice")
    alice.hears_nothing()
    tells(house, "alice", "urgent", urgent=True)
    assert alice.was_told("Your shift begins tomorrow").method == "hook"
    house.passes(hours=1)
    assert alice.was_told("Your shift begins tomorrow").method == "mail"


def test_who_has_no_way_to_be_told_is_said_not_to_be_reached(house: House) -> None:
    assert not tells(house, "nobody")


def test_a_notice_that_a_provider_cannot_take_is_tried_again(house: House, bob: Person) -> None:
    house.provider.is_down("/bob")
    tells(house, "bob")
    bob.hears_nothing()
    house.provider.works_again("/bob")
    house.passes(minutes=1)
    bob.was_told("Your shift begins tomorrow")


def test_its_button_is_a_signed_link_for_exactly_this_person(house: House, bob: Person) -> None:
    tells(house, "bob")
    (button,) = bob.was_told("Your shift begins tomorrow").message.buttons
    claims = verify(SECRET, button.url.rpartition("/")[2], house.now)
    assert isinstance(claims, LinkClaims)
    assert (claims.action, claims.subject, claims.person, claims.incidents) == ("test_page", "bob", "bob", ())
