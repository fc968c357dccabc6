from datetime import timedelta

from tests.core.detect.desk import (
    START,
    Desk,
    critical,
    firing,
    hours,
    house,
    inhibition,
    maintenance,
    route,
    silence,
    warning,
    watchdog,
)
from tocsin.core.configuration import Integration
from tocsin.core.detect.explain import explain
from tocsin.core.detect.matchers import format_matcher
from tocsin.core.instants import instant
from tocsin.core.reasons import Reason
from tocsin.core.severity import Severity

NOW = instant(START)


def test_a_critical_alert_is_explained_from_the_root_to_its_route() -> None:
    (landing,) = explain(house(), critical(service="task-api"), NOW).landings
    assert [format_matcher(m) for m in landing.matchers] == ['severity="critical"']
    assert (landing.route.path, landing.action) == ("0", "page platform")
    assert (landing.severity, landing.service) == (Severity.SEV2, "task-api")
    assert landing.group_labels == {"alertname": "APIHighLatency", "namespace": "prod"}
    assert (landing.group_wait, landing.reason) == (timedelta(0), Reason.OPENED_INCIDENT)
    assert not landing.held_back


def test_what_nothing_matches_goes_to_the_default() -> None:
    (landing,) = explain(house(), {"alertname": "Other"}, NOW).landings
    assert (landing.action, landing.reason) == ("chat alerts", Reason.SENT_TO_CHAT)


def test_every_landing_is_shown() -> None:
    root = route("", chat="alerts", routes=(route("0", "a=x", goes_on=True, page="platform"), route("1")))
    assert [at.action for at in explain(house(root), {"a": "x"}, NOW).landings] == [
        "page platform",
        "chat alerts",
    ]


def test_what_holds_it_back_is_named() -> None:
    def why(
        labels: dict[str, str], firing: tuple[dict[str, str], ...] = (), **fields: object
    ) -> tuple[Reason, str]:
        (landing,) = explain(house(**fields), labels, NOW, firing).landings
        assert landing.held_back
        return landing.reason, landing.by

    assert why(critical(), silences=(silence("severity=critical"),)) == (Reason.SILENCED, "s1")
    rules = (inhibition("alertname=NodeDown", "alertname!=NodeDown"),)
    assert why(critical(), (critical("NodeDown"),), inhibitions=rules) == (Reason.INHIBITED, "parent")
    window = (maintenance("task-api"),)
    assert why(critical(service="task-api"), maintenance=window) == (Reason.MAINTENANCE, "m1")
    muted = route("", page="platform", mute_time_intervals=("afternoon",))
    intervals = hours("afternoon", 14, 15)
    assert why(critical(), root=muted, time_intervals=intervals) == (Reason.MUTED, "afternoon")


def test_a_heartbeats_alert_is_explained_as_one() -> None:
    explained = explain(house(heartbeats=watchdog()), {"alertname": "Watchdog"}, NOW)
    assert (explained.heartbeat, explained.landings) == ("watchdog", ())


def test_the_senders_labels_and_service_count() -> None:
    base = house()
    sender = {
        "prom": Integration("prom", "prometheus", "k", service="billing", labels={"severity": "critical"})
    }
    configuration = type(base)(route=base.route, integrations=sender)
    (landing,) = explain(configuration, {"alertname": "A"}, NOW, integration="prom").landings
    assert (landing.action, landing.service) == ("page platform", "billing")


def test_the_index_does_what_was_explained() -> None:
    for labels in (critical(), warning(), {"alertname": "Other"}):
        (landing,) = explain(house(), labels, NOW).landings
        desk = Desk(house())
        desk.report(firing(labels))
        desk.later(0)
        state = desk.state_of(labels)
        assert (state.reason, state.by, state.groups) == (landing.reason.value, landing.by, landing.group_key)
