"""Labels, annotations and names are written by whoever can send an alert: pages show them and do nothing they say."""

import pytest
from django.test import Client

from tests.scenarios.house import House
from tocsin.control.requests import Act
from tocsin.core.respond.incident import AddNote

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>\"' onmouseover=alert(1)"
REVERSED = "\u202egnp.exe"
PAGES = (
    "/",
    "/incidents",
    "/incidents/1",
    "/alerts",
    "/incidents?text=%3Cscript%3E&service=%22%3E%3Cscript%3E",
)


@pytest.fixture
def hostile(house: House) -> House:
    house.fires(
        "Hostile" + SCRIPT,
        severity="critical",
        service=SCRIPT,
        items="a label that is called like a method",
        keys=REVERSED,
        long="x" * 16_000,
        annotations={
            "summary": SCRIPT + REVERSED,
            "description": SCRIPT + "\n" + "y" * 50_000,
            "runbook_url": "javascript:alert(document.cookie)",
        },
    )
    house.ask(Act((1,), AddNote("", SCRIPT)), SCRIPT, "web")
    return house


@pytest.mark.parametrize("address", PAGES)
def test_markup_stays_text(address: str, browser: Client, hostile: House) -> None:
    shown = browser.get(address).content.decode()
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert '" onmouseover' not in shown and "' onmouseover" not in shown
    if "text=" not in address:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


@pytest.mark.parametrize("address", PAGES)
def test_nothing_turns_the_reading_direction_around(address: str, browser: Client, hostile: House) -> None:
    assert "\u202e" not in browser.get(address).content.decode()


def test_a_link_that_is_not_a_web_link_is_not_a_link(browser: Client, hostile: House) -> None:
    shown = browser.get("/incidents/1").content.decode()
    assert 'href="javascript:' not in shown
    assert "is not a web link" in shown


def test_megabytes_are_cut(browser: Client, hostile: House) -> None:
    assert len(browser.get("/incidents/1").content) < 100_000


def test_a_label_may_be_called_items(browser: Client, hostile: House) -> None:
    assert "called like a method" in browser.get("/incidents/1").content.decode()
    assert "called like a method" in browser.get("/alerts").content.decode()


def test_other_peoples_words_keep_their_direction_to_themselves(browser: Client, house: House) -> None:
    house.fires("Alert", severity="critical", annotations={"summary": "השרת נפל"})
    assert "<bdi>השרת נפל</bdi>" in browser.get("/incidents/1").content.decode()
