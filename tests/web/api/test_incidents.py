"""Incidents by API: found, read, acted on."""

from tests.scenarios.house import House
from tests.web.api.conftest import Api

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
