"""One thing that cannot be decided or sent holds up nothing else: it is set aside, tried again, and somebody is told."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.core.detect.index import Detection
from tocsin.core.detect.signal import Report
from tocsin.core.respond import decide as deciding
from tocsin.engine import consequences, sending
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.protocol import Store
from tocsin.engine.suspects import IN_A_ROW, SuspectReports

Break = Callable[[str], None]


@pytest.fixture
def house(store: Store) -> House:
    return House(store, VirtualClock(START), configured(), Provider())


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Errors are what these stories are about; printing them takes longer than they do."""
    with structlog.testing.capture_logs():
        yield


class Broken(Exception):
    """A mistake of our own."""


@pytest.fixture
def undecidable(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Incidents with one of these words in their title cannot be decided."""
    words: set[str] = set()

    def decide(incident: Any, *args: Any) -> Any:
        if any(word in incident.title for word in words):
            raise Broken(incident.title)
        return deciding.decide(incident, *args)

    monkeypatch.setattr(consequences, "decide", decide)
    return words


@pytest.fixture
def unsayable(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Messages about one of these cannot be composed."""
    words: set[str] = set()
    compose = sending.compose

    def composed(bundle: Any, *args: Any) -> Any:
        if any(word in notification.title for notification in bundle for word in words):
            raise Broken("no words")
        return compose(bundle, *args)

    monkeypatch.setattr(sending, "compose", composed)
    return words


@pytest.fixture
def unsendable(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Addresses where one of these waits cannot be decided."""
    words: set[str] = set()
    next_send = sending.next_send

    def decided(state: Any, waiting: Any, now: Any) -> Any:
        if any(word in notification.title for notification in waiting for word in words):
            raise Broken("no order")
        return next_send(state, waiting, now)

    monkeypatch.setattr(sending, "next_send", decided)
    return words


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Alerts of one of these names break the index."""
    names: set[str] = set()
    apply = Detection.apply

    def legible(reports: Any) -> Iterator[Report]:
        for report in reports:
            for signal in report.parsed.signals:
                if signal.labels.get("alertname") in names:
                    raise Broken(signal.labels["alertname"])
            yield report

    monkeypatch.setattr(Detection, "apply", lambda self, reports, now: apply(self, legible(reports), now))
    return names


def paged(house: House, person: str) -> list[str]:
    return [page.message.title for page in house.pages() if page.message.person == person]


def test_an_incident_that_cannot_be_decided_does_not_stop_the_escalation_of_others(
    house: House, undecidable: set[str]
) -> None:
    house.fires("Cursed", severity="critical")
    house.fires("DiskFull", severity="critical")
    undecidable.add("Cursed")
    house.passes(minutes=11)
    assert any("DiskFull" in title for title in paged(house, "bob"))
    assert not any("Cursed" in title for title in paged(house, "bob"))


def test_an_incident_that_cannot_be_decided_is_told_to_its_timeline_and_to_the_admins(
    house: House, undecidable: set[str]
) -> None:
    house.fires("Cursed", severity="critical")
    undecidable.add("Cursed")
    house.passes(minutes=11)
    house.tells("step_started", "set_aside: Broken")
    assert any("Cursed" in title for title in paged(house, "dan"))
    assert house.world.engine.counters.set_aside["incident.step"] >= 2


def test_what_was_set_aside_goes_on_once_it_can_be_decided(house: House, undecidable: set[str]) -> None:
    house.fires("Cursed", severity="critical")
    undecidable.add("Cursed")
    house.passes(minutes=30)
    undecidable.clear()
    house.passes(minutes=5)
    assert any("Cursed" in title for title in paged(house, "bob"))


def test_what_is_set_aside_is_tried_ever_more_rarely(house: House, undecidable: set[str]) -> None:
    house.fires("Cursed", severity="critical")
    undecidable.add("Cursed")
    house.passes(minutes=10)
    house.passes(hours=2)
    assert 20 <= house.world.engine.counters.set_aside["incident.step"] <= 40


def test_a_page_that_cannot_be_composed_leaves_in_few_words(house: House, unsayable: set[str]) -> None:
    unsayable.add("Cursed")
    house.fires("Cursed", severity="critical")
    assert paged(house, "alice") == ["SEV2 task-api Cursed is bad #1"]


def test_an_address_that_cannot_be_decided_keeps_no_other_waiting(house: House, unsendable: set[str]) -> None:
    unsendable.add("Cursed")
    house.fires("Cursed", severity="critical")
    house.fires("Cursed again", severity="critical")
    house.fires("DiskFull", severity="warning")
    assert [heard.method for heard in house.posts("alerts-low-priority")] == ["alerts-low-priority"]
    house.passes(minutes=12)
    assert house.world.engine.counters.set_aside["address"] > 5
    assert "Tocsin cannot decide" in paged(house, "dan")[0]
    unsendable.clear()
    house.passes(minutes=5)
    assert paged(house, "bob") == ["2 incidents need you (worst SEV2)"]


def test_an_alert_whose_incident_cannot_be_decided_does_not_stop_other_alerts(
    house: House, undecidable: set[str]
) -> None:
    undecidable.add("Cursed")
    house.fire([("Cursed", {"severity": "critical"}), ("DiskFull", {"severity": "critical"})])
    assert any("DiskFull" in title for title in paged(house, "alice"))
    house.fires("CPUHigh", severity="critical", service="billing")
    assert any("CPUHigh" in title for title in paged(house, "alice"))


def test_an_alert_whose_incident_cannot_be_opened_is_told_to_the_admins_and_opened_when_it_can(
    house: House, undecidable: set[str]
) -> None:
    undecidable.add("Cursed is bad")
    house.fires("Cursed", severity="critical")
    assert any("Cursed" in title for title in paged(house, "dan"))
    undecidable.clear()
    house.passes(minutes=1)
    assert any("Cursed" in title for title in paged(house, "alice"))


def test_an_alert_that_breaks_the_index_is_kept_in_quarantine_and_the_others_are_taken(
    house: House, unreadable: set[str]
) -> None:
    unreadable.add("Cursed")
    house.stops()
    house.fires("DiskFull", severity="critical")
    house.fires("Cursed", severity="critical")
    house.fires("CPUHigh", severity="critical")
    house.world.running = True  # and its loop goes on after a failure, as the live one does
    for _ in range(5):
        try:
            house.world.settle()
        except Broken:
            continue
    house.passes(minutes=1)
    assert any("DiskFull" in title for title in paged(house, "alice"))
    assert any("CPUHigh" in title for title in paged(house, "alice"))
    ((row, error),) = house.store.read(lambda tx: tx.inbox.quarantined(10))
    assert b"Cursed" in row.body and "Broken" in error
    assert paged(house, "dan")


def test_an_alert_that_breaks_the_index_takes_no_other_of_its_request_with_it(
    house: House, unreadable: set[str]
) -> None:
    unreadable.add("Cursed")
    house.stops()
    critical = {"severity": "critical"}
    house.fire([("DiskFull", critical), ("Cursed", critical), ("CPUHigh", critical)])
    house.fires("AllGone", severity="critical", service="billing")
    house.world.running = True
    for _ in range(5):
        try:
            house.world.settle()
        except Broken:
            continue
    house.passes(minutes=1)
    titles = [incident.title for incident in house.incidents()]
    for title in ("AllGone is bad", "CPUHigh is bad", "DiskFull is bad"):
        assert titles.count(title) == 1
    ((row, error),) = house.store.read(lambda tx: tx.inbox.quarantined(10))
    assert b"Cursed" in row.body and "Broken" in error
    assert house.world.engine.counters.set_aside["alert"] == 1


def test_an_arrival_that_cannot_be_told_does_not_hold_up_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell(owed: Any, notification: Any, *args: Any) -> None:
        if "Cursed" in notification.title:
            raise Broken

    monkeypatch.setattr(sending, "_tell_timeline", tell)
    house.fires("Cursed", severity="critical")
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=5)
    assert (
        len([title for title in paged(house, "alice") if "Cursed" in title]) <= 2
    )  # by hook and by mail, once each


def test_reports_that_fail_together_are_taken_one_by_one_until_all_of_them_were() -> None:
    suspects = SuspectReports(256)
    assert not suspects.failed(3)
    assert suspects.helping == 1
    suspects.taken(1)
    assert not suspects.failed(1)
    assert suspects.failed(1)
    suspects.taken(1)
    assert suspects.helping == 256


def test_when_every_report_fails_it_is_not_the_reports_fault_and_none_more_is_given_up() -> None:
    suspects = SuspectReports(256)
    suspects.failed(256)
    given_up = sum(suspects.failed(1) for _ in range(1000))
    assert given_up == IN_A_ROW
