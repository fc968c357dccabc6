"""When each integration was last heard is kept beside what is committed anyway, at any volume and over a restart."""

from datetime import datetime, timedelta

from tests.scenarios.house import House
from tocsin.control.requests import SendSample
from tocsin.core.detect.hearing import Heard, never_heard
from tocsin.core.detect.signal import Renewal
from tocsin.core.instants import instant, micros


def heard(house: House, integration: str = "prom") -> Heard:
    rows = house.world.engine.store.read(lambda tx: tx.heard.all())
    return next(row for row in rows if row.integration == integration)


def last(house: House, integration: str = "prom") -> datetime:
    return instant(heard(house, integration).last_at)


def test_the_last_event_is_known_to_the_minute_whatever_others_send(house: House) -> None:
    house.pagerduty("trigger", "disk")
    began = house.now
    for _ in range(5):
        house.passes(seconds=30)
        house.fires("Noise", instance=house.now.isoformat())
    assert last(house, "pd") == began
    assert last(house) == began + timedelta(seconds=150)
    assert heard(house).times == 3, "what is said more often than once a minute is noted once"


def test_one_that_never_spoke_is_known_since_it_was_set_up(house: House) -> None:
    house.passes(hours=1)
    assert never_heard(heard(house), micros(house.now))
    house.applies(integrations={"ci": {"type": "pagerduty", "key": "ci-key"}})
    assert heard(house, "ci") == Heard("ci", since=micros(house.now))


def test_what_is_only_sent_again_counts_too(house: House) -> None:
    house.fires("DiskFull")
    house.passes(minutes=30)
    house.world.detecting.renewed(Renewal("prom", micros(house.now), ()))
    house.world.settle()
    assert last(house) == house.now


def test_a_sample_from_here_says_nothing_of_the_sender(house: House) -> None:
    house.ask(SendSample("prom"))
    assert heard(house).last_at == 0


def test_a_restart_forgets_nothing(house: House) -> None:
    house.fires("DiskFull")
    before = heard(house)
    house.passes(minutes=10)
    house.stops()
    house.starts_again()
    assert heard(house) == before
    house.fires("Other")
    again = micros(house.now)
    house.passes(minutes=1)  # until the one that was stopped no longer counts as the owner
    assert heard(house).longest == again - before.last_at


def test_one_that_is_gone_is_forgotten(house: House) -> None:
    house.applies(integrations={"ci": {"type": "pagerduty", "key": "ci-key"}})
    house.applies(prune=True)
    rows = house.world.engine.store.read(lambda tx: tx.heard.all())
    assert [row.integration for row in rows] == ["pd", "prom"]
