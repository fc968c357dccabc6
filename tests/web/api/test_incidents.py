"""Incidents by API: found, read, acted on."""

from typing import Any

import pytest

from tests.scenarios.house import House
from tests.web.api.conftest import Api
from tocsin.apps.incidents import api as incidents_api
from tocsin.control.requests import Act, Refused
from tocsin.core.respond.incident import Acknowledge

SLOW = {"severity": "critical", "service": "task-api", "annotations": {"summary": "The API is slow"}}


def test_an_incident_is_found_read_and_acknowledged(api: Api, house: House) -> None:
    house.fires("APIHighLatency", **SLOW)
    (found,) = api.get("/incidents?state=open&service=task-api")["items"]
    assert found["title"] == "The API is slow" and found["severity"] == "SEV2"
    answer = api("POST", "/incidents/1/acts", {"do": "acknowledge"})
    assert answer.status_code == 200 and answer.json()["state"] == "acknowledged"
    assert api.get("/incidents/1")["acknowledged_by"] == "alice"
    last = api.get("/incidents/1/timeline")["items"][-1]
    assert last["actor"] == "alice" and last["via"] == "api"


def test_an_act_is_done_while_the_incident_is_as_it_was_read(api: Api, house: House) -> None:
    house.fires("APIHighLatency", **SLOW)
    etag = api("GET", "/incidents/1")["ETag"]
    done = api("POST", "/incidents/1/acts", {"do": "acknowledge"}, **{"If-Match": etag})
    assert done.status_code == 200
    assert done["ETag"] == api("GET", "/incidents/1")["ETag"] != etag
    assert (
        api("POST", "/incidents/1/acts", {"do": "resolve"}, **{"If-Match": done["ETag"]}).status_code == 200
    )


def test_an_act_on_what_moved_on_is_refused_and_does_nothing(api: Api, house: House) -> None:
    house.fires("APIHighLatency", **SLOW)
    etag = api("GET", "/incidents/1")["ETag"]
    api("POST", "/incidents/1/acts", {"do": "note", "text": "I look into it"})
    refused = api("POST", "/incidents/1/acts", {"do": "resolve"}, **{"If-Match": etag})
    assert refused.status_code == 412
    assert refused["Content-Type"] == "application/problem+json"
    assert api.get("/incidents/1")["state"] == "detected"


def test_what_moves_on_between_reading_and_acting_is_refused_too(
    api: Api, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody acknowledges after the tag was compared, and before the machine process hears of the act."""
    house.fires("APIHighLatency", **SLOW)
    etag = api("GET", "/incidents/1")["ETag"]
    ask = incidents_api.ask

    def slowly(*asked: Any) -> Any:
        monkeypatch.setattr(incidents_api, "ask", ask)
        api("POST", "/incidents/1/acts", {"do": "acknowledge"})
        return ask(*asked)

    monkeypatch.setattr(incidents_api, "ask", slowly)
    assert api("POST", "/incidents/1/acts", {"do": "resolve"}, **{"If-Match": etag}).status_code == 412
    assert api.get("/incidents/1")["state"] == "acknowledged"


def test_a_condition_on_what_is_not_there_is_a_404(api: Api) -> None:
    assert api("POST", "/incidents/9/acts", {"do": "resolve"}, **{"If-Match": '"x"'}).status_code == 404


def test_how_it_was_seen_is_said_of_one_incident_only(house: House) -> None:
    house.fires("APIHighLatency", **SLOW)
    with pytest.raises(Refused, match="only of one"):
        house.ask(Act((1, 2), Acknowledge(""), "seen"))
