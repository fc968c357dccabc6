"""An incident's labels are what all its alerts share: they become fewer as alerts join, and never more."""

from tests.scenarios.house import House
from tests.scenarios.person import Person


def test_an_alert_that_joins_leaves_the_labels_that_it_shares(house: House) -> None:
    house.fires("DiskFull", severity="critical", host="db-1", region="eu")
    assert house.incident().labels["host"] == "db-1"
    house.fires("DiskFull", severity="critical", host="db-2", region="eu")
    assert len(house.incidents()) == 1
    labels = house.incident().labels
    assert "host" not in labels
    assert (labels["alertname"], labels["region"]) == ("DiskFull", "eu")


def test_the_end_of_an_alert_brings_no_label_back(house: House) -> None:
    house.fires("DiskFull", severity="critical", host="db-1")
    house.fires("DiskFull", severity="critical", host="db-2")
    house.ends("DiskFull", severity="critical", host="db-2")
    assert "host" not in house.incident().labels


def test_what_was_not_shared_before_a_restart_is_not_shared_after_it(house: House) -> None:
    house.fires("DiskFull", severity="critical", host="db-1", region="eu")
    house.fires("DiskFull", severity="critical", host="db-2", region="us")
    house.ends("DiskFull", severity="critical", host="db-2", region="us")
    house.starts_again()
    house.fires("DiskFull", severity="critical", host="db-3", region="eu")
    assert not {"host", "region"} & house.incident().labels.keys()


def test_an_incident_that_comes_back_with_another_host_names_none(house: House, alice: Person) -> None:
    house.fires("DiskFull", severity="critical", host="db-1")
    house.ends("DiskFull", severity="critical", host="db-1")
    house.passes(minutes=1)
    house.fires("DiskFull", severity="critical", host="db-2")
    assert len(house.incidents()) == 1
    assert "host" not in house.incident().labels


def test_an_alert_that_is_silenced_shares_nothing_until_it_counts(house: House) -> None:
    house.silences('host="db-2"', minutes=10)
    house.fires("DiskFull", severity="critical", host="db-1")
    house.fires("DiskFull", severity="critical", host="db-2")
    assert house.incident().labels["host"] == "db-1"
    house.passes(minutes=10)
    assert "host" not in house.incident().labels
