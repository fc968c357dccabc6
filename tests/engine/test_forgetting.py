"""Old history goes by bounded ranges; what is young, open or still wanted stays. On the three stores."""

from datetime import timedelta

import pytest

from tests.engine.cast import NOON, alert, incident, notification, state
from tocsin.core.instants import instant
from tocsin.core.respond.incident import State
from tocsin.engine.forgetting import AT_ONCE, EVERY, KEEP, Forgetting, kept_for
from tocsin.engine.store.protocol import AlertFilter, AttemptRow, Entry, Store

LATER = instant(NOON) + KEEP + timedelta(days=1)


def forgets(store: Store, at: timedelta = timedelta(0), owned: bool = True) -> None:
    """All that one hour's turns forget, on a node that has just begun."""
    forgetting = Forgetting(store, KEEP, lambda: owned)
    for _ in range(20):
        forgetting(LATER + at)


def kept_alerts(store: Store) -> list[int]:
    return sorted(row.id for row, _ in store.read(lambda tx: tx.alerts.search(AlertFilter(limit=10_000))))


def test_alerts_that_ended_long_ago_go_and_what_fires_or_is_newest_stays(store: Store) -> None:
    store.run(lambda tx: tx.alerts.add([alert(n) for n in (1, 2, 3, 4)]))
    store.run(lambda tx: tx.alerts.put_states([state(n) for n in (1, 2, 3, 4)]))
    store.run(lambda tx: tx.alerts.put_states([state(n, "resolved") for n in (1, 2, 4)]))
    forgets(store)
    assert kept_alerts(store) == [3, 4]
    assert store.read(lambda tx: tx.alerts.max_id()) == 4


def test_what_ended_lately_stays(store: Store) -> None:
    store.run(lambda tx: tx.alerts.add([alert(1), alert(2)]))
    store.run(lambda tx: tx.alerts.put_states([state(1, "resolved"), state(2)]))
    forgets(store, at=-timedelta(days=2))
    assert kept_alerts(store) == [1, 2]


def test_more_than_one_range_goes_in_one_hour(store: Store) -> None:
    numbers = range(1, 2 * AT_ONCE + 3)
    store.run(lambda tx: tx.alerts.add([alert(n) for n in numbers]))
    store.run(lambda tx: tx.alerts.put_states([state(n, "resolved") for n in numbers]))
    forgets(store)
    assert kept_alerts(store) == [numbers[-1]]


def test_only_the_owner_forgets(store: Store) -> None:
    store.run(lambda tx: tx.alerts.add([alert(1), alert(2)]))
    store.run(lambda tx: tx.alerts.put_states([state(1, "resolved"), state(2)]))
    forgets(store, owned=False)
    assert kept_alerts(store) == [1, 2]


def test_attempts_of_an_open_incident_stay_however_old(store: Store) -> None:
    store.run(lambda tx: tx.incidents.put([incident(1), incident(2, state=State.CLOSED)]))
    store.run(lambda tx: tx.notifications.add([notification("1.1.1"), notification("2.1.1", incident=2)]))
    attempts = [AttemptRow(f"{n}.1.1", 1, f"key-{n}", NOON, NOON, "delivered") for n in (1, 2)]
    store.run(lambda tx: tx.notifications.record_attempts(attempts))
    forgets(store)
    assert len(store.read(lambda tx: tx.notifications.attempts_of_incident(1))) == 1
    assert store.read(lambda tx: tx.notifications.attempts_of_incident(2)) == []


def fact(kind: str, name: str, origin: str = "people", days: int = 0) -> Entry:
    return Entry(kind, name, b"{}", origin, NOON, NOON + days * 86_400_000_000, "alice", NOON)


def test_ended_silences_and_windows_go_but_neither_overrides_nor_what_git_keeps(store: Store) -> None:
    entries = [
        fact("silences", "old"),
        fact("maintenance", "old"),
        fact("silences", "young", days=300),
        fact("silences", "from-git", origin="git"),
        fact("overrides", "old"),
    ]
    store.run(lambda tx: tx.configuration.put(entries))
    revision = store.read(lambda tx: tx.configuration.revision())
    forgets(store)
    left = {(entry.kind, entry.name) for entry in store.read(lambda tx: tx.configuration.entries())}
    assert left == {("silences", "young"), ("silences", "from-git"), ("overrides", "old")}
    assert (
        store.read(lambda tx: tx.configuration.revision()) == revision
    )  # no decision is told to load it anew


def test_it_looks_again_after_an_hour(store: Store) -> None:
    forgetting = Forgetting(store, KEEP, lambda: True)
    for _ in range(10):
        forgetting(LATER)
    store.run(lambda tx: tx.configuration.put([fact("silences", "old")]))
    for at, left in ((EVERY / 2, 1), (EVERY, 0)):
        for _ in range(10):
            forgetting(LATER + at)
        assert len(store.read(lambda tx: tx.configuration.entries())) == left


def test_how_long_is_said_by_the_environment() -> None:
    assert kept_for({}) == KEEP
    assert kept_for({"TOCSIN_KEEP_HISTORY_DAYS": "90"}) == timedelta(days=90)


@pytest.mark.parametrize("said", ["0", "29", "a year", "-5", "1e3", "999999999", "٤٠٠"])
def test_a_time_that_is_none_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="TOCSIN_KEEP_HISTORY_DAYS"):
        kept_for({"TOCSIN_KEEP_HISTORY_DAYS": said})
