"""What holds for every subject: who may, pages that stay put, ETags, keys, and bad input that is never a 500."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.scenarios.house import House
from tests.web.api.conftest import Api
from tocsin.apps.api.models import KeptAnswer
from tocsin.web.api import openapi

SERVICE = {"team": "platform", "policy": "platform"}
LATER = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
SILENCE = {"matchers": ['alertname="DiskFull"'], "ends_at": LATER}


def on_screen(api: Api, name: str = "web-shop") -> Any:
    answer = api("PUT", f"/services/{name}", SERVICE)
    assert answer.status_code == 201, answer.content
    return answer


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "follows", "reads", "acts", "manages", "administers"),
    [
        ("stakeholder", 200, 403, 403, 403, 403),
        ("observer", 200, 200, 403, 403, 403),
        ("responder", 200, 200, 201, 403, 403),
        ("manager", 200, 200, 201, 201, 403),
    ],
)
def test_each_role_may_what_the_table_says(
    role: str,
    follows: int,
    reads: int,
    acts: int,
    manages: int,
    administers: int,
    api_of: Callable[..., Api],
) -> None:
    api = api_of("somebody", role=role if role != "stakeholder" else "")
    assert api("GET", "/incidents").status_code == follows
    assert api("GET", "/services").status_code == reads
    assert api("POST", "/silences", SILENCE).status_code == acts
    assert api("PUT", "/services/web-shop", SERVICE).status_code == manages
    assert api("GET", "/tokens").status_code == administers


def test_a_manager_changes_no_other_teams_things(api: Api, api_of: Callable[..., Api]) -> None:
    assert api("PUT", "/teams/payments", {"members": ["carol"]}).status_code == 201
    assert api("PUT", "/services/till", {"team": "payments"}).status_code == 201
    manager = api_of("somebody", role="manager")
    assert manager("PUT", "/services/till", SERVICE).status_code == 403
    assert manager("DELETE", "/services/till").status_code == 403
    assert manager("PUT", "/chats/leak", {"webhook": "https://example.com/x"}).status_code == 403


def test_addresses_are_shown_to_their_owner_alone(api_of: Callable[..., Api], api: Api) -> None:
    other = api_of("bob").get("/people/alice")
    assert other["email"] is None
    assert "alice@example.com" not in str(other) and "9911" not in str(other)
    mine = api.get("/people/alice/contact-methods")["items"]
    assert "alice@example.com" in [each["address"] for each in mine]
    assert "/alice" not in str([each["address"] for each in mine if each["channel"] == "webhook"])


def test_nobody_changes_how_somebody_else_is_reached(api_of: Callable[..., Api]) -> None:
    mail = {"channel": "email", "address": "mallory@example.com"}
    assert api_of("bob")("PUT", "/people/alice/contact-methods/mail", mail).status_code == 403


def test_keys_of_integrations_are_never_told(api: Api) -> None:
    assert "prom-key" not in str(api.get("/integrations")) + str(api.get("/integrations/prom"))


# --- pages -----------------------------------------------------------------------------------------------------------


def test_pages_stay_put_while_incidents_open(api: Api, house: House) -> None:
    for number in range(7):
        house.fires(f"Disk{number}", severity="critical", service="task-api")
    first = api.get("/incidents?limit=3")
    for number in range(7, 12):
        house.fires(f"Disk{number}", severity="critical", service="task-api")
    second = api.get(f"/incidents?limit=3&cursor={first['next']}")
    third = api.get(f"/incidents?limit=3&cursor={second['next']}")
    seen = [each["id"] for page in (first, second, third) for each in page["items"]]
    assert seen == [7, 6, 5, 4, 3, 2, 1] and third["next"] is None


def test_pages_by_opening_hold_each_once(api: Api, house: House) -> None:
    for number in range(5):
        house.fires(f"Disk{number}", severity="critical", service="task-api")
        house.passes(minutes=1)
    begin = (house.now - timedelta(minutes=4)).isoformat().replace("+", "%2B")
    seen, cursor = [], ""
    while True:
        page = api.get(f"/incidents?limit=1&opened_after={begin}&cursor={cursor}")
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == [5, 4, 3, 2]
    assert api.get(f"/incidents?opened_before={begin}")["items"][0]["id"] == 1
    assert api.get(f"/incidents?opened_after={begin}&text=disk3&state=open")["items"][0]["id"] == 4


def test_lists_of_names_page_by_name(api: Api) -> None:
    on_screen(api, "aaa")
    first = api.get("/services?limit=2")
    on_screen(api, "aab")
    rest = api.get(f"/services?cursor={first['next']}")
    assert [each["name"] for each in first["items"] + rest["items"]] == ["aaa", "billing", "task-api"]


# --- ETags -----------------------------------------------------------------------------------------------------------


def test_what_is_known_is_not_sent_again(api: Api, house: House) -> None:
    house.fires("DiskFull", severity="critical")
    etag = api("GET", "/incidents/1")["ETag"]
    again = api("GET", "/incidents/1", If_None_Match=f"W/{etag}")
    assert again.status_code == 304 and again.content == b"" and again["ETag"] == etag
    api("POST", "/incidents/1/acts", {"do": "acknowledge"})
    assert api("GET", "/incidents/1", If_None_Match=etag).status_code == 200


def test_what_somebody_changed_meanwhile_is_not_overwritten(api: Api) -> None:
    on_screen(api)
    etag = api("GET", "/services/web-shop")["ETag"]
    assert api("PUT", "/services/web-shop", {**SERVICE, "name": "Shop"}, If_Match=etag).status_code == 200
    late = api("PUT", "/services/web-shop", SERVICE, If_Match=etag)
    assert late.status_code == 412 and api.get("/services/web-shop")["noun"]["name"] == "Shop"
    assert api("DELETE", "/services/web-shop", If_Match=etag).status_code == 412
    fresh = api("GET", "/services/web-shop")["ETag"]
    assert api("DELETE", "/services/web-shop", If_Match=fresh).status_code == 204


def test_a_noun_is_only_made_when_asked_so(api: Api) -> None:
    assert api("PUT", "/services/web-shop", SERVICE, If_None_Match="*").status_code == 201
    assert api("PUT", "/services/web-shop", SERVICE, If_None_Match="*").status_code == 412


# --- idempotency keys ------------------------------------------------------------------------------------------------


def test_a_write_sent_twice_under_one_key_is_done_once(api: Api) -> None:
    first = api("POST", "/silences", SILENCE, Idempotency_Key="k1")
    again = api("POST", "/silences", SILENCE, Idempotency_Key="k1")
    assert first.status_code == again.status_code == 201 and first.content == again.content
    assert again["Idempotency-Replayed"] == "true" and again["Location"] == first["Location"]
    assert len(api.get("/silences")["items"]) == 1


def test_a_key_belongs_to_one_request_and_one_token(api: Api, api_of: Callable[..., Api]) -> None:
    api("POST", "/silences", SILENCE, Idempotency_Key="k1")
    other = api("POST", "/silences", {**SILENCE, "comment": "other"}, Idempotency_Key="k1")
    assert other.status_code == 422 and other.json()["errors"][0]["header"] == "Idempotency-Key"
    assert api_of("bob")("POST", "/silences", SILENCE, Idempotency_Key="k1").status_code == 201
    assert len(api.get("/silences")["items"]) == 2


def test_what_was_refused_may_be_tried_again_under_its_key(api: Api) -> None:
    assert api("POST", "/silences", {**SILENCE, "matchers": ["=="]}, Idempotency_Key="k1").status_code == 422
    assert api("POST", "/silences", SILENCE, Idempotency_Key="k1").status_code == 201


def test_of_two_at_once_one_waits_and_a_dead_one_frees_its_key(api: Api) -> None:
    api("POST", "/silences", SILENCE, Idempotency_Key="k1")
    KeptAnswer.objects.update(status=None)
    waiting = api("POST", "/silences", SILENCE, Idempotency_Key="k1")
    assert waiting.status_code == 409 and waiting["Retry-After"] == "1"
    KeptAnswer.objects.update(begun_at=datetime.now(UTC) - timedelta(minutes=2))
    assert api("POST", "/silences", SILENCE, Idempotency_Key="k1").status_code == 201


def test_keys_are_forgotten_after_a_day(api: Api) -> None:
    api("POST", "/silences", SILENCE, Idempotency_Key="k1")
    KeptAnswer.objects.update(begun_at=datetime.now(UTC) - timedelta(hours=25))
    api("POST", "/silences", SILENCE, Idempotency_Key="k1")
    assert len(api.get("/silences")["items"]) == 2


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("limit=ten", "limit"),
        ("cursor=%00", "cursor"),
        ("cursor=AAAA", "cursor"),
        ("cursor=bnVsbA", "cursor"),
        ("cursor=W10", "cursor"),
        ("cursor=LTE", "cursor"),
        ("state=asleep", "state"),
        ("text=%00", "text"),
        ("opened_after=yesterday", "opened_after"),
        ("opened_after=0001-01-01T00:00:00Z", "opened_after"),
        ("opened_before=2026-06-14", "opened_before"),
        ("label=%3D%3D", "label"),
        ("sevrity=SEV1", "sevrity"),
    ],
)
def test_a_bad_parameter_is_named(query: str, parameter: str, api: Api) -> None:
    answer = api("GET", f"/incidents?{query}")
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/incidents/1/acts", {"do": "dance"}, "#/do"),
        ("/incidents/1/acts", {}, "#/do"),
        ("/incidents/1/acts", {"do": "note", "text": "a\0b"}, "#/text"),
        ("/incidents/1/acts", {"do": "note", "text": "x" * 10_001}, "#/text"),
        ("/incidents/1/acts", {"do": "snooze", "for": "3 weeks"}, "#/for"),
        ("/incidents/1/acts", {"do": "snooze", "for": "48h"}, "#/for"),
        ("/incidents/1/acts", {"do": "snooze", "until": "2026-06-14T14:00:00"}, "#/until"),
        ("/incidents/1/acts", {"do": "reassign", "person": "nobody"}, "#/person"),
        ("/incidents/1/acts", {"do": "acknowledge", "actor": "mallory"}, "#/actor"),
        ("/incidents/acts", {"incidents": [1, "2"], "act": {"do": "escalate"}}, "#/incidents/1"),
        ("/incidents/acts", {"incidents": [10**30], "act": {"do": "escalate"}}, "#/incidents/0"),
        (
            "/incidents/acts",
            {"incidents": [1], "act": {"do": "add_responder", "person": "x"}},
            "#/act/person",
        ),
        ("/incidents", {"title": "", "severity": "SEV2"}, "#/title"),
        ("/incidents", {"title": "x", "severity": "SEV9"}, "#/severity"),
        ("/incidents", {"title": "x"}, "#/severity"),
        ("/silences", {"matchers": [], "ends_at": LATER}, "#/matchers"),
        ("/silences", {"matchers": ["=="], "ends_at": LATER}, "#/matchers"),
        ("/silences", {"matchers": ['a="b"'], "ends_at": "9999-12-31T23:59:59Z"}, "#/ends_at"),
        ("/silences", {"matchers": ['a="b"'], "ends_at": "2020-01-01T00:00:00Z"}, "#/ends_at"),
        ("/overrides", {"schedule": "nope", "person": "bob", "ends_at": LATER}, "#/schedule"),
        ("/maintenance", {"services": ["nope"], "ends_at": LATER}, "#/services"),
        ("/explain", {"labels": {}}, "#/labels"),
        ("/me/tokens", {"name": "x", "scopes": ["fly"]}, "#/scopes/0"),
    ],
)
def test_a_bad_field_is_named_by_its_pointer(
    path: str, body: Any, pointer: str, api: Api, house: House
) -> None:
    house.fires("DiskFull", severity="critical")
    answer = api("POST", path, body)
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["pointer"] == pointer, answer.json()


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        (b" ", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"do": "\xff"}', "application/json", 400),
        (b'{"do": "\\ud800"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"do": NaN}', "application/json", 400),
        (b"null", "application/json", 422),
        (b"1" * 10_000, "application/json", 400),
        (b"do=acknowledge", "application/x-www-form-urlencoded", 415),
        (b"{}", "", 415),
        (b"{}", "application/json; charset=utf-16", 415),
        (b'{"do": "note", "text": "' + b"x" * 300_000 + b'"}', "application/json", 413),
    ],
)
def test_a_body_that_is_none_is_refused(raw: bytes, kind: str, status: int, api: Api) -> None:
    answer = api._client.generic(
        "POST",
        "/api/v1/incidents/1/acts",
        raw,
        content_type=kind,
        HTTP_AUTHORIZATION=f"Bearer {api.secret}",
    )
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "", 404),
        ("GET", "/incidents/", 404),
        ("GET", "/incidents/x", 404),
        ("GET", "/incidents/99", 404),
        ("GET", "/incidents/0", 422),
        ("GET", "/incidents/" + "9" * 400, 422),
        ("GET", "/services/%00", 404),
        ("GET", "/services/%FF", 404),
        ("GET", "/services/" + "x" * 501, 422),
        ("DELETE", "/incidents/1", 405),
        ("PUT", "/services/a%00b", 404),
        ("PUT", "/services/%3Cb%3E", 422),
    ],
)
def test_an_address_that_is_none_is_a_problem_in_the_same_form(
    method: str, path: str, status: int, api: Api
) -> None:
    answer = api(method, path, {} if method == "PUT" else None)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json" and answer.json()["status"] == status


def test_a_machine_that_does_not_answer_is_told_as_such(api: Api, house: House, data: Any) -> None:
    (data / "control.sock").unlink()
    answer = api("POST", "/silences", SILENCE, Idempotency_Key="k1")
    assert answer.status_code == 503 and answer["Retry-After"] and not KeptAnswer.objects.exists()


# --- every subject ---------------------------------------------------------------------------------------------------


def test_every_list_and_every_single_thing_is_read(api: Api, house: House) -> None:
    house.fires("DiskFull", severity="critical", service="task-api")
    house.deploys("Deployed task-api abc123")
    assert api("POST", "/silences", SILENCE).status_code == 201
    names = {"key": {"people": "alice", "teams": "platform", "schedules": "platform-primary"}}
    handoff = api("POST", "/schedules/platform-primary/handoffs").json()["handoff"]["id"]
    made = {"handoff": handoff, "place": "DE", "team": "platform", "month": "2026-06"}
    made |= dict.fromkeys(("incident_id", "alert_id", "token_id"), "1")
    for path, methods in openapi()["paths"].items():
        if "get" not in methods:
            continue
        address = path.removeprefix("/api/v1")
        for word, value in made.items():
            address = address.replace(f"{{{word}}}", value)
        if "{key}" in address:
            kind = address.split("/")[1]
            known = names["key"].get(kind) or _any(api, kind)
            if known is None:
                continue
            address = address.replace("{key}", known)
        if "{swap}" in address or "{delivery_id}" in address:
            continue  # tests of their own read these
        answer = api("GET", address)
        assert answer.status_code in (200, 404) and (answer.status_code == 200 or kind_is_unwritten(address))


def _any(api: Api, kind: str) -> str | None:
    items = api.get(f"/{kind}?limit=1")["items"]
    return (items[0].get("name") or items[0].get("id")) if items else None


def kind_is_unwritten(address: str) -> bool:
    return address in ("/defaults", "/dead-mans-switch")


def test_a_silence_is_made_moved_and_ended(api: Api) -> None:
    made = api("POST", "/silences", SILENCE).json()
    assert made["state"] == "active" and made["matchers"] == ['alertname="DiskFull"']
    until = (datetime.now(UTC) + timedelta(hours=5)).replace(microsecond=0)
    moved = api("PATCH", f"/silences/{made['id']}", {"ends_at": until.isoformat()}).json()
    assert datetime.fromisoformat(moved["ends_at"]) == until
    assert api("DELETE", f"/silences/{made['id']}").json()["state"] == "ended"
    assert api.get("/silences?state=active")["items"] == []
    assert api("GET", "/silences/none").status_code == 404


def test_an_override_changes_who_is_on_call(api: Api) -> None:
    wanted = {"schedule": "platform-primary", "person": "carol", "ends_at": LATER}
    assert api("POST", "/overrides", wanted).status_code == 201
    (now,) = api.get("/on-call?schedule=platform-primary")["items"]
    assert now["people"] == ["carol"]
    assert api.get("/schedules/platform-primary/shifts?limit=1")["items"][0]["people"] == ["carol"]
    (layer,) = api.get("/schedules/platform-primary/layers")["items"]
    assert all("carol" not in shift["people"] for shift in layer["shifts"])


def test_what_git_keeps_is_read_here_and_changed_there(api: Api) -> None:
    assert api.get("/services/task-api")["origin"] == "git"
    refused = api("PUT", "/services/task-api", SERVICE)
    assert refused.status_code == 409 and "files" in refused.json()["detail"]


def test_a_noun_that_names_nobody_says_where(api: Api) -> None:
    refused = api("PUT", "/services/web-shop", {"team": "platfrom"})
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "#/team"
    unknown = api("PUT", "/services/web-shop", {"tem": "platform"})
    assert unknown.status_code == 422 and "tem" in unknown.json()["detail"]


def test_a_problem_is_reported_and_a_person_is_test_paged(api: Api, house: House) -> None:
    made = api("POST", "/incidents", {"title": "Tasks are slow", "severity": "SEV2", "service": "task-api"})
    assert made.status_code == 201 and made["Location"] == "/api/v1/incidents/1"
    assert api.get("/incidents/1")["detected_by"] == "alice"
    assert api("POST", "/people/bob/test-page", {}).status_code == 202
    house.person("bob").was_paged("Test page")


def test_several_are_acted_on_and_each_is_answered(api: Api, house: House) -> None:
    house.fires("DiskFull", severity="critical")
    answer = api("POST", "/incidents/acts", {"incidents": [1, 77], "act": {"do": "acknowledge"}}).json()
    assert [each.get("refused", "") for each in answer["items"]] == ["", "there is no incident 77"]
    again = api("POST", "/incidents/77/acts", {"do": "acknowledge"})
    assert again.status_code == 404


def test_what_cannot_be_done_as_things_stand_is_a_conflict(api: Api, house: House) -> None:
    house.fires("DiskFull", severity="critical")
    house.ends("DiskFull", severity="critical")
    late = api("POST", "/incidents/1/acts", {"do": "snooze", "for": "1h"})
    assert late.status_code == 409 and late.json()["detail"]


def test_a_code_that_nobody_was_sent_is_refused(api: Api) -> None:
    code = api("POST", "/people/alice/contact-methods/hook/verification", {"code": "1"})
    assert code.status_code in (409, 422) and code.json()["detail"]
