from datetime import timedelta

import pytest

from tests.core.detect.desk import (
    HOUR,
    MINUTE,
    SECOND,
    START,
    Desk,
    critical,
    firing,
    hours,
    house,
    inhibition,
    maintenance,
    resolved,
    route,
    silence,
    warning,
    watchdog,
)
from tocsin.core.configuration import Configuration, Integration
from tocsin.core.detect.index import leases, silencing
from tocsin.core.detect.signal import Signal, SignalKind
from tocsin.core.labels import decode_labels
from tocsin.core.severity import Severity

# --- an alert's life -------------------------------------------------------------------------------------------------


def test_a_critical_alert_opens_an_incident_and_says_so() -> None:
    desk = Desk()
    desk.report(firing(critical(pod="api-1"), annotations={"summary": "p99 above 2s"}))
    (opened,) = desk.opened
    assert (opened.title, opened.policy, opened.severity) == ("p99 above 2s", "platform", Severity.SEV2)
    state = desk.state_of(critical(pod="api-1"))
    assert (state.status, state.reason, state.incident) == ("firing", "opened_incident", 1)
    assert state.by == '{}/{severity="critical"}'
    assert state.groups == '{}/{severity="critical"}:{alertname="APIHighLatency", namespace="prod"}'


def test_a_second_alert_of_the_group_joins_the_incident() -> None:
    desk = Desk()
    desk.report(firing(critical(pod="api-1")))
    desk.report(firing(critical(pod="api-2")))
    assert len(desk.opened) == 1
    assert (desk.last.change.firing, desk.last.change.alerts) == (2, 2)
    assert desk.last.change.joined == ("APIHighLatency (pod=api-2)",)
    assert desk.reason_of(critical(pod="api-2")) == "joined_incident"


def test_an_unchanged_resend_changes_nothing() -> None:
    desk = Desk()
    desk.report(firing(critical(), starts_at=START))
    changes = desk.report(firing(critical(), starts_at=START))
    assert not changes


def test_changed_annotations_are_stored_but_are_no_news_to_the_group() -> None:
    desk = Desk()
    desk.report(firing(critical(), annotations={"value": "1"}))
    changes = desk.report(firing(critical(), annotations={"value": "2"}))
    assert not changes.groups
    assert desk.state_of(critical()).annotations == b'{"value":"2"}'
    assert desk.reason_of(critical()) == "opened_incident"


def test_a_resolved_alert_ends_and_its_incident_hears_it() -> None:
    desk = Desk()
    desk.report(firing(critical()))
    desk.report(resolved(critical()))
    assert (desk.last.change.firing, desk.last.change.ended) == (0, ("APIHighLatency",))
    assert desk.state_of(critical()).status == "resolved"
    assert desk.reason_of(critical()) == "source_resolved"


def test_an_end_in_the_past_is_a_resolution() -> None:
    desk = Desk()
    desk.report(firing(critical(), starts_at=START - HOUR, ends_at=START + 4 * MINUTE))
    desk.report(firing(critical(), starts_at=START - HOUR, ends_at=START - MINUTE))
    assert desk.state_of(critical()).status == "resolved"


def test_a_resolution_of_something_never_heard_of_is_nothing() -> None:
    desk = Desk()
    assert not desk.report(resolved(critical()))


def test_the_late_copy_of_an_earlier_end_does_not_end_a_new_occurrence() -> None:
    desk = Desk()
    desk.report(firing(critical(), starts_at=START - HOUR))
    desk.report(resolved(critical(), starts_at=START - HOUR, ends_at=START - MINUTE))
    desk.report(firing(critical(), starts_at=START))
    desk.report(resolved(critical(), starts_at=START - HOUR, ends_at=START - MINUTE))
    assert desk.state_of(critical()).status == "firing"


def test_overlapping_reports_keep_the_earliest_start() -> None:
    desk = Desk()
    desk.report(firing(critical(), starts_at=START - MINUTE))
    desk.report(firing(critical(), starts_at=START - HOUR))
    desk.report(firing(critical(), starts_at=START))
    assert desk.state_of(critical()).starts_at == START - HOUR


def test_a_re_fire_keeps_its_id_for_a_while_and_then_gets_a_new_one() -> None:
    desk = Desk()
    desk.report(firing(critical()))
    desk.report(resolved(critical()))
    desk.later(10 * MINUTE)
    desk.report(firing(critical()))
    assert list(desk.alerts) == [1]
    desk.report(resolved(critical()))
    desk.later(31 * MINUTE)
    assert desk.index.known_alerts == 0
    desk.report(firing(critical()))
    assert list(desk.alerts) == [1, 2]


def test_what_fires_and_ends_within_one_batch_pages_nobody() -> None:
    desk = Desk()
    changes = desk.reports([desk.one(firing(critical())), desk.one(resolved(critical()))])
    assert not changes.groups
    assert not desk.opened
    assert desk.state_of(critical()).status == "resolved"


def test_an_integrations_labels_are_added_where_missing() -> None:
    sender = {"prom": Integration("prom", "prometheus", "k", labels={"cluster": "c1", "severity": "warning"})}
    base = house()
    desk = Desk(type(base)(route=base.route, policies=base.policies, integrations=sender))
    desk.report(firing(critical()))
    assert desk.state_of(critical(cluster="c1")).status == "firing"


# --- silence of the source -------------------------------------------------------------------------------------------


def test_a_lease_that_runs_out_is_silence_and_not_recovery() -> None:
    desk = Desk()
    desk.report(firing(critical(), ends_at=START + 4 * MINUTE))
    desk.later(4 * MINUTE + SECOND)
    assert desk.state_of(critical()).status == "source_silent"
    assert desk.reason_of(critical()) == "source_silent"
    assert (desk.last.change.firing, desk.last.change.source_silent) == (1, 1)


def test_a_renewed_lease_does_not_run_out() -> None:
    desk = Desk()
    for _ in range(10):
        desk.report(firing(critical(), starts_at=START, ends_at=desk.now + 4 * MINUTE))
        desk.later(MINUTE)
    assert desk.state_of(critical()).status == "firing"
    assert not desk.told


def test_a_lease_renewed_at_the_door_does_not_run_out() -> None:
    desk = Desk()
    desk.report(firing(critical(), starts_at=START, ends_at=desk.now + 4 * MINUTE))
    for _ in range(10):
        desk.later(MINUTE)
        assert desk.renew(firing(critical(), starts_at=START, ends_at=desk.now + 4 * MINUTE)) == ()
    assert desk.state_of(critical()).status == "firing"


def test_a_renewal_of_what_is_not_firing_here_is_news() -> None:
    desk = Desk()
    known, unknown = firing(critical(), ends_at=START + MINUTE), firing(warning(), ends_at=START + MINUTE)
    desk.report(known)
    assert desk.renew(known, unknown) == (unknown,)
    desk.later(2 * MINUTE)
    assert desk.renew(known) == (known,)


def test_later_news_wakes_a_silent_alert() -> None:
    desk = Desk()
    desk.report(firing(critical(), ends_at=START + 4 * MINUTE))
    desk.later(5 * MINUTE)
    desk.report(firing(critical(), ends_at=desk.now + 4 * MINUTE))
    assert (desk.last.change.firing, desk.last.change.source_silent) == (1, 0)
    assert desk.state_of(critical()).status == "firing"
    assert desk.reason_of(critical()) == "joined_incident"
    assert len(desk.opened) == 1


def test_a_silent_alert_can_be_resolved_by_its_source() -> None:
    desk = Desk()
    desk.report(firing(critical(), ends_at=START + 4 * MINUTE))
    desk.later(5 * MINUTE)
    desk.report(resolved(critical()))
    assert desk.last.change.firing == 0


def test_a_backlog_does_not_use_up_leases() -> None:
    desk = Desk()
    desk.report(firing(critical(), ends_at=START + 4 * MINUTE - 8 * HOUR), received_at=START - 8 * HOUR)
    assert desk.state_of(critical()).status == "firing"
    desk.later(3 * MINUTE)
    assert desk.state_of(critical()).status == "firing"
    desk.later(2 * MINUTE)
    assert desk.state_of(critical()).status == "source_silent"


def test_a_grace_period_holds_off_all_leases() -> None:
    desk = Desk()
    desk.report(firing(critical(), ends_at=START + 4 * MINUTE))
    desk.index.grant_grace(START + HOUR)
    desk.later(59 * MINUTE)
    assert desk.state_of(critical()).status == "firing"
    desk.later(2 * MINUTE)
    assert desk.state_of(critical()).status == "source_silent"


# --- keys and complete groups ----------------------------------------------------------------------------------------


def trigger(key: str, **labels: str) -> Signal:
    return firing({"source": "db1", "severity": "critical", **labels}, key=key)


def by_key(kind: SignalKind, key: str) -> Signal:
    return Signal(kind, {}, key=key)


def test_a_resolve_that_carries_only_a_key_ends_its_alert() -> None:
    desk = Desk()
    desk.report(trigger("k1", dedup_key="k1"), integration="pd")
    desk.report(by_key(SignalKind.RESOLVED, "k1"), integration="pd")
    assert desk.states[1].status == "resolved"


def test_keys_of_different_senders_are_different_keys() -> None:
    desk = Desk()
    desk.report(trigger("k1", dedup_key="k1"), integration="pd")
    desk.report(by_key(SignalKind.RESOLVED, "k1"), integration="prom")
    assert desk.states[1].status == "firing"


def test_a_trigger_of_an_open_key_adds_to_it_and_its_labels_stay() -> None:
    desk = Desk()
    desk.report(trigger("k1", component="a"), integration="pd")
    desk.report(firing({"source": "other"}, key="k1", annotations={"summary": "more"}), integration="pd")
    assert len(desk.alerts) == 1
    assert desk.states[1].annotations == b'{"summary":"more"}'


def test_a_trigger_after_the_end_of_its_key_begins_anew() -> None:
    desk = Desk()
    desk.report(trigger("k1", component="a"), integration="pd")
    desk.report(by_key(SignalKind.RESOLVED, "k1"), integration="pd")
    desk.report(trigger("k1", component="b"), integration="pd")
    assert len(desk.alerts) == 2
    desk.report(by_key(SignalKind.RESOLVED, "k1"), integration="pd")
    assert [state.status for state in desk.states.values()] == ["resolved", "resolved"]


def test_an_alert_that_fires_again_under_another_key_ends_with_that_one() -> None:
    desk = Desk()
    for key in ("k1", "k2"):
        desk.report(trigger(key), integration="pd")
        assert desk.states[1].status == "firing"
        desk.report(by_key(SignalKind.RESOLVED, key), integration="pd")
        assert desk.states[1].status == "resolved"


def test_an_alert_under_two_keys_ends_with_the_last_of_them() -> None:
    desk = Desk()
    desk.report(trigger("k1"), integration="pd")
    desk.report(trigger("k2"), integration="pd")
    assert len(desk.alerts) == 1
    desk.report(by_key(SignalKind.RESOLVED, "k1"), integration="pd")
    assert desk.states[1].status == "firing"
    desk.report(by_key(SignalKind.RESOLVED, "k2"), integration="pd")
    assert desk.states[1].status == "resolved"


def test_two_events_without_the_groups_labels_are_two_incidents() -> None:
    desk = Desk()
    desk.report(trigger("k1", dedup_key="k1"), integration="pd")
    desk.report(trigger("k2", dedup_key="k2"), integration="pd")
    assert len(desk.opened) == 2


def test_an_acknowledgement_names_the_incidents_it_concerns() -> None:
    desk = Desk()
    desk.report(trigger("k1", dedup_key="k1"), integration="pd")
    changes = desk.report(by_key(SignalKind.ACKNOWLEDGED, "k1"), integration="pd")
    (acknowledged,) = changes.acknowledged
    assert (acknowledged.key, acknowledged.incidents) == ("k1", (1,))
    assert acknowledged.groups == (desk.states[1].groups,)
    assert not changes.groups


def test_a_complete_group_is_acknowledged_by_its_name() -> None:
    desk = Desk()
    desk.report(firing(critical()), integration="pd", complete="k1")
    changes = desk.report(by_key(SignalKind.ACKNOWLEDGED, "k1"), integration="pd")
    assert changes.acknowledged[0].incidents == (1,)


def test_what_a_complete_group_no_longer_names_has_left() -> None:
    desk = Desk()
    one, other = critical(pod="api-1"), critical(pod="api-2")
    desk.report(firing(one), firing(other), complete="g")
    desk.report(firing(other), complete="g")
    assert (desk.state_of(one).status, desk.reason_of(one)) == ("resolved", "left_group")
    assert desk.last.change.firing == 1


def test_leaving_one_complete_group_is_no_end_while_another_names_it() -> None:
    desk = Desk()
    desk.report(firing(critical()), complete="a")
    desk.report(firing(critical()), complete="b")
    desk.report(complete="a")
    assert desk.state_of(critical()).status == "firing"
    desk.report(complete="b")
    assert desk.state_of(critical()).status == "resolved"


def test_what_left_one_complete_group_before_a_restart_ends_with_the_other() -> None:
    desk = Desk()
    desk.report(firing(critical()), complete="a")
    desk.report(firing(critical()), complete="b")
    desk.report(complete="a")
    desk.restart()
    desk.report(complete="b")
    assert desk.state_of(critical()).status == "resolved"


def test_acknowledging_a_complete_group_whose_alert_is_long_forgotten_is_no_error() -> None:
    desk = Desk()
    desk.report(firing(critical()), integration="pd", complete="k1")
    desk.report(resolved(critical()), integration="pd")
    desk.later(2 * HOUR)
    changes = desk.report(by_key(SignalKind.ACKNOWLEDGED, "k1"), integration="pd")
    assert changes.acknowledged[0].groups == ()


def test_an_empty_complete_group_that_says_so_is_resolved_by_its_source() -> None:
    desk = Desk()
    desk.report(firing(critical()), integration="pd", complete="k1")
    desk.report(by_key(SignalKind.RESOLVED, "k1"), integration="pd", complete="k1")
    assert desk.reason_of(critical()) == "source_resolved"


# --- what holds an alert back ----------------------------------------------------------------------------------------


def test_a_silenced_alert_pages_nobody_and_says_which_silence() -> None:
    desk = Desk(house(silences=(silence("severity=critical"),)))
    desk.report(firing(critical()))
    assert not desk.opened
    state = desk.state_of(critical())
    assert (state.status, state.reason, state.by) == ("firing", "silenced", "s1")


def test_what_still_fires_when_its_silence_ends_pages_then() -> None:
    desk = Desk(house(silences=(silence("severity=critical"),)))
    desk.report(firing(critical()))
    desk.later(59 * MINUTE)
    assert not desk.opened
    desk.later(MINUTE)
    assert len(desk.opened) == 1
    assert desk.reason_of(critical()) == "opened_incident"


def test_a_silence_over_an_open_incident_is_not_recovery() -> None:
    desk = Desk()
    desk.report(firing(critical()))
    desk.reconfigure(house(silences=(silence("severity=critical"),)))
    assert (desk.last.change.firing, desk.last.change.suppressed) == (0, 1)
    assert desk.last.change.ended == ()
    desk.later(2 * HOUR)
    assert desk.last.change.firing == 1
    assert len(desk.opened) == 1


def test_a_silence_ended_by_hand_lets_the_alert_page() -> None:
    desk = Desk(house(silences=(silence("severity=critical"),)))
    desk.report(firing(critical()))
    desk.reconfigure(house())
    assert len(desk.opened) == 1


def test_an_inhibited_alert_pages_nobody_and_says_which_rule() -> None:
    desk = Desk(house(inhibitions=(inhibition("alertname=NodeDown", "alertname!=NodeDown", "namespace"),)))
    desk.report(firing(critical("NodeDown")))
    desk.report(firing(critical()))
    assert len(desk.opened) == 1
    state = desk.state_of(critical())
    assert (state.reason, state.by) == ("inhibited", "parent")


def test_source_and_target_in_one_batch_in_either_order() -> None:
    for signals in ([critical("NodeDown"), critical()], [critical(), critical("NodeDown")]):
        desk = Desk(house(inhibitions=(inhibition("alertname=NodeDown", "alertname!=NodeDown"),)))
        desk.report(*map(firing, signals))
        assert [o.labels["alertname"] for o in desk.opened] == ["NodeDown"]


def test_the_end_of_the_source_lets_its_targets_page() -> None:
    desk = Desk(house(inhibitions=(inhibition("alertname=NodeDown", "alertname!=NodeDown"),)))
    desk.report(firing(critical("NodeDown")), firing(critical()))
    desk.report(resolved(critical("NodeDown")))
    assert [o.labels["alertname"] for o in desk.opened] == ["NodeDown", "APIHighLatency"]


def test_a_source_that_fell_silent_still_inhibits() -> None:
    desk = Desk(house(inhibitions=(inhibition("alertname=NodeDown", "alertname!=NodeDown"),)))
    desk.report(firing(critical("NodeDown"), ends_at=START + MINUTE), firing(critical()))
    desk.later(5 * MINUTE)
    assert desk.reason_of(critical()) == "inhibited"


def test_maintenance_holds_back_its_service_and_lets_go_at_its_end() -> None:
    desk = Desk(house(maintenance=(maintenance("task-api", START + MINUTE, START + HOUR),)))
    desk.later(2 * MINUTE)
    desk.report(firing(critical(service="task-api")), firing(critical("Other", service="billing")))
    assert [o.service for o in desk.opened] == ["billing"]
    assert desk.reason_of(critical(service="task-api")) == "maintenance"
    desk.later(HOUR)
    assert [o.service for o in desk.opened] == ["billing", "task-api"]


def test_the_service_of_maintenance_may_come_from_the_route_or_the_integration() -> None:
    by_route = route("", page="platform", service="task-api", group_wait=timedelta(0))
    desk = Desk(house(by_route, maintenance=(maintenance("task-api"),)))
    desk.report(firing(critical()))
    assert desk.reason_of(critical()) == "maintenance"
    base = house(maintenance=(maintenance("task-api"),))
    sender = {"prom": Integration("prom", "prometheus", "k", service="task-api")}
    desk = Desk(type(base)(route=base.route, maintenance=base.maintenance, integrations=sender))
    desk.report(firing(critical()))
    assert desk.reason_of(critical()) == "maintenance"


def test_a_muted_route_holds_its_alerts_until_it_is_not_muted() -> None:
    quiet = route(
        "",
        group_wait=timedelta(0),
        page="platform",
        routes=(route("0", "severity=critical", mute_time_intervals=("afternoon",)),),
    )
    desk = Desk(house(quiet, time_intervals=hours("afternoon", 12, 15)))
    desk.report(firing(critical()))
    state = desk.state_of(critical())
    assert (state.reason, state.by) == ("muted", "afternoon")
    desk.later(28 * MINUTE)
    assert len(desk.opened) == 1


def test_an_alert_on_two_routes_may_be_muted_on_one() -> None:
    both = route(
        "",
        group_wait=timedelta(0),
        routes=(
            route("0", "severity=critical", chat="alerts", goes_on=True, mute_time_intervals=("afternoon",)),
            route("1", page="platform"),
        ),
    )
    desk = Desk(house(both, time_intervals=hours("afternoon", 12, 15)))
    desk.report(firing(critical()))
    assert len(desk.opened) == 1
    assert not desk.posts
    assert desk.reason_of(critical()) == "opened_incident"
    desk.later(30 * MINUTE)
    assert len(desk.posts) == 1


# --- heartbeats ------------------------------------------------------------------------------------------------------


def test_a_heartbeat_goes_nowhere_else_and_beats_with_every_copy() -> None:
    desk = Desk(house(heartbeats=watchdog()))
    alert = {"alertname": "Watchdog", "severity": "critical"}
    first = desk.report(firing(alert, ends_at=START + 4 * MINUTE))
    again = desk.report(firing(alert, ends_at=START + 4 * MINUTE))
    assert [beat.key for beat in (*first.heartbeats, *again.heartbeats)] == ["watchdog", "watchdog"]
    assert not desk.opened
    state = desk.state_of(alert)
    assert (state.reason, state.by, state.groups) == ("heartbeat", "watchdog", "")


def test_a_renewed_heartbeat_is_handed_back_for_its_beat() -> None:
    desk = Desk(house(heartbeats=watchdog()))
    alert = firing({"alertname": "Watchdog"}, ends_at=START + 4 * MINUTE)
    desk.report(alert)
    assert desk.renew(alert) == (alert,)


def test_the_end_of_a_heartbeats_alert_is_no_beat() -> None:
    desk = Desk(house(heartbeats=watchdog()))
    alert = {"alertname": "Watchdog"}
    desk.report(firing(alert))
    assert not desk.report(resolved(alert)).heartbeats


def test_a_ping_is_a_beat() -> None:
    (beat,) = Desk().ping("backup").heartbeats
    assert (beat.key, beat.at) == ("backup", START)


# --- restart and configuration ---------------------------------------------------------------------------------------


def test_after_a_restart_nothing_is_news() -> None:
    desk = Desk(house(silences=(silence("pod=api-2"),)))
    desk.report(firing(critical(pod="api-1")), firing(critical(pod="api-2")), firing(warning()))
    desk.later(SECOND)
    desk.report(trigger("k1", dedup_key="k1"), integration="pd")
    before = (len(desk.opened), len(desk.told), len(desk.posts))
    changes = desk.restart()
    assert not changes.groups
    desk.report(firing(critical(pod="api-1"), starts_at=START))
    assert (len(desk.opened), len(desk.told), len(desk.posts)) == before
    desk.report(by_key(SignalKind.RESOLVED, "k1"), integration="pd")
    desk.report(resolved(critical(pod="api-1")))
    assert (desk.last.change.firing, desk.last.change.suppressed, desk.last.change.alerts) == (0, 1, 2)


def test_a_restart_grants_a_fresh_lease() -> None:
    desk = Desk()
    desk.report(firing(critical(), ends_at=START + 4 * MINUTE))
    desk.now += 8 * HOUR
    desk.restart()
    desk.later(4 * MINUTE)
    assert desk.state_of(critical()).status == "firing"
    desk.later(2 * MINUTE)
    assert desk.state_of(critical()).status == "source_silent"


def test_a_silence_that_ended_while_we_were_away_lets_its_alert_page() -> None:
    desk = Desk(house(silences=(silence("severity=critical"),)))
    desk.report(firing(critical()))
    desk.now += 2 * HOUR
    desk.restart()
    assert len(desk.opened) == 1


def test_complete_groups_survive_a_restart() -> None:
    desk = Desk()
    desk.report(firing(critical()), complete="g")
    desk.restart()
    desk.report(complete="g")
    assert desk.reason_of(critical()) == "left_group"


def test_a_new_alert_after_a_restart_gets_a_new_id() -> None:
    desk = Desk()
    desk.report(firing(critical()))
    desk.restart()
    desk.report(firing(warning()))
    assert list(desk.alerts) == [1, 2]


def paging(*routes_given: tuple[str, str]) -> object:
    return house(
        route(
            "",
            group_by=("alertname",),
            group_wait=timedelta(0),
            chat="alerts",
            routes=tuple(route(path, matchers, page="platform") for path, matchers in routes_given),
        )
    )


def test_reordering_routes_pages_nobody_anew() -> None:
    desk = Desk(paging(("0", "severity=critical"), ("1", "team=db")))  # type: ignore[arg-type]
    desk.report(firing(critical()))
    changes = desk.reconfigure(paging(("0", "team=db"), ("1", "severity=critical")))  # type: ignore[arg-type]
    assert not changes.groups
    desk.report(resolved(critical()))
    assert desk.last.change.firing == 0
    assert len(desk.opened) == 1


def test_a_route_with_edited_matchers_keeps_its_incident() -> None:
    desk = Desk(paging(("0", "severity=critical")))  # type: ignore[arg-type]
    desk.report(firing(critical(pod="a")), firing(critical(pod="b")))
    changes = desk.reconfigure(paging(("0", "severity=~critical|page")))  # type: ignore[arg-type]
    assert len(desk.opened) == 1
    assert [told.change.joined for told in desk.told] == [()]
    assert len(changes.removed) == 1
    assert {row.incident for row in desk.groups.values()} == {1}
    desk.report(resolved(critical(pod="a")), resolved(critical(pod="b")))
    assert (desk.last.incident, desk.last.change.firing) == (1, 0)


def test_an_edit_made_while_we_were_away_keeps_its_incident_too() -> None:
    desk = Desk(paging(("0", "severity=critical")))  # type: ignore[arg-type]
    desk.report(firing(critical(pod="a")), firing(critical(pod="b")))
    desk.restart(paging(("0", "severity=~critical|page")))  # type: ignore[arg-type]
    assert len(desk.opened) == 1
    desk.report(resolved(critical(pod="a")), resolved(critical(pod="b")))
    assert (desk.last.incident, desk.last.change.firing) == (1, 0)


def test_an_alert_whose_route_begins_to_page_pages() -> None:
    desk = Desk(paging())  # type: ignore[arg-type]
    desk.report(firing(critical()))
    assert not desk.opened
    desk.reconfigure(paging(("0", "severity=critical")))  # type: ignore[arg-type]
    assert len(desk.opened) == 1
    assert desk.reason_of(critical()) == "opened_incident"


def test_an_alert_whose_route_is_changed_from_chat_to_page_pages() -> None:
    def with_action(**action: str) -> Configuration:
        return house(
            route(
                "",
                group_by=("alertname",),
                group_wait=timedelta(0),
                chat="alerts",
                routes=(route("0", "severity=critical", **action),),
            )
        )

    desk = Desk(with_action(chat="quiet"))
    desk.report(firing(critical()))
    desk.later(SECOND)
    assert desk.reason_of(critical()) == "sent_to_chat"
    desk.reconfigure(with_action(page="platform"))
    assert len(desk.opened) == 1
    assert desk.reason_of(critical()) == "opened_incident"
    assert desk.state_of(critical()).incident == 1


def test_a_route_whose_severity_is_edited_while_its_group_waits_opens_with_the_new_one() -> None:
    def with_severity(severity: Severity) -> Configuration:
        wait = timedelta(seconds=30)
        return house(route("", page="platform", severity=severity, group_wait=wait))

    desk = Desk(with_severity(Severity.SEV3))
    desk.report(firing(critical()))
    desk.reconfigure(with_severity(Severity.SEV1))
    desk.later(30 * SECOND)
    assert desk.opened[0].severity is Severity.SEV1


def test_a_silence_visits_only_what_it_matches(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    desk.report(*(firing(critical(pod=f"p{n}", team=f"t{n % 3}")) for n in range(30)))
    desk.report(*(firing(warning(pod=f"p{n}")) for n in range(30)))
    decoded: list[bytes] = []
    monkeypatch.setattr(silencing, "decode_labels", lambda text: decoded.append(text) or decode_labels(text))
    desk.reconfigure(house(silences=(silence("severity=critical,pod=p7"),)))
    assert len(decoded) == 1
    assert desk.reason_of(critical(pod="p7", team="t1")) == "silenced"
    assert desk.index.reconfigure(house(), desk.now).touched_alerts == 1


def test_a_silence_that_is_prolonged_keeps_holding(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(house(silences=(silence("pod=p1"),)))
    desk.report(firing(critical(pod="p1")), firing(critical(pod="p2")))
    monkeypatch.setattr(silencing, "decode_labels", None)
    changes = desk.reconfigure(house(silences=(silence("pod=p1", ends=START + 3 * HOUR),)))
    assert not changes
    monkeypatch.undo()
    desk.later(2 * HOUR)
    assert desk.reason_of(critical(pod="p1")) == "silenced"
    desk.later(HOUR)
    assert desk.reason_of(critical(pod="p1")) == "joined_incident"


def test_a_change_that_does_not_concern_detection_touches_nothing() -> None:
    desk = Desk()
    desk.report(firing(critical()))
    base = house()
    changed = type(base)(revision=7, route=base.route, policies={}, integrations=base.integrations)
    assert not desk.reconfigure(changed)


def test_leases_that_run_out_together_are_taken_in_helpings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RUN_OUT_AT_ONCE", 3)
    desk = Desk()
    desk.report(*(firing(critical(pod=str(n)), ends_at=START + MINUTE) for n in range(10)))
    desk.now += 2 * MINUTE
    helpings = 0
    while (due := desk.index.next_due()) is not None and due <= desk.now:
        desk._settle(desk.index.tick(desk.now))
        helpings += 1
    assert helpings == 4
    assert {state.status for state in desk.states.values()} == {"source_silent"}


# --- memory ----------------------------------------------------------------------------------------------------------


def test_everything_is_forgotten_once_it_is_over() -> None:
    desk = Desk()
    desk.report(firing(critical()), firing(warning()))
    desk.later(MINUTE)
    desk.report(resolved(critical()), resolved(warning()))
    desk.incident_ended(1)
    desk.later(3 * HOUR)
    assert (desk.index.known_alerts, desk.index.known_groups, desk.index.active_alerts) == (0, 0, 0)
    assert not desk.groups
    assert desk.index.next_due() is None
