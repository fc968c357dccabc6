"""What a message says, and whether it is still worth saying."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from tocsin.core.people import Person
from tocsin.core.reasons import Reason
from tocsin.core.respond.compose import compose, is_stale
from tocsin.core.respond.delivery import Notification, Offer, Purpose
from tocsin.core.respond.incident import Incident, State
from tocsin.core.respond.message import Button, Message
from tocsin.core.respond.page import Page, PageState
from tocsin.core.severity import Severity, Urgency

from .story import minutes

NOW = datetime(2026, 6, 14, 14, 35, tzinfo=UTC)
INCIDENT = Incident(
    id=12,
    title="API p99 latency above 2s",
    severity=Severity.SEV2,
    opened_at=NOW - minutes(3),
    summary="p99 of http_request_duration_seconds is 4.2 s.",
    service="task-api",
    runbook_url="https://runbooks.example/api-high-latency",
    firing=3,
    alerts=3,
)
ALICE = Person(key="alice", name="Alice Ames", time_zone="Europe/Berlin")


class Links:
    def incident(self, incident: int) -> str:
        return f"https://tocsin.example/incidents/{incident}"

    def acknowledge(self, incidents: tuple[int, ...], person: str) -> str:
        return f"https://tocsin.example/ack/{person}/{','.join(map(str, incidents))}"

    def resolve(self, incidents: tuple[int, ...], person: str) -> str:
        return f"https://tocsin.example/resolve/{person}/{','.join(map(str, incidents))}"

    def screen(self, path: str) -> str:
        return f"https://tocsin.example{path}"

    def offer(self, offer: Offer, person: str) -> str:
        return f"https://tocsin.example/{offer.act}/{person}/{offer.subject}"


def page_of(incident: Incident = INCIDENT, purpose: Purpose = Purpose.PAGE, text: str = "") -> Notification:
    return Notification(
        id=f"{incident.id}.1.1",
        purpose=purpose,
        address_key="ntfy|alice",
        channel="ntfy",
        created_at=NOW,
        text=text,
        title=incident.title,
        incident=incident.id,
        page=f"{incident.id}.1",
        person="alice",
        method="push",
        severity=incident.severity,
        service=incident.service,
        test=incident.test,
    )


def composed(*incidents: Incident, person: Person | None = ALICE) -> Message:
    notifications = [page_of(incident) for incident in incidents]
    return compose(notifications, {i.id: i for i in incidents}, NOW, "key", Links(), person)


def test_a_page_carries_everything_a_responder_needs() -> None:
    message = composed(INCIDENT)
    assert message.title == "[SEV2] task-api: API p99 latency above 2s"
    assert message.text == (
        "[SEV2] task-api: API p99 latency above 2s\n"
        "p99 of http_request_duration_seconds is 4.2 s.\n"
        "Since 2026-06-14 14:32 UTC (16:32 Europe/Berlin), for 3m · 3 alerts\n"
        "Runbook: https://runbooks.example/api-high-latency\n"
        "Incident: https://tocsin.example/incidents/12"
    )
    assert message.acknowledge_url == "https://tocsin.example/ack/alice/12"
    assert message.resolve_url == "https://tocsin.example/resolve/alice/12"
    assert (message.key, message.person_name, message.urgency) == ("key", "Alice Ames", Urgency.HIGH)
    (item,) = message.items
    assert (item.service, item.runbook_url, item.since) == (
        "task-api",
        INCIDENT.runbook_url,
        INCIDENT.opened_at,
    )


@pytest.mark.parametrize("zone", ["UTC", "", "Mars/Olympus", "../etc/passwd"])
def test_a_zone_that_is_none_leaves_utc_alone(zone: str) -> None:
    text = composed(INCIDENT, person=replace(ALICE, time_zone=zone)).text
    assert "Since 2026-06-14 14:32 UTC, for 3m" in text


def test_four_pages_are_one_message_that_says_four() -> None:
    incidents = [replace(INCIDENT, id=n, title=f"Disk {n} is full") for n in range(1, 5)]
    message = composed(*incidents)
    assert message.title == "4 incidents need you (worst SEV2)"
    assert [item.incident for item in message.items] == [1, 2, 3, 4]
    assert all(f"Disk {n} is full" in message.text for n in range(1, 5))
    assert message.acknowledge_url == "https://tocsin.example/ack/alice/1,2,3,4"
    assert message.resolve_url == ""


def test_many_incidents_are_a_line_and_a_link_each() -> None:
    incidents = [replace(INCIDENT, id=n, summary="x" * 5000) for n in range(1, 26)]
    message = composed(*incidents)
    assert message.title.startswith("25 incidents need you")
    assert all(f"/incidents/{n}" in message.text for n in range(1, 26))
    assert len(message.text) < 4000


def test_two_pages_about_one_incident_are_one_item() -> None:
    message = compose([page_of(), page_of()], {12: INCIDENT}, NOW, "key", Links(), ALICE)
    assert message.title.startswith("[SEV2]")
    assert len(message.items) == 1


def test_a_test_says_so() -> None:
    message = composed(replace(INCIDENT, test=True))
    assert message.test
    assert message.title.startswith("[TEST] [SEV2]")
    assert message.text.startswith("[TEST]")


def test_long_and_broken_text_still_makes_one_short_title() -> None:
    message = composed(replace(INCIDENT, title="a\nb\r\n" + "c" * 10_000, summary="d" * 10_000))
    assert "\n" not in message.title
    assert len(message.title) < 160
    assert len(message.text) < 700


def test_news_is_its_own_text_with_a_link() -> None:
    news = page_of(purpose=Purpose.STATUS, text="bob took it over.")
    message = compose([news], {12: INCIDENT}, NOW, "key", Links(), ALICE)
    assert message.text == "bob took it over.\nIncident: https://tocsin.example/incidents/12"
    assert message.acknowledge_url == ""


def test_a_chat_message_of_no_incident_is_its_title_and_text() -> None:
    post = replace(
        page_of(purpose=Purpose.CHAT, text="3 warnings"), incident=None, person=None, title="Warnings"
    )
    message = compose([post], {}, NOW, "key", Links())
    assert (message.title, message.text, message.items) == ("Warnings", "3 warnings", ())


def wanted() -> Page:
    return Page(12, 1, "alice", Urgency.HIGH, NOW, Reason.STEP_STARTED)


def test_a_wanted_page_of_an_open_incident_is_not_stale() -> None:
    assert is_stale(page_of(), INCIDENT, wanted()) is None


def test_a_responder_may_be_paged_about_an_acknowledged_incident() -> None:
    assert is_stale(page_of(), replace(INCIDENT, state=State.ACKNOWLEDGED), wanted()) is None


def test_a_stopped_page_is_stale_for_the_reason_it_was_stopped() -> None:
    stopped = replace(wanted(), state=PageState.STOPPED, stopped_because=Reason.ACKNOWLEDGED)
    assert is_stale(page_of(), INCIDENT, stopped) is Reason.ACKNOWLEDGED


def test_a_page_about_what_is_over_or_gone_is_stale() -> None:
    assert is_stale(page_of(), replace(INCIDENT, state=State.RESOLVED), wanted()) is Reason.STALE
    assert is_stale(page_of(), None, wanted()) is Reason.STALE
    assert is_stale(page_of(), INCIDENT, None) is Reason.STALE


def test_a_question_that_was_answered_meanwhile_is_stale() -> None:
    question = replace(page_of(purpose=Purpose.STATUS), reason=Reason.ACK_QUESTION)
    assert is_stale(question, INCIDENT, None) is Reason.STALE
    assert is_stale(question, replace(INCIDENT, asked_at=NOW), None) is None


def test_a_notice_leads_to_its_screen_and_carries_its_buttons() -> None:
    notice = Notification(
        id="t/alice/swap.7.offered",
        purpose=Purpose.STATUS,
        address_key="ntfy|alice#news",
        channel="ntfy",
        created_at=NOW,
        title="Bob offers you a shift",
        text="Mon 15 Jun 09:00 to Tue 16 Jun 09:00.",
        person="alice",
        method="push",
        urgency=Urgency.LOW,
        opens="/on-call/swaps#swap-7",
        offers=(Offer("Accept", "accept_swap", "7"),),
    )
    message = compose([notice], {}, NOW, "k", Links(), ALICE)
    assert message.opens == "https://tocsin.example/on-call/swaps#swap-7"
    assert message.buttons == (Button("Accept", "https://tocsin.example/accept_swap/alice/7"),)
    assert message.text.endswith("\nOpen: https://tocsin.example/on-call/swaps#swap-7")
    assert (message.urgency, message.acknowledge_url, message.items) == (Urgency.LOW, "", ())
