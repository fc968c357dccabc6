"""A stored row that cannot be read any more costs what it said, and never the start."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.scenarios.house import START, House, configured
from tests.scenarios.provider import Provider
from tocsin.engine.clock import VirtualClock
from tocsin.engine.store.protocol import AlertFilter, HeartbeatRow, Store

HEARTBEATS = {"watchdog": {"every": "10m", "grace": "1m", "matchers": ['alertname="Watchdog"']}}


@pytest.fixture
def house(store: Store) -> House:
    return House(store, VirtualClock(START), configured(heartbeats=HEARTBEATS), Provider())


def starts_again(house: House) -> None:
    house.world.detecting.release()
    house.starts_again()


@pytest.mark.parametrize("broken", [b"{", b"\xff\xfe", b'{"alertname": 1}', b"[" * 100_000, b""])
@pytest.mark.parametrize("column", ["labels", "annotations"])
def test_an_alert_that_cannot_be_read_is_left_out_and_the_others_go_on(
    house: House, column: str, broken: bytes
) -> None:
    house.fires("DiskFull", severity="critical", pod="api-1")
    house.fires("CPUHigh", severity="critical")
    ((fixed, state),) = house.store.read(lambda tx: tx.alerts.search(AlertFilter(before=2)))
    fixed = replace(fixed, id=3)
    state = replace(state, alert=3)
    row = fixed if column == "labels" else state
    fixed, state = (replace(each, **{column: broken}) if each is row else each for each in (fixed, state))
    house.store.run(lambda tx: (tx.alerts.add([fixed]), tx.alerts.put_states([state])))
    starts_again(house)
    assert house.world.detecting.index is not None
    assert house.world.detecting.index.active_alerts == 2
    assert house.world.engine.counters.set_aside["stored alert"] == 1
    house.ends("CPUHigh", severity="critical")
    assert house.incident(2).firing == 0


def test_a_group_that_cannot_be_read_is_begun_anew(house: House) -> None:
    house.fires("DiskFull", severity="critical")
    house.fires("CPUHigh", severity="critical")
    broken, whole = house.store.read(lambda tx: tx.groups.all())
    house.store.run(lambda tx: tx.groups.put([replace(broken, document=b"nonsense")]))
    starts_again(house)
    index = house.world.detecting.index
    assert index is not None and index.known_groups == 2
    assert index.state(whole.key).incident == whole.incident
    assert house.world.engine.counters.set_aside["stored group"] == 1


def test_a_heartbeat_that_cannot_be_read_is_waited_for_anew(house: House) -> None:
    house.fires("Watchdog", severity="none")
    house.store.run(lambda tx: tx.heartbeats.put([HeartbeatRow("watchdog", 1, False, b"\x00")]))
    starts_again(house)
    assert house.world.engine.counters.set_aside["stored heartbeat"] == 1
    house.passes(minutes=30)
    (missed,) = [alert for alert in house.alerts() if alert.labels.get("heartbeat") == "watchdog"]
    assert timedelta(minutes=10) < missed.first_seen - START <= timedelta(minutes=11)
