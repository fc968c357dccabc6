"""A clock that was set back delays nobody: in every store, all that is pending comes as much nearer."""

from datetime import timedelta

import msgspec

from tests.engine.cast import NOON, RUNNING, due, group, incident, notification, page
from tests.engine.test_restarts import house, step_due
from tests.scenarios.house import House
from tocsin.core.detect.group import Group
from tocsin.core.instants import instant
from tocsin.core.reasons import Reason
from tocsin.core.respond.delivery import AddressState
from tocsin.core.respond.page import Planned
from tocsin.engine.set_back import set_back
from tocsin.engine.store.protocol import Store, Transaction

__all__ = ["house"]
HOUR = timedelta(hours=1)
MINUTE = 60_000_000
NOW = NOON - 60 * MINUTE + MINUTE  # the clock showed a minute past noon
SOON = NOW + 9 * MINUTE  # what was due at ten past noon
TEN_PAST = instant(NOON + 10 * MINUTE)


def furnish(tx: Transaction) -> None:
    running = msgspec.structs.replace(RUNNING, due_at=TEN_PAST)
    tx.incidents.put(
        [incident(tx.incidents.new_ids(1)[0], escalation=running, paged=("alice",), next_entry=4)]
    )
    tx.pages.put([page(1, plan=(Planned("hook", TEN_PAST),))])
    tx.notifications.add([notification("1.1.1")])
    tx.notifications.put_address("ntfy|alice", AddressState(last_page_at=instant(NOON)))
    waiting = msgspec.json.encode(Group("g", "0", wait_until=NOON + 10 * MINUTE))
    tx.groups.put([msgspec.structs.replace(group("g"), document=waiting)])
    tx.agenda.schedule(
        [
            due(kind, subject, NOON + 10 * MINUTE)
            for kind, subject in (("incident.step", "1"), ("page", "1.1"))
        ]
    )
    tx.agenda.schedule(
        [due("group.flush", "g", NOW - MINUTE), due("address.ntfy", "ntfy|alice", NOON - MINUTE)]
    )
    tx.agenda.lease({"address.ntfy": 1}, NOON, NOON + MINUTE)


def test_everything_pending_comes_nearer(store: Store) -> None:
    store.run(furnish)
    store.run(lambda tx: set_back(tx, instant(NOW), HOUR))

    def look(tx: Transaction) -> None:
        (one,) = tx.incidents.peek([1]).values()
        assert one.escalation.due_at == instant(SOON)
        assert [line.reason for line in tx.timeline.of(1)] == [Reason.CLOCK_SET_BACK]
        assert (tx.timeline.of(1)[0].entry, one.next_entry) == (4, 5)
        assert tx.pages.of(1)[0].plan[0].due_at == instant(SOON)
        assert tx.notifications.address("ntfy|alice").last_page_at == instant(NOON) - HOUR
        assert msgspec.json.decode(tx.groups.all()[0].document, type=Group).wait_until == SOON
        kinds = ["incident.step", "page", "group.flush", "address.ntfy"]
        timers = {
            kind: entry.due_at
            for kind, subject in zip(kinds, ("1", "1.1", "g", "ntfy|alice"), strict=True)
            for entry in tx.agenda.pending(subject, [kind])
        }
        assert timers == {
            "incident.step": SOON,
            "page": SOON,
            "group.flush": NOW - MINUTE,  # overdue already
            "address.ntfy": NOW,  # its lease's end, too
        }

    store.read(look)


def test_the_owner_notices_by_its_own_lease_and_takes_it_anew(house: House) -> None:
    house.fires("DiskFull", severity="critical")
    due_at = step_due(house)
    before = house.store.read(lambda tx: tx.ownership.current())
    assert before is not None
    earlier = instant(before.until) - house.world.detecting.lease - HOUR
    assert house.world.detecting.acquire(earlier)
    assert step_due(house) == due_at - 60 * MINUTE
    after = house.store.read(lambda tx: tx.ownership.current())
    assert after is not None and after.epoch == before.epoch + 1
    assert house.world.detecting.acquire(earlier)  # and does it once
    assert step_due(house) == due_at - 60 * MINUTE
