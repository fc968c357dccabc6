"""Chats: what posts to a room, when it does so again, and what it says; tickets and two routes at once."""

from datetime import timedelta
from typing import Any

from tests.scenarios.conftest import MakeHouse
from tests.scenarios.house import House
from tests.scenarios.person import Person

CHATTY: dict[str, Any] = {
    "group_by": ["alertname"],
    "group_wait": "30s",
    "group_interval": "5m",
    "repeat_interval": "4h",
    "chat": "alerts",
}


def test_a_warning_goes_to_its_chat_and_pages_nobody(house: House) -> None:
    house.fires("SlowQueries", severity="warning")
    (post,) = house.posts("alerts-low-priority")
    assert "SlowQueries" in post.said
    assert house.pages() == []
    assert house.incidents() == []
    assert house.why("SlowQueries") == "sent_to_chat"


def test_what_nothing_matches_goes_to_the_roots_chat_never_to_nowhere(house: House) -> None:
    house.fires("Strange", severity="purple")
    (post,) = house.posts("alerts")
    assert "Strange" in post.said
    assert house.why("Strange") == "sent_to_chat"


def test_a_group_waits_a_moment_to_gather(make_house: MakeHouse) -> None:
    house = make_house(routes=CHATTY)
    house.fires("SlowQueries", instance="db-1")
    assert house.posts("alerts") == []
    assert house.why("SlowQueries") == "group_wait"
    house.passes(seconds=10)
    house.fires("SlowQueries", instance="db-2")
    house.passes(seconds=20)
    (post,) = house.posts("alerts")
    assert post.message.title.startswith("[FIRING:2] SlowQueries")
    assert "instance=db-1" in post.said and "instance=db-2" in post.said
    assert house.why("SlowQueries") == "sent_to_chat"


def test_news_of_a_group_waits_for_its_interval(make_house: MakeHouse) -> None:
    house = make_house(routes=CHATTY)
    house.fires("SlowQueries", instance="db-1")
    house.passes(minutes=2)
    house.fires("SlowQueries", instance="db-2")
    house.passes(minutes=3, seconds=29)
    assert len(house.posts("alerts")) == 1
    house.passes(seconds=1)
    first, second = house.posts("alerts")
    assert second.at - first.at == timedelta(minutes=5)
    assert second.message.title.startswith("[FIRING:2]")
    assert "instance=db-2" in second.said


def test_what_still_fires_is_repeated_after_the_repeat_interval(make_house: MakeHouse) -> None:
    house = make_house(routes=CHATTY)
    house.fires("SlowQueries", instance="db-1")
    house.passes(hours=4, seconds=29)
    assert len(house.posts("alerts")) == 1
    house.passes(minutes=5)
    assert len(house.posts("alerts")) == 2
    assert "Still firing" in house.posts("alerts")[1].said


def test_the_end_is_told_once(make_house: MakeHouse) -> None:
    house = make_house(routes=CHATTY)
    house.fires("SlowQueries", instance="db-1")
    house.passes(minutes=2)
    house.ends("SlowQueries", instance="db-1")
    house.passes(days=1)
    first, last = house.posts("alerts")
    assert last.message.title.startswith("[RESOLVED]")
    assert last.at - first.at == timedelta(minutes=5)


def test_what_ends_before_the_chat_heard_of_it_is_not_told_at_all(make_house: MakeHouse) -> None:
    house = make_house(routes=CHATTY)
    house.fires("SlowQueries", instance="db-1")
    house.passes(seconds=20)
    house.ends("SlowQueries", instance="db-1")
    house.passes(hours=1)
    assert house.posts("alerts") == []


def test_a_silenced_alert_is_not_posted_until_the_silence_ends(make_house: MakeHouse) -> None:
    house = make_house(routes=CHATTY)
    house.silences('alertname="SlowQueries"', hours=1)
    house.fires("SlowQueries", instance="db-1")
    house.passes(minutes=59)
    assert house.posts("alerts") == []
    assert house.why("SlowQueries") == "silenced"
    house.passes(minutes=2)
    assert len(house.posts("alerts")) == 1


def test_an_alert_takes_two_routes_when_the_first_goes_on(make_house: MakeHouse) -> None:
    routes = {
        **CHATTY,
        "group_wait": "0s",
        "routes": [
            {"matchers": ['severity="critical"'], "severity": "SEV2", "page": "platform", "continue": True},
            {"matchers": ['service="task-api"'], "chat": "alerts-low-priority"},
        ],
    }
    house = make_house(routes=routes)
    house.fires("DiskFull", severity="critical")
    house.person("alice").was_paged("DiskFull")
    (post,) = house.posts("alerts-low-priority")
    assert "DiskFull" in post.said
    assert house.posts("alerts") == []
    assert house.why("DiskFull") == "opened_incident"


def test_one_route_may_page_and_post(make_house: MakeHouse) -> None:
    both = {"matchers": ['severity="critical"'], "severity": "SEV2", "page": "platform", "chat": "alerts"}
    house = make_house(routes={**CHATTY, "group_wait": "0s", "chat": "alerts-low-priority", "routes": [both]})
    house.fires("DiskFull", severity="critical")
    house.person("alice").was_paged("DiskFull")
    assert len(house.posts("alerts")) == 1
    house.ends("DiskFull", severity="critical")
    house.passes(minutes=5)
    assert house.posts("alerts")[-1].message.title.startswith("[RESOLVED]")
    house.tells("opened_incident", "resolved_by_source")


def test_a_route_that_says_nothing_says_so(make_house: MakeHouse) -> None:
    nothing = {"matchers": ['alertname="InfoInhibitor"'], "nothing": True}
    house = make_house(routes={**CHATTY, "routes": [nothing]})
    house.fires("InfoInhibitor", severity="none")
    house.passes(hours=5)
    assert house.provider.heard == []
    assert house.why("InfoInhibitor") == "route_says_nothing"


def test_a_chat_that_is_down_gets_its_message_when_it_is_back(house: House) -> None:
    house.provider.is_down("9911/low")
    house.fires("SlowQueries", severity="warning")
    house.passes(minutes=10)
    assert house.posts("alerts-low-priority") == []
    house.provider.works_again("9911/low")
    house.passes(minutes=6)
    assert len(house.posts("alerts-low-priority")) == 1


def test_a_busy_chat_does_not_delay_a_page(house: House, alice: Person) -> None:
    house.provider.is_down("9911/low")
    house.fire([(f"Warn{number}", {"severity": "warning"}) for number in range(50)])
    house.fires("DiskFull", severity="critical")
    (page,) = alice.was_paged("DiskFull")
    assert page.at == house.now


def test_the_teams_chat_hears_of_what_is_held(make_house: MakeHouse) -> None:
    hours = {"time_zone": "Europe/Berlin", "days": "Mon-Fri", "hours": "09:00-17:00"}
    team = {"members": ["alice", "bob"], "business_hours": hours, "chat": "alerts"}
    house = make_house(teams={"platform": team})
    house.passes(hours=10)
    house.fires("SlowReport", severity="minor")
    (post,) = [post for post in house.posts("alerts") if "SlowReport" in post.said]
    assert "Nobody is paged for now" in post.said
