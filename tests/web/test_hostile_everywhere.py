"""Markup, reversed text and megabytes in whatever senders and people write: no page does what they say, none grows huge."""

import pytest
from django.test import Client

from tests.scenarios.house import House
from tests.web.test_permissions import pages
from tocsin.apps.audit.actions import record
from tocsin.apps.people.models import Account, Membership
from tocsin.control.requests import Act, AddLeave, AddSilence, PutNoun
from tocsin.core.respond.incident import AddNote, Resolve

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>\"' onmouseover=alert(1)"
REVERSED = "\u202egnp.exe"
MOST = 600_000  # bytes of a page


@pytest.fixture
def hostile(house: House, alice: Account) -> House:
    """Whatever can be written is."""
    for number in range(3):
        house.fires(
            f"Hostile{number}" + SCRIPT,
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
    house.ask(Act((1,), AddNote("", SCRIPT + REVERSED + "z" * 3000)), SCRIPT + REVERSED, "web")
    house.ask(Act((2,), Resolve("", note=SCRIPT + REVERSED)), SCRIPT, "web")
    house.ask(
        AddSilence(
            ('alertname="' + "<script>alert(1)</script>" + '"',), house.now.replace(year=2027), None, SCRIPT
        )
    )
    house.ask(PutNoun("people", "mallory", {"name": SCRIPT + REVERSED, "email": "m@example.com"}))
    house.ask(PutNoun("teams", "evil", {"name": SCRIPT + REVERSED, "members": ["mallory"]}))
    house.ask(PutNoun("services", "task-api-2", {"team": "evil", "policy": "platform", "name": SCRIPT}))
    house.ask(AddLeave("mallory", house.now.date(), comment=SCRIPT + REVERSED + "z" * 1000))
    house.ask(
        PutNoun(
            "calendars", "evil", {"url": "https://evil.example/" + "x" * 900, "for": "leave", "team": "evil"}
        )
    )
    account = Account(login=SCRIPT + REVERSED, name=SCRIPT + REVERSED, created_at=house.now)
    account.save()
    Membership(account=account, team="platform", role="responder").save()
    record(SCRIPT, SCRIPT, REVERSED, house.now, SCRIPT, before={SCRIPT: SCRIPT}, after={SCRIPT: REVERSED})
    return house


def test_no_page_does_what_they_say(browser: Client, hostile: House) -> None:
    browser.raise_request_exception = False
    for name, address in pages():
        for query in (
            "",
            "?text=%3Cscript%3Ealert(1)%3C/script%3E&q=%E2%80%AEgnp",
            "?text=%E2%80%AEgnp%0Aexe",
            "?state=all&status=all&q=Hostile",
        ):
            response = browser.get(address + query)
            shown = (b"".join(response) if response.streaming else response.content).decode()
            assert response.status_code < 500, (name, query)
            if "html" not in response.headers.get("Content-Type", ""):
                continue
            assert "<script>alert" not in shown and "<img src=x" not in shown, (name, query)
            assert '" onmouseover' not in shown and 'href="javascript:' not in shown, (name, query)
            assert "\u202e" not in shown, (name, query)
            assert len(shown) < MOST, (name, query, len(shown))
