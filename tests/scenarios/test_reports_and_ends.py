"""What people report themselves, and ends that are moved: the same on every store."""

from datetime import timedelta
from typing import cast

import pytest

from tests.scenarios.house import House
from tests.scenarios.person import Person
from tocsin.control.requests import Accepted, ChangeEnd, OpenIncident, OperationalView, Refused
from tocsin.core.severity import Severity

REPORT = OpenIncident("Checkout hangs", Severity.SEV2, "task-api", summary="A spinner, then an error.")


def test_a_reported_problem_pages_whoever_is_on_call(house: House, alice: Person) -> None:
    accepted = cast(Accepted, house.ask(REPORT, "bob"))
    incident = house.incident(accepted.incident)
    assert (incident.title, incident.service, incident.detected_by) == ("Checkout hangs", "task-api", "bob")
    alice.was_paged("Checkout hangs")


def test_the_same_report_within_a_minute_is_one_and_later_is_another(house: House) -> None:
    first = cast(Accepted, house.ask(REPORT, "bob"))
    assert cast(Accepted, house.ask(REPORT, "bob")).incident == first.incident
    assert cast(Accepted, house.ask(REPORT, "carol")).incident != first.incident
    house.passes(minutes=2)
    assert cast(Accepted, house.ask(REPORT, "bob")).incident != first.incident


def test_a_wrong_report_opens_nothing(house: House) -> None:
    with pytest.raises(Refused) as refused:
        house.ask(OpenIncident("x", Severity.SEV1, service="none"))
    assert refused.value.field == "service"
    assert house.incidents() == []


def test_a_silence_made_longer_holds_longer(house: House) -> None:
    silence = house.silences('alertname="DiskFull"', hours=1)
    moved = cast(OperationalView, house.ask(ChangeEnd("silences", silence, house.now + timedelta(hours=3))))
    assert moved.ends_at == house.now + timedelta(hours=3)
    house.passes(hours=2)
    house.fires("DiskFull", severity="critical")
    assert house.incidents() == []
    house.passes(hours=2)
    assert len(house.incidents()) == 1, "what still fires when it ends pages then"


def test_a_silence_made_shorter_ends_sooner(house: House) -> None:
    silence = house.silences('alertname="DiskFull"', hours=3)
    house.ask(ChangeEnd("silences", silence, house.now + timedelta(minutes=10)))
    house.fires("DiskFull", severity="critical")
    assert house.incidents() == []
    house.passes(minutes=11)
    assert len(house.incidents()) == 1


def test_what_has_ended_stays_ended(house: House) -> None:
    silence = house.silences('alertname="DiskFull"', minutes=10)
    house.passes(minutes=11)
    with pytest.raises(Refused, match="ended already"):
        house.ask(ChangeEnd("silences", silence, house.now + timedelta(hours=1)))
