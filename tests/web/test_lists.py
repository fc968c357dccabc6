"""Lists: found by their address, paged both ways, acted on several at once, and honest about how far they looked."""

import re

import pytest
from django.test import Client
from msgspec.structs import replace

from tests.scenarios.house import House
from tests.web.test_pages import page
from tocsin.apps.alerts import queries as alert_queries
from tocsin.apps.incidents import queries, words
from tocsin.apps.paging import Place, found
from tocsin.control.requests import Act
from tocsin.core.respond.incident import Acknowledge, State

TITLE = re.compile(r'class="row-title" href="/incidents/(\d+)"')


def numbers(shown: str) -> list[int]:
    return [int(number) for number in TITLE.findall(shown)]


def link(shown: str, word: str) -> str:
    """Where the pager's word leads."""
    (address,) = re.findall(rf'href="([^"]+)" rel="{word}"', shown)
    return str(address).replace("&amp;", "&")


@pytest.fixture
def three(house: House) -> House:
    """Two of task-api, one of billing; the oldest has ended."""
    house.fires("APIHighLatency", severity="critical", service="task-api", host="db-7.example.com")
    house.ends("APIHighLatency", severity="critical", service="task-api", host="db-7.example.com")
    house.fires("QueueLong", severity="critical", service="task-api", namespace="prod")
    house.fires("DiskFull", severity="outage", service="billing", namespace="prod")
    return house


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [3, 2]),
        ("state=all", [3, 2, 1]),
        ("state=over", [1]),
        ("state=resolved", [1]),
        ("state=detected&service=task-api", [2]),
        ("state=all&service=task-api", [2, 1]),
        ("state=all&service=task-api&severity=SEV1", []),
        ("state=all&severity=sev1", [3]),
        ("state=all&team=platform", [3, 2, 1]),
        ("state=all&team=nobody", []),
        ("state=all&text=queuelong", [2]),
        ("state=all&text=task-api", [2, 1]),
        ("state=all&text=task-api+queue", [2]),
        ("state=all&text=db-7.example", [1]),
        ("state=all&text=---", []),
        ('state=all&label=namespace="prod"', [3, 2]),
        ('state=all&label=namespace="prod",service=~"bill.*"', [3]),
        ('label=service="task-api"', [2]),
        ('state=over&label=host!=""', [1]),
    ],
)
def test_incidents_are_found_by_the_address(
    query: str, expected: list[int], browser: Client, three: House
) -> None:
    assert numbers(page(browser, f"/incidents?{query}")) == expected


def test_mine_are_those_i_have_or_am_paged_about(browser: Client, three: House) -> None:
    three.ask(Act((2,), Acknowledge("")), "alice", "web")
    three.ask(Act((3,), Acknowledge("")), "carol", "web")
    assert numbers(page(browser, "/incidents?mine=1")) == [2]


def test_a_changed_title_is_found_by_its_new_words(browser: Client, house: House) -> None:
    house.fires("APIHighLatency", severity="critical", annotations={"summary": "before"})
    incident = house.incident()
    changed = replace(incident, title="afterwards", summary="")
    house.store.run(lambda tx: tx.incidents.put([changed]))
    assert words.ids_with(["afterwards"], None, None, 10) == [incident.id]
    assert words.ids_with(["before"], None, None, 10) == []


def test_a_list_is_paged_both_ways(browser: Client, house: House) -> None:
    house.fire([(f"Alert{number:03}", {"severity": "critical"}) for number in range(120)])
    first = page(browser, "/incidents")
    second = page(browser, "/incidents" + link(first, "next"))
    third = page(browser, "/incidents" + link(second, "next"))
    assert [len(numbers(shown)) for shown in (first, second, third)] == [50, 50, 20]
    assert numbers(first)[0] == 120 and numbers(third)[-1] == 1
    assert 'rel="next"' not in third
    assert numbers(page(browser, "/incidents" + link(third, "prev"))) == numbers(second)
    assert numbers(page(browser, "/incidents" + link(second, "prev"))) == numbers(first)


def test_what_comes_in_meanwhile_moves_nothing(browser: Client, house: House) -> None:
    house.fire([(f"Alert{number:03}", {"severity": "critical"}) for number in range(60)])
    address = "/incidents" + link(page(browser, "/incidents"), "next")
    before = numbers(page(browser, address))
    house.fires("Another", severity="critical")
    assert numbers(page(browser, address)) == before


@pytest.mark.parametrize("upwards", [False, True])
def test_a_list_that_stopped_looking_says_where_to_go_on(upwards: bool) -> None:
    place = Place(after=10) if upwards else Place(before=100)
    kept = [11, 12] if upwards else [99, 98]
    slice_ = found(kept, int, place, 5, edge=50)
    assert slice_.items == sorted(kept, reverse=True)
    assert slice_.unfinished
    assert (slice_.newer if upwards else slice_.older) == (Place(after=50) if upwards else Place(before=50))


def test_looking_for_a_label_goes_on_where_it_stopped(
    browser: Client, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.fires("Wanted", severity="critical", pod="a")
    house.fire([("Other", {"severity": "critical", "pod": f"p{number}"}) for number in range(20)])
    monkeypatch.setattr(alert_queries, "MOST_ROWS", 10)
    address, looks = '/alerts?label=alertname="Wanted"', 0
    while 'class="alert-row"' not in (shown := page(browser, address)):
        assert "Not all were looked at yet" in shown
        address, looks = "/alerts" + link(shown, "next"), looks + 1
    assert 1 <= looks <= 3


def test_looking_by_two_columns_goes_on_where_it_stopped(
    browser: Client, three: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    three.fire([(f"More{n}", {"severity": "critical", "service": "billing"}) for n in range(5)])
    monkeypatch.setattr(queries, "MOST_ROWS", 2)
    address = "/incidents?state=all&service=billing&severity=SEV1"
    for _ in range(4):
        shown = page(browser, address)
        if numbers(shown):
            break
        address = "/incidents" + link(shown, "next")
    assert numbers(shown) == [3]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"QueueLong", "DiskFull"}),
        ("status=all", {"APIHighLatency", "QueueLong", "DiskFull"}),
        ("status=resolved", {"APIHighLatency"}),
        ('label=service="task-api"', {"QueueLong"}),
        ('status=all&label={service="task-api"}', {"APIHighLatency", "QueueLong"}),
        ('label=alertname=~"Disk.*"', {"DiskFull"}),
        ('label=service!="task-api"', {"DiskFull"}),
        ('label=service="task-api",alertname!~"Queue.*"', set()),
        ("text=QueueLo", {"QueueLong"}),
        ("status=all&text=db-7", {"APIHighLatency"}),
    ],
)
def test_alerts_are_found_by_the_address(
    query: str, expected: set[str], browser: Client, three: House
) -> None:
    names = re.findall(r'class="alert-name"><bdi>([^<]+)', page(browser, f"/alerts?{query}"))
    assert set(names) == expected


@pytest.mark.parametrize("room", ["alerts", "incidents"])
def test_labels_that_cannot_be_read_are_said_at_their_field(room: str, browser: Client, three: House) -> None:
    shown = page(browser, f"/{room}?label=no+matcher")
    assert 'aria-invalid="true"' in shown and "is not a matcher" in shown


def test_a_labels_value_leads_to_all_that_have_it(browser: Client, three: House) -> None:
    shown = page(browser, "/incidents/3")
    on_incidents = re.search(r'href="(/incidents\?state=all&amp;label=[^"]*billing[^"]*)"', shown)
    on_alerts = re.search(r'href="(/alerts\?status=all&amp;label=[^"]*billing[^"]*)"', shown)
    assert on_incidents and on_alerts
    assert numbers(page(browser, on_incidents.group(1).replace("&amp;", "&"))) == [3]
    assert "DiskFull" in page(browser, on_alerts.group(1).replace("&amp;", "&"))


# --- several at once -------------------------------------------------------------------------------------------------


def act(browser: Client, *chosen: int, do: str = "acknowledge", back: str = "/incidents?state=all") -> str:
    answer = browser.post("/incidents/act", {"incident": chosen, "do": do, "back": back})
    assert answer.status_code == 302
    return page(browser, answer["location"])


def test_several_are_acknowledged_at_once_and_answered_by_name(browser: Client, three: House) -> None:
    shown = act(browser, 2, 3)
    assert "#2 " in shown and "#3 " in shown and "QueueLong" in shown
    assert {i.state for i in three.incidents(states=("acknowledged",))} == {State.ACKNOWLEDGED}
    assert "What became of those you ticked" not in page(browser, "/incidents"), "once"


def test_those_that_cannot_be_are_said_beside_those_that_are(browser: Client, three: House) -> None:
    shown = act(browser, 1, 2, 999)
    assert "there is no incident 999" in shown
    assert shown.count("told-not") == 2 and shown.count("told-good") == 1


def test_several_are_resolved_at_once(browser: Client, three: House) -> None:
    act(browser, 2, 3, do="resolve")
    assert {i.state for i in three.incidents() if i.id in (2, 3)} == {State.MITIGATED}


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"do": "acknowledge"}, "Tick the incidents first"),
        ({"do": "acknowledge", "incident": ["x", "-1", "9" * 40]}, "Tick the incidents first"),
        ({"do": "acknowledge", "incident": [str(n) for n in range(1, 102)]}, "At most 100 at a time"),
        ({"do": "explode", "incident": ["2"]}, "can be acknowledged or resolved"),
        ({"incident": ["2"]}, "can be acknowledged or resolved"),
    ],
)
def test_what_cannot_be_done_to_several_is_said(
    form: dict[str, object], said: str, browser: Client, three: House
) -> None:
    assert said in browser.post("/incidents/act", form, follow=True).content.decode()
    assert all(incident.acknowledged_by is None for incident in three.incidents())


def test_acting_on_several_leads_back_to_no_other_house(browser: Client, three: House) -> None:
    for elsewhere in ("https://evil.example/incidents", "//evil.example", "/me"):
        answer = browser.post("/incidents/act", {"incident": ["2"], "do": "acknowledge", "back": elsewhere})
        assert answer["location"] == "/incidents"


def test_the_list_offers_boxes_for_what_is_open_only(browser: Client, three: House) -> None:
    shown = page(browser, "/incidents?state=all")
    assert re.findall(r'name="incident" value="(\d+)"', shown) == ["3", "2"]
