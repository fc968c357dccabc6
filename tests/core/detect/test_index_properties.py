"""The index against brute force, and against itself in another order and in other batches."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.detect.desk import (
    MINUTE,
    SECOND,
    START,
    Desk,
    firing,
    hours,
    house,
    inhibition,
    maintenance,
    resolved,
    route,
    silence,
    watchdog,
)
from tocsin.core.configuration import Configuration
from tocsin.core.detect.explain import explain
from tocsin.core.detect.index import holding
from tocsin.core.detect.signal import Signal
from tocsin.core.instants import instant
from tocsin.core.labels import decode_labels

Labels = dict[str, str]

CONFIGURED = house(
    route(
        "",
        group_by=("alertname", "node"),
        chat="alerts",
        routes=(
            route("0", "severity=critical", page="platform", goes_on=True),
            route("1", "node=~n1|n2", chat="quiet", group_by=("...",), mute_time_intervals=("afternoon",)),
            route("2", 'team="db"', ticket="platform", group_by=(), service="task-api"),
        ),
    ),
    silences=(
        silence("node=n2", START + MINUTE, START + 10 * MINUTE),
        silence("team=db", START - MINUTE, START + 3 * MINUTE, id="s2"),
    ),
    maintenance=(maintenance("task-api", START + 2 * MINUTE, START + 7 * MINUTE),),
    inhibitions=(
        inhibition("alertname=NodeDown", "alertname!=NodeDown", "node", key="node-down"),
        inhibition("severity=critical", "severity=~critical|warning", "alertname", key="worse"),
    ),
    time_intervals=hours("afternoon", 14, 15),
)

label_sets = st.fixed_dictionaries(
    {"alertname": st.sampled_from(["NodeDown", "High", ""])},
    optional={
        "severity": st.sampled_from(["critical", "warning"]),
        "node": st.sampled_from(["n1", "n2", "n3"]),
        "team": st.sampled_from(["db", "web"]),
        "service": st.sampled_from(["task-api", "billing"]),
    },
).map(lambda labels: {k: v for k, v in labels.items() if v} or {"source": "x"})


def held_by_brute_force(
    configuration: Configuration, alerts: list[Labels], now: int
) -> dict[str, Counter[str]]:
    """Group key -> how many of its alerts count and how many are held back, each alert asked alone."""
    counts: dict[str, Counter[str]] = {}
    for labels in alerts:
        for landing in explain(configuration, labels, instant(now), firing=alerts).landings:
            kind = "held" if landing.held_back else "firing"
            counts.setdefault(landing.group_key, Counter())[kind] += 1
    return counts


def counted(desk: Desk) -> dict[str, Counter[str]]:
    """The same from the index."""
    keys = {key for state in desk.states.values() for key in state.groups.split("\n") if key}
    counts: dict[str, Counter[str]] = {}
    for change in desk.index.flush(sorted(keys), desk.now).groups:
        found = Counter({"firing": change.firing, "held": change.suppressed})
        if +found:
            counts[change.key] = +found
    return counts


def fires(desk: Desk) -> list[Labels]:
    return [
        decode_labels(row.labels) for row in desk.alerts.values() if desk.states[row.id].status != "resolved"
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.booleans(), label_sets, st.sampled_from([0, 30, 90, 300])), max_size=14))
def test_every_count_is_what_brute_force_finds(history: list[tuple[bool, Labels, int]]) -> None:
    desk = Desk(CONFIGURED)
    alive: dict[frozenset[tuple[str, str]], Labels] = {}
    for begins, labels, wait in history:
        desk.later(wait * SECOND)
        name = frozenset(labels.items())
        if begins:
            alive[name] = labels
        else:
            alive.pop(name, None)
        desk.report(firing(labels) if begins else resolved(labels))
        assert counted(desk) == held_by_brute_force(CONFIGURED, list(alive.values()), desk.now)
        assert Counter(map(str, map(sorted, map(dict.items, fires(desk))))) == Counter(
            map(str, map(sorted, map(dict.items, alive.values())))
        )


@settings(max_examples=100, deadline=None)
@given(st.lists(label_sets, max_size=12), st.sampled_from([0, 1, 2, 3, 8, 11]), st.booleans())
def test_a_restart_finds_everything_as_it_was(alerts: list[Labels], minutes: int, edited: bool) -> None:
    desk = Desk(CONFIGURED)
    desk.report(*map(firing, alerts))
    desk.later(minutes * MINUTE)
    after = house(silences=CONFIGURED.silences) if edited else CONFIGURED
    desk.restart(after)
    distinct = {frozenset(labels.items()): labels for labels in alerts}
    assert counted(desk) == held_by_brute_force(after, list(distinct.values()), desk.now)


@settings(max_examples=100, deadline=None)
@given(st.lists(label_sets, max_size=12), st.sampled_from([0, 1, 2, 3, 8, 11]))
def test_reconfiguring_is_the_same_as_beginning_with_that_configuration(
    alerts: list[Labels], minutes: int
) -> None:
    desk = Desk(house())
    desk.report(*map(firing, alerts))
    desk.later(minutes * MINUTE)
    desk.reconfigure(CONFIGURED)
    distinct = {frozenset(labels.items()): labels for labels in alerts}
    assert counted(desk) == held_by_brute_force(CONFIGURED, list(distinct.values()), desk.now)
    desk.later(20 * MINUTE)
    assert counted(desk) == held_by_brute_force(CONFIGURED, list(distinct.values()), desk.now)


def edited(data: st.DataObject) -> Configuration:
    """Any mixture of the pieces, so that one edit brings, takes or moves any of them."""
    routes = data.draw(st.lists(st.sampled_from(CONFIGURED.route.routes), unique=True, max_size=3))
    group_by = data.draw(st.sampled_from([("alertname", "node"), ("node",), ("team", "service", "severity")]))
    silences = st.builds(
        silence,
        st.sampled_from(
            ["node=n2", "team=db", "node=~n1|n3", "alertname=High,severity!=critical", 'team=""']
        ),
        st.sampled_from([START - MINUTE, START + 2 * MINUTE]),
        st.sampled_from([START + 3 * MINUTE, START + 30 * MINUTE]),
        st.sampled_from(["s1", "s2", "s3"]),
    )
    windows = st.builds(
        maintenance,
        st.sampled_from(["task-api", "billing"]),
        st.sampled_from([START - MINUTE, START + 2 * MINUTE]),
        st.sampled_from([START + 3 * MINUTE, START + 30 * MINUTE]),
    )
    return house(
        route("", group_by=group_by, chat="alerts", routes=tuple(routes)),
        silences=tuple(data.draw(st.lists(silences, max_size=3))),
        maintenance=tuple(data.draw(st.lists(windows, max_size=2))),
        inhibitions=data.draw(st.sampled_from([CONFIGURED.inhibitions, CONFIGURED.inhibitions[:1], ()])),
        heartbeats=data.draw(st.sampled_from([{}, watchdog("alertname=High")])),
        time_intervals=data.draw(st.sampled_from([hours("afternoon", 14, 15), hours("afternoon", 20, 21)])),
    )


@settings(max_examples=120, deadline=None)
@given(st.data(), st.lists(label_sets, min_size=1, max_size=10))
def test_after_any_edits_every_count_is_what_brute_force_finds(
    data: st.DataObject, alerts: list[Labels]
) -> None:
    desk = Desk(edited(data))
    alive: dict[frozenset[tuple[str, str]], Labels] = {}
    for labels in alerts:
        desk.report(firing(labels))
        alive[frozenset(labels.items())] = labels
        gone = data.draw(st.sampled_from([None, *alive]))
        if gone is not None:
            desk.report(resolved(alive.pop(gone)))
        desk.later(data.draw(st.sampled_from([0, 61, 200])) * SECOND)
        configuration = edited(data)
        desk.reconfigure(configuration)
        assert counted(desk) == held_by_brute_force(configuration, list(alive.values()), desk.now)
    desk.restart()
    assert counted(desk) == held_by_brute_force(desk.configuration, list(alive.values()), desk.now)


@settings(max_examples=50, deadline=None)
@given(st.data(), st.lists(label_sets, min_size=1, max_size=10))
def test_what_is_looked_at_in_helpings_comes_to_the_same(data: st.DataObject, alerts: list[Labels]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holding, "LOOKED_AT_ONCE", 1)
        desk = Desk(edited(data))
        desk.in_helpings = True
        desk.report(*map(firing, alerts))
        desk.reconfigure(edited(data))
        desk.later(0)
        distinct = {frozenset(labels.items()): labels for labels in alerts}
        assert counted(desk) == held_by_brute_force(desk.configuration, list(distinct.values()), desk.now)


@settings(max_examples=150, deadline=None)
@given(st.data(), st.lists(label_sets, min_size=1, max_size=12, unique_by=lambda one: frozenset(one.items())))
def test_grouping_depends_neither_on_order_nor_on_batches(data: st.DataObject, alerts: list[Labels]) -> None:
    ended = data.draw(st.lists(st.sampled_from(alerts), max_size=5))
    one = Desk(CONFIGURED)
    one.report(*map(firing, alerts))
    one.report(*map(resolved, ended))

    other = Desk(CONFIGURED)
    for signals in (
        list(map(firing, data.draw(st.permutations(alerts)))),
        list(map(resolved, data.draw(st.permutations(ended)))),
    ):
        while signals:
            size = data.draw(st.integers(1, len(signals)))
            batch, signals = signals[:size], signals[size:]
            other.reports([other.one(signal) for signal in batch])
    assert landed(one) == landed(other)
    assert counted(one) == counted(other)
    assert totals(one) == totals(other)


def landed(desk: Desk) -> dict[bytes, tuple[str, str]]:
    """What became of each alert, but for who came first."""
    return {
        row.labels: (desk.states[row.id].status, desk.states[row.id].groups) for row in desk.alerts.values()
    }


def totals(desk: Desk) -> dict[str, tuple[int, str]]:
    changes = desk.index.flush(sorted(desk.timers | desk.groups), desk.now)
    return {
        change.key: (change.total, str(sorted(change.common_labels.items()))) for change in changes.groups
    }


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(label_sets, st.sampled_from([1, 3, 6]), st.sampled_from([0, 60, 200])), max_size=10)
)
def test_an_alert_is_silent_exactly_when_its_lease_ran_out(history: list[tuple[Labels, int, int]]) -> None:
    desk = Desk(house())
    until: dict[frozenset[tuple[str, str]], int] = {}
    for labels, lease, wait in history:
        ends_at = desk.now + lease * MINUTE
        desk.report(Signal(firing(labels).kind, labels, ends_at=ends_at))
        name = frozenset(labels.items())
        until[name] = max(until.get(name, 0), ends_at) if until.get(name, 0) > desk.now else ends_at
        desk.later(wait * SECOND)
        for row in desk.alerts.values():
            ran_out = until[frozenset(decode_labels(row.labels).items())] < desk.now
            state = desk.states[row.id].status
            # The wheel looks once a second.
            if abs(until[frozenset(decode_labels(row.labels).items())] - desk.now) > SECOND:
                assert state == ("source_silent" if ran_out else "firing")
