"""The house as a whole by API: its configuration as files, its audit log, a sample event of an integration."""

from collections.abc import Callable
from typing import Any

from tests.scenarios.house import House
from tests.web.api.conftest import Api

CHAT = "chats:\n  ops:\n    slack: https://hooks.slack.example/services/T000/B000/XXXX\n"


def files(text: str = CHAT, **more: Any) -> dict[str, Any]:
    return {"files": [{"path": "ops.yaml", "text": text}], **more}


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_plan_says_what_would_change_and_changes_nothing(api: Api) -> None:
    view = api("POST", "/configuration/plan", files()).json()
    changed = [line for line in view["lines"] if line["change"] != "keep"]
    assert [(line["change"], line["kind"], line["name"]) for line in changed] == [("add", "chats", "ops")]
    assert api("GET", "/chats/ops").status_code == 404


def test_what_is_applied_may_be_edited_on_screen_unless_it_is_said_to_be_gits(api: Api) -> None:
    assert api("POST", "/configuration/apply", files()).json()["applied"] is True
    assert api.get("/chats/ops")["origin"] == "people"
    kept = CHAT.replace("ops", "git")
    assert api("POST", "/configuration/apply", files(kept, origin="git")).status_code == 200
    assert api.get("/chats/git")["origin"] == "git"


def test_files_with_mistakes_change_nothing_and_each_mistake_has_its_line(api: Api) -> None:
    wrong = files(CHAT + "services:\n  shop: {team: nobody}\n")
    answer = api("POST", "/configuration/apply", wrong)
    assert answer.status_code == 422
    assert any("ops.yaml:5" in each["detail"] for each in answer.json()["errors"]), answer.json()
    assert api("GET", "/chats/ops").status_code == 404
    planned = api("POST", "/configuration/plan", wrong)
    assert planned.status_code == 200 and planned.json()["lines"] == []


def test_what_is_exported_comes_in_again(api: Api) -> None:
    api("POST", "/configuration/apply", files())
    exported = api.get("/configuration")
    assert "prom-key" not in exported["text"]
    planned = api("POST", "/configuration/plan", {"files": [exported]}).json()
    assert [line for line in planned["lines"] if line["change"] != "keep"] == []
    assert [each for each in planned["problems"] if each["level"] == "error"] == []


def test_the_whole_configuration_is_the_administrators(api_of: Callable[..., Api]) -> None:
    manager = api_of("somebody", role="manager")
    assert manager("GET", "/configuration").status_code == 403
    for verb in ("plan", "apply"):
        assert manager("POST", f"/configuration/{verb}", files()).status_code == 403


# --- the audit log ---------------------------------------------------------------------------------------------------


def test_the_audit_log_tells_who_did_what_and_pages(api: Api) -> None:
    for number in range(4):
        api("PUT", f"/services/shop-{number}", {"team": "platform", "policy": "platform"})
    first = api.get("/audit?limit=3&via=api&actor=alice&text=shop")
    assert [each["subject"] for each in first["items"]] == [f"services.shop-{n}" for n in (3, 2, 1)]
    assert first["items"][0]["what"] == "PutNoun" and "platform" in str(first["items"][0]["after"])
    rest = api.get(f"/audit?limit=3&via=api&actor=alice&text=shop&cursor={first['next']}")
    assert [each["subject"] for each in rest["items"]] == ["services.shop-0"]


def test_the_audit_log_is_the_administrators(api_of: Callable[..., Api]) -> None:
    assert api_of("somebody", role="manager")("GET", "/audit").status_code == 403


# --- integrations --------------------------------------------------------------------------------------------------------


def test_an_integrations_sample_goes_the_real_way_marked_as_a_test(api: Api, house: House) -> None:
    assert api("POST", "/integrations/prom/test").status_code == 202
    assert [each["test"] for each in api.get("/incidents")["items"]] == [True]
    assert api("POST", "/integrations/nobody/test").status_code == 404


def test_an_integration_says_when_it_was_last_heard(api: Api, house: House) -> None:
    assert api.get("/integrations/prom/state")["last_event_at"] is None
    house.fires("DiskFull", severity="critical")
    house.passes(minutes=2)
    heard = api.get("/integrations/prom/state")
    assert heard["last_event_at"] is not None and heard["silent"] is False
    assert api("GET", "/integrations/nobody/state").status_code == 404
