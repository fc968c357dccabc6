"""A test is real in everything but what it counts for; it never takes a real alert's page away."""

from tests.scenarios.house import House
from tests.scenarios.person import Person


def test_a_real_alert_pages_although_a_test_of_it_is_acknowledged(house: House, alice: Person) -> None:
    house.fires("APIHighLatency", severity="critical", tocsin_test="true")
    alice.acknowledges()
    before = len(house.pages())
    house.fires("APIHighLatency", severity="critical")
    assert not house.incident().test
    assert len(house.pages()) == before + 1


def test_a_real_alert_is_not_marked_as_a_test_when_all_of_a_route_is_one_group(house: House) -> None:
    house.fires("APIHighLatency", severity="critical", tocsin_test="true", namespace="")
    house.fires("DiskFull", severity="critical", namespace="")
    assert {incident.test for incident in house.incidents()} == {True, False}
