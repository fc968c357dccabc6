"""The machine process is away: pages still show what is known, and buttons say that they did nothing for sure."""

from pathlib import Path

import pytest
from django.test import Client

from tests.scenarios.house import House
from tocsin.control.actor import Actor
from tocsin.control.client import NotAnswering, ask
from tocsin.control.local_socket import SOCKET
from tocsin.control.requests import Act, Refused, Status
from tocsin.core.respond.incident import Acknowledge


def test_reading_works_without_it(browser: Client, house: House, data: Path) -> None:
    house.fires("APIHighLatency", severity="critical")
    (data / SOCKET).unlink()
    for address in ("/", "/incidents/1", "/alerts", "/on-call"):
        assert browser.get(address).status_code == 200


def test_a_button_says_that_nobody_answered(browser: Client, house: House, data: Path) -> None:
    house.fires("APIHighLatency", severity="critical")
    (data / SOCKET).unlink()
    answer = browser.post("/incidents/1/act", {"do": "acknowledge"}, follow=True)
    assert answer.status_code == 200
    assert "Perhaps not done: Tocsin" in answer.content.decode()
    assert "message-error" in answer.content.decode()


def test_the_other_buttons_say_so_too(browser: Client, house: House, data: Path) -> None:
    (data / SOCKET).unlink()
    assert "Perhaps not sent" in browser.post("/alerts/test", {"labels": "a=b"}, follow=True).content.decode()
    assert "does not answer" in browser.post("/me/test-page", follow=True).content.decode()


def test_the_client_carries_who_acts_whatever_their_name(house: House, data: Path) -> None:
    house.fires("APIHighLatency", severity="critical")
    (acted,) = ask(data, Act((1,), Acknowledge("")), Actor("zoë@example.com", "web"))
    assert acted.state == "acknowledged"
    assert house.store.read(lambda tx: tx.incidents.peek([1])[1]).acknowledged_by == "zoë@example.com"


def test_the_client_brings_refusals_and_silence(house: House, data: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="there is no incident 7"):
        ask(data, Act((7,), Acknowledge("")), Actor("alice", "web"))
    with pytest.raises(NotAnswering):
        ask(tmp_path, Status(), Actor("alice", "web"))
