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
    resolved,
    route,
    silence,
    warning,
)
from tocsin.core.configuration import Configuration
from tocsin.core.detect.grouping import Phase
from tocsin.core.reasons import Reason
from tocsin.core.respond.incident import Kind
from tocsin.core.severity import Severity


def one_route(**fields: object) -> Configuration:
    return house(route("", **({"group_by": ("alertname",), "group_wait": timedelta(0)} | fields)))


# --- opening ---------------------------------------------------------------------------------------------------------


def test_the_group_wait_delays_the_incident_and_gathers() -> None:
    desk = Desk(one_route(page="platform", group_wait=timedelta(seconds=30)))
    desk.report(firing(critical(pod="a")))
    desk.later(10 * SECOND)
    desk.report(firing(critical(pod="b")))
    assert not desk.opened
    assert desk.reason_of(critical(pod="a")) == "group_wait"
    assert desk.group(critical(pod="a")).phase is Phase.WAITING
    desk.later(20 * SECOND)
    (opened,) = desk.opened
    assert (opened.firing, opened.alerts) == (2, 2)
    assert {desk.reason_of(critical(pod=pod)) for pod in "ab"} == {"opened_incident"}
    assert {desk.state_of(critical(pod=pod)).incident for pod in "ab"} == {1}


def test_an_alert_that_fired_for_longer_than_the_wait_does_not_wait_again() -> None:
    desk = Desk(one_route(page="platform", group_wait=timedelta(seconds=30)))
    desk.report(firing(critical(), starts_at=START - MINUTE))
    assert len(desk.opened) == 1


def test_a_start_in_the_future_does_not_stretch_the_wait() -> None:
    desk = Desk(one_route(page="platform", group_wait=timedelta(seconds=30)))
    desk.report(firing(critical(), starts_at=START + HOUR))
    desk.later(30 * SECOND)
    assert len(desk.opened) == 1


def test_what_ended_within_the_wait_opens_nothing() -> None:
    desk = Desk(one_route(page="platform", group_wait=timedelta(seconds=30)))
    desk.report(firing(critical()))
    desk.later(10 * SECOND)
    desk.report(resolved(critical()))
    desk.later(MINUTE)
    assert not desk.opened


def test_a_sender_that_has_grouped_is_not_made_to_wait_again() -> None:
    desk = Desk(one_route(page="platform", group_wait=None))
    desk.report(firing(critical()), pregrouped=True)
    assert len(desk.opened) == 1
    desk.report(firing(critical("Other")))
    assert len(desk.opened) == 1
    desk.later(30 * SECOND)
    assert len(desk.opened) == 2


def test_an_incident_carries_what_a_page_must_carry() -> None:
    desk = Desk(one_route(page="platform", severity=Severity.SEV1))
    desk.report(
        firing(
            critical(service="task-api", pod="a"),
            annotations={
                "summary": "p99 above 2s",
                "description": "for five minutes",
                "runbook_url": "https://runbooks.example/api",
            },
        ),
        firing(critical(service="task-api", pod="b")),
    )
    (opened,) = desk.opened
    assert (opened.title, opened.description) == ("p99 above 2s", "for five minutes")
    assert (opened.severity, opened.service, opened.team) == (Severity.SEV1, "task-api", "platform")
    assert opened.runbook_url == "https://runbooks.example/api"
    assert opened.labels == critical(service="task-api")
    assert opened.kind is Kind.PAGE


def test_without_a_summary_the_title_is_the_name_and_the_groups_labels() -> None:
    desk = Desk()
    desk.report(firing(critical()))
    assert desk.opened[0].title == "APIHighLatency prod"


def test_a_ticket_is_an_incident_that_pages_nobody() -> None:
    desk = Desk(one_route(ticket="platform"))
    desk.report(firing(critical()))
    (opened,) = desk.opened
    assert (opened.kind, opened.team, opened.policy, opened.severity) == (
        Kind.TICKET,
        "platform",
        None,
        Severity.SEV3,
    )
    assert desk.reason_of(critical()) == "ticket_only"


def test_a_severity_that_never_pages_goes_to_the_backlog_and_says_so() -> None:
    desk = Desk(one_route(page="platform", severity=Severity.SEV4))
    desk.report(firing(critical()))
    assert desk.reason_of(critical()) == "backlog"


def test_a_route_that_does_nothing_says_so() -> None:
    desk = Desk(one_route(nothing=True))
    desk.report(firing(critical()))
    assert not desk.opened and not desk.posts and not desk.groups
    assert desk.reason_of(critical()) == "route_says_nothing"


def test_a_test_alert_opens_a_test_incident() -> None:
    desk = Desk()
    desk.report(firing(critical(tocsin_test="true")))
    assert desk.opened[0].test


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_the_worst_severity_that_joins_is_told() -> None:
    desk = Desk(one_route(page="platform"))
    desk.report(firing({"alertname": "A", "pod": "a"}))
    assert desk.opened[0].severity is Severity.SEV2
    desk.report(firing({"alertname": "A", "pod": "b", "severity": "SEV1"}))
    assert desk.last.change.severity is Severity.SEV1
    desk.report(firing({"alertname": "A", "pod": "c", "severity": "SEV3"}))
    assert desk.last.change.severity is Severity.SEV3


def test_membership_reaches_an_incident_at_once_whatever_the_group_interval() -> None:
    desk = Desk(one_route(page="platform", group_interval=timedelta(hours=1)))
    desk.report(firing(critical(pod="a")))
    desk.later(SECOND)
    desk.report(firing(critical(pod="b")))
    assert desk.last.change.firing == 2
    desk.report(resolved(critical(pod="a")), resolved(critical(pod="b")))
    assert desk.last.change.firing == 0


def test_a_re_fire_within_the_flap_window_goes_to_the_same_incident() -> None:
    desk = Desk()
    desk.report(firing(critical()))
    desk.report(resolved(critical()))
    desk.incident_ended(1)
    desk.later(29 * MINUTE)
    desk.report(firing(critical()))
    assert len(desk.opened) == 1
    assert (desk.last.incident, desk.last.change.firing) == (1, 1)
    assert desk.reason_of(critical()) == "reopened_incident"


def test_a_re_fire_after_the_flap_window_is_a_new_incident() -> None:
    desk = Desk()
    desk.report(firing(critical(pod="a")), firing(critical(pod="b")))
    desk.report(resolved(critical(pod="a")), resolved(critical(pod="b")))
    desk.incident_ended(1)
    desk.later(29 * MINUTE)
    desk.report(firing(critical(pod="a")))
    desk.report(resolved(critical(pod="a")))
    desk.incident_ended(1)
    desk.later(31 * MINUTE)
    desk.report(firing(critical(pod="a")))
    assert [o.alerts for o in desk.opened] == [2, 1]
    assert desk.state_of(critical(pod="a")).incident == 2


def test_the_routes_own_flap_window_counts() -> None:
    desk = Desk(one_route(page="platform", flap_window=timedelta(minutes=2)))
    desk.report(firing(critical()))
    desk.report(resolved(critical()))
    desk.incident_ended(1)
    desk.later(3 * MINUTE)
    desk.report(firing(critical()))
    assert len(desk.opened) == 2


def test_the_flap_window_counts_from_the_end_of_the_incident_when_that_is_later() -> None:
    desk = Desk()
    desk.report(firing(critical()))
    desk.report(resolved(critical()))
    desk.later(50 * MINUTE)  # mitigated until now
    desk.incident_ended(1)
    desk.later(20 * MINUTE)
    desk.report(firing(critical()))
    assert len(desk.opened) == 1


def test_alerts_that_still_fire_when_a_person_ends_the_incident_keep_belonging_to_it() -> None:
    desk = Desk()
    desk.report(firing(critical(pod="a")))
    desk.incident_ended(1)
    desk.later(5 * HOUR)
    desk.report(firing(critical(pod="b")))
    assert len(desk.opened) == 1
    assert (desk.last.incident, desk.last.change.firing) == (1, 2)


def test_a_silenced_alert_does_not_bring_an_ended_incident_back_hours_later() -> None:
    desk = Desk()
    desk.report(firing(critical()))
    desk.report(resolved(critical()))
    desk.incident_ended(1)
    told = len(desk.told)
    desk.reconfigure(house(silences=(silence("severity=critical", START, START + 3 * HOUR),)))
    desk.report(firing(critical()))
    assert len(desk.told) == told
    desk.later(4 * HOUR)
    assert len(desk.opened) == 2


def test_an_incident_goes_on_hearing_of_its_alerts_when_its_route_stops_paging() -> None:
    desk = Desk(one_route(page="platform"))
    desk.report(firing(critical()))
    desk.reconfigure(one_route(chat="alerts"))
    desk.report(resolved(critical()))
    assert (desk.last.incident, desk.last.change.firing) == (1, 0)


# --- the chat --------------------------------------------------------------------------------------------------------


def chat(**fields: object) -> Desk:
    return Desk(one_route(chat="alerts", **fields))


def test_a_chat_hears_the_first_alert_after_the_wait() -> None:
    desk = chat(group_wait=timedelta(seconds=30))
    desk.report(firing(warning(pod="a"), annotations={"summary": "disk is filling"}))
    desk.later(29 * SECOND)
    assert not desk.posts
    assert desk.reason_of(warning(pod="a")) == "group_wait"
    desk.later(SECOND)
    (post,) = desk.posts
    assert (post.chat, post.title) == ("alerts", "[FIRING:1] DiskFilling (prod a warning)")
    assert "disk is filling" in post.text
    assert post.firing == ("DiskFilling (namespace=prod, pod=a)",)
    assert desk.reason_of(warning(pod="a")) == "sent_to_chat"


def test_later_alerts_wait_for_the_tick() -> None:
    desk = chat()
    desk.report(firing(warning(pod="a")))
    desk.later(MINUTE)
    desk.report(firing(warning(pod="b")))
    desk.later(3 * MINUTE)
    assert len(desk.posts) == 1
    desk.later(MINUTE)
    assert len(desk.posts) == 2
    assert desk.posts[1].firing == ("DiskFilling (namespace=prod, pod=b)",)
    assert desk.posts[1].title.startswith("[FIRING:2]")


def test_a_quiet_groups_ticks_keep_their_rhythm() -> None:
    desk = chat()
    desk.report(firing(warning(pod="a")))
    desk.later(12 * MINUTE)
    desk.report(firing(warning(pod="b")))
    desk.later(2 * MINUTE + 59 * SECOND)
    assert len(desk.posts) == 1
    desk.later(SECOND)
    assert len(desk.posts) == 2


def test_the_chat_hears_of_resolutions_once() -> None:
    desk = chat()
    desk.report(firing(warning(pod="a")), firing(warning(pod="b")))
    desk.later(0)
    desk.report(resolved(warning(pod="a")))
    desk.later(5 * MINUTE)
    assert desk.posts[-1].resolved == ("DiskFilling (namespace=prod, pod=a)",)
    desk.report(resolved(warning(pod="b")))
    desk.later(5 * MINUTE)
    assert desk.posts[-1].title.startswith("[RESOLVED]")
    desk.later(24 * HOUR)
    assert len(desk.posts) == 3


def test_what_still_fires_is_repeated_after_the_repeat_interval() -> None:
    desk = chat(repeat_interval=timedelta(hours=1))
    desk.report(firing(warning()))
    desk.later(59 * MINUTE)
    assert len(desk.posts) == 1
    desk.later(MINUTE)
    assert [post.reason for post in desk.posts] == [Reason.SENT_TO_CHAT, Reason.REPEAT_INTERVAL]
    assert desk.posts[1].firing == ("DiskFilling (namespace=prod)",)


def test_a_repeat_waits_for_its_tick() -> None:
    desk = chat(repeat_interval=timedelta(minutes=7))
    desk.report(firing(warning()))
    desk.later(9 * MINUTE)
    assert len(desk.posts) == 1
    desk.later(MINUTE)
    assert len(desk.posts) == 2


def test_a_flap_between_two_ticks_is_announced_again() -> None:
    desk = chat()
    desk.report(firing(warning()))
    desk.later(MINUTE)
    desk.report(resolved(warning()))
    desk.report(firing(warning()))
    desk.later(5 * MINUTE)
    assert len(desk.posts) == 2
    assert desk.posts[1].firing == ("DiskFilling (namespace=prod)",)


def test_an_alert_that_comes_back_to_an_idle_group_waits_only_the_group_wait() -> None:
    desk = chat(group_wait=timedelta(seconds=30))
    desk.report(firing(warning()))
    desk.later(MINUTE)
    desk.report(resolved(warning()))
    desk.later(10 * MINUTE)
    assert len(desk.posts) == 2
    desk.report(firing(warning()))
    desk.later(30 * SECOND)
    assert len(desk.posts) == 3


def test_a_resolution_under_a_silence_is_not_lost_and_the_re_fire_is_announced() -> None:
    """Alertmanager counts the silenced flush as sent, loses the resolution and keeps quiet about the re-fire."""
    desk = chat()
    desk.report(firing(warning()))
    desk.later(MINUTE)
    desk.reconfigure(
        house(
            route("", group_by=("alertname",), group_wait=timedelta(0), chat="alerts"),
            silences=(silence("severity=warning", START, START + 20 * MINUTE),),
        )
    )
    desk.later(MINUTE)
    desk.report(resolved(warning()))
    desk.later(10 * MINUTE)
    assert desk.posts[-1].title.startswith("[RESOLVED]")
    desk.later(20 * MINUTE)
    desk.report(firing(warning()))
    desk.later(5 * MINUTE)
    assert desk.posts[-1].title.startswith("[FIRING:1]")
    assert len(desk.posts) == 3


def test_a_mute_holds_every_message_and_loses_none() -> None:
    desk = Desk(
        house(
            route("", group_by=("alertname",), chat="alerts", routes=(muted,)),
            time_intervals=hours("three", 15, 16),
        )
    )
    desk.report(firing(warning()))
    desk.later(20 * MINUTE)  # 14:52
    assert len(desk.posts) == 1
    desk.later(10 * MINUTE)  # 15:02, muted
    desk.report(resolved(warning()))
    desk.later(50 * MINUTE)
    assert len(desk.posts) == 1
    desk.later(15 * MINUTE)  # after 16:00
    assert len(desk.posts) == 2
    assert desk.posts[1].title.startswith("[RESOLVED]")


muted = route("0", "severity=warning", group_wait=timedelta(0), mute_time_intervals=("three",))


def test_a_route_may_page_and_post() -> None:
    desk = Desk(one_route(page="platform", chat="alerts"))
    desk.report(firing(critical()))
    desk.later(0)
    assert (len(desk.opened), len(desk.posts)) == (1, 1)
    assert desk.reason_of(critical()) == "opened_incident"


def test_a_message_names_some_and_counts_the_rest() -> None:
    desk = chat()
    desk.report(*(firing(warning(pod=f"p{n:02}")) for n in range(40)))
    desk.later(0)
    (post,) = desk.posts
    assert post.title.startswith("[FIRING:40]")
    assert "- and 25 more" in post.text


def test_a_chat_group_survives_a_restart() -> None:
    desk = chat()
    desk.report(firing(warning(pod="a")), firing(warning(pod="b")))
    desk.later(MINUTE)
    desk.restart()
    desk.report(resolved(warning(pod="a")))
    desk.later(5 * MINUTE)
    assert len(desk.posts) == 2
    assert len(desk.posts[1].resolved) == 1
    assert desk.posts[1].firing == ()


@pytest.mark.parametrize("gone", [0, 10 * SECOND])
def test_a_groups_timer_that_rings_early_is_set_again(gone: int) -> None:
    desk = Desk(one_route(page="platform", group_wait=timedelta(seconds=30)))
    desk.report(firing(critical()))
    desk.now += gone
    (key,) = desk.timers
    desk.timers.clear()
    desk._settle(desk.index.flush([key], desk.now), flush=True)
    assert desk.timers == {key: START + 30 * SECOND}
    assert not desk.opened
