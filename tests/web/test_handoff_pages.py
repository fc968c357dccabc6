"""Handoffs on screen: looked through, handed over, accepted, found again."""

from datetime import UTC, datetime

import icalendar
import pytest
from django.test import Client

from tests.scenarios.house import House
from tests.web.conftest import BACKEND
from tests.web.test_pages import page
from tocsin.apps.people.models import Account, Membership
from tocsin.control.requests import HandoffView, ShowHandoff, WriteHandoff

HOSTILE = "<script>alert(1)</script> \u202eevil"


@pytest.fixture
def people(house: House) -> dict[str, Client]:
    """Signed in: whoever goes and whoever comes, by these words."""
    view = written(house)
    clients = {}
    for word, (person, *_) in (("going", view.handoff.outgoing), ("coming", view.handoff.incoming)):
        account = Account(
            login=f"{person}@elsewhere.example", name=person, person=person, created_at=datetime.now(UTC)
        )
        account.save()
        Membership(account=account, team="platform", role="responder").save()
        clients[word] = Client()
        clients[word].force_login(account, BACKEND)
    return clients


def written(house: House) -> HandoffView:
    view = house.ask(WriteHandoff("platform-primary"))
    assert isinstance(view, HandoffView)
    return view


def stored(house: House) -> HandoffView:
    view = house.ask(ShowHandoff(written(house).handoff.id))
    assert isinstance(view, HandoffView)
    return view


def address(house: House) -> str:
    return f"/on-call/handoffs/{written(house).handoff.id}"


def test_whoever_goes_adds_words_and_hands_over_in_one_press(house: House, people: dict[str, Client]) -> None:
    assert "hand over" in page(people["going"], "/on-call/handoffs")
    form = {"notes": "The database sulks.", "known_issues": "Disk of node 3", "do": "offer"}
    answer = people["going"].post(f"{address(house)}/edit", form, follow=True)
    assert "Handed over" in answer.content.decode()
    assert (stored(house).handoff.state, stored(house).handoff.notes) == ("offered", "The database sulks.")


def test_whoever_comes_reads_and_accepts(house: House, people: dict[str, Client]) -> None:
    form = {"notes": "The database sulks.", "known_issues": "", "do": "offer"}
    people["going"].post(f"{address(house)}/edit", form)
    shown = page(people["coming"], address(house))
    assert "read it and accept" in shown and "The database sulks." in shown
    answer = people["coming"].post(f"{address(house)}/accept", follow=True)
    assert "Accepted." in answer.content.decode()
    assert stored(house).handoff.accepted_by == stored(house).handoff.incoming[0]


def test_whoever_goes_cannot_accept_it_themselves(house: House, people: dict[str, Client]) -> None:
    people["going"].post(f"{address(house)}/edit", {"notes": "", "known_issues": "", "do": "offer"})
    assert "Accept the handoff" not in page(people["going"], address(house))
    answer = people["going"].post(f"{address(house)}/accept")
    assert answer.status_code == 400 and "whoever comes next accepts it" in answer.content.decode()


def test_saving_hands_nothing_over(house: House, people: dict[str, Client]) -> None:
    people["going"].post(f"{address(house)}/edit", {"notes": "a\r\nb", "known_issues": "", "do": "save"})
    assert (stored(house).handoff.state, stored(house).handoff.notes) == ("draft", "a\nb")


def test_words_that_are_too_many_are_refused_and_still_in_the_form(
    house: House, people: dict[str, Client]
) -> None:
    answer = people["going"].post(
        f"{address(house)}/edit", {"notes": "word " * 5000, "known_issues": "", "do": "save"}
    )
    shown = answer.content.decode()
    assert answer.status_code == 400 and "characters at most" in shown and "word word" in shown
    assert stored(house).handoff.notes == ""


def test_hostile_words_are_only_words(house: House, people: dict[str, Client]) -> None:
    people["going"].post(f"{address(house)}/edit", {"notes": HOSTILE, "known_issues": HOSTILE, "do": "offer"})
    for who in people.values():
        assert "<script>alert" not in page(who, address(house))


def test_a_handoff_is_found_by_its_words(house: House, people: dict[str, Client]) -> None:
    people["going"].post(f"{address(house)}/edit", {"notes": "It sulks.", "known_issues": "", "do": "save"})
    assert address(house) in page(people["going"], "/on-call/handoffs?text=sulks")
    assert "No handoff has these words" in page(people["going"], "/on-call/handoffs?text=nothing-like-it")


def test_the_call_is_a_quarter_of_an_hour_at_the_turnover_with_both(house: House, browser: Client) -> None:
    answer = browser.get(f"{address(house)}/call.ics")
    (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert event.start == stored(house).handoff.at
    assert (event.end - event.start).total_seconds() == 900
    assert len(event["attendee"]) == 2


def test_what_is_no_handoff_is_not_found(house: House, browser: Client) -> None:
    assert browser.get("/on-call/handoffs/none").status_code == 404
    assert browser.post("/on-call/handoffs/none/accept").status_code == 404
