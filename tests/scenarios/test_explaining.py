"""Explain foretells what then happens: the route, the reason, and who is paged when."""

import pytest

from tests.scenarios.house import House
from tocsin.control.requests import Explain, Explanation
from tocsin.core.reasons import EXPLANATIONS, Reason

CASES = [
    {"severity": "critical"},
    {"severity": "outage", "instance": "api-1"},
    {"severity": "minor"},
    {"severity": "warning"},
    {"severity": "nothing we know"},
    {"severity": "critical", "service": "billing", "namespace": "shop"},
]


def explained(house: House, alertname: str, labels: dict[str, str]) -> Explanation:
    answer = house.ask(Explain({"alertname": alertname, "service": "task-api", **labels}))
    assert isinstance(answer, Explanation)
    return answer


@pytest.mark.parametrize("labels", CASES, ids=lambda labels: "-".join(labels.values()))
def test_what_explain_foretells_happens(house: House, labels: dict[str, str]) -> None:
    foretold = explained(house, "DiskFull", labels)
    assert foretold.suppressed == ""
    (route,) = foretold.routes
    house.fire([("DiskFull", labels)])
    assert EXPLANATIONS[Reason(house.why("DiskFull"))] == route.reason
    assert len(house.incidents()) == (1 if route.pages else 0)
    for planned in route.pages:
        house.until(foretold.at + planned.after)
        for person in planned.people:
            told = [page for page in house.person(person).heard() if page.is_page and page.at <= house.now]
            assert told, f"{person} was to be paged after {planned.after}"


def test_explain_names_the_silence_that_would_hold_it_back(house: House) -> None:
    silence = house.silences('alertname="DiskFull"', hours=1)
    assert silence in explained(house, "DiskFull", {"severity": "critical"}).suppressed
    assert explained(house, "QueueStuck", {"severity": "critical"}).suppressed == ""


def test_explain_names_the_alert_that_inhibits_it_now(house: House) -> None:
    house.fires("ClusterDown", severity="critical", cluster="eu")
    assert explained(house, "DiskFull", {"severity": "critical", "cluster": "eu"}).suppressed
    assert explained(house, "DiskFull", {"severity": "critical", "cluster": "us"}).suppressed == ""


def test_explaining_changes_nothing(house: House) -> None:
    explained(house, "DiskFull", {"severity": "critical"})
    house.passes(hours=1)
    assert house.provider.tried == []
    assert house.incidents() == []
