"""What is understood and would still fail at three in the morning."""

from pathlib import Path

import pytest

from tests.config.house import EXAMPLE, KEYS, NOW, OFFERED, edited, errors, problems, warnings
from tocsin.config.answers import ConfigFile
from tocsin.config.validate import check


def said_of(found: list[str], words: str) -> list[str]:
    return [said for said in found if words in said]


# --- people ----------------------------------------------------------------------------------------------------------


def test_a_rule_that_names_no_contact_method_is_an_error() -> None:
    (said,) = errors(edited("{after: 1m, by: mail}", "{after: 1m, by: sms}"))
    assert (
        said == "4 people.alice.notify.high[1]: unknown contact method 'sms' of alice; alice has hook, mail"
    )


def test_a_person_in_a_policy_without_a_rule_for_high_urgency_is_an_error() -> None:
    found = errors(edited("notify: {high: [hook], low: [hook]}", "notify: {low: [hook]}"))
    assert len(said_of(found, "bob is paged by policy 'platform' but has no rule for high urgency")) == 3


def test_a_person_in_no_policy_needs_no_rule() -> None:
    assert errors(edited("teams:", "  carol: {}\nteams:")) == []


def test_the_channel_says_what_is_wrong_with_an_address() -> None:
    found = errors(edited('hook: {webhook: "http://127.0.0.1:9911/bob"}', "hook: {webhook: bob}"))
    assert found == ["6 people.bob.contact.hook: expected an address that begins with http"]


def test_a_chats_address_is_checked_as_well() -> None:
    assert said_of(
        errors(edited('{webhook: "http://127.0.0.1:9911/low"}', "{webhook: low}")),
        "chats.alerts-low-priority",
    )


def test_unverified_contact_methods_are_warned_about_once() -> None:
    assert len(said_of(warnings(EXAMPLE), "not verified")) == 1


def test_a_contact_method_that_no_rule_uses_is_a_warning() -> None:
    assert said_of(
        warnings(edited("low: [mail]}}", "low: [hook]}}").replace("{after: 1m, by: mail}", "hook")),
        "never reaches alice",
    )


# --- policies and schedules ------------------------------------------------------------------------------------------


def test_a_policy_that_pages_without_a_last_resort_is_an_error() -> None:
    (said,) = errors(edited(", last_resort: [bob]", ""))
    assert said.startswith("15 policies.platform: a policy that pages needs a last_resort")


def test_a_policy_that_only_tells_a_chat_needs_no_last_resort() -> None:
    assert errors(edited("services:", "  quiet: {steps: [{chat: alerts}]}\nservices:")) == []


def test_a_first_wait_longer_than_the_target_is_a_warning() -> None:
    (said,) = said_of(
        warnings(edited("page: platform-primary, wait: 10m", "page: platform-primary, wait: 20m")),
        "waits 20m",
    )
    assert said.startswith(
        "15 policies.platform.steps[0].wait: waits 20m, but SEV2 is to be acknowledged within 15m"
    )


def test_the_target_is_that_of_the_routes_severity() -> None:
    assert said_of(
        warnings(edited("severity: SEV2", "severity: SEV1")),
        "waits 10m, but SEV1 is to be acknowledged within 5m",
    )
    assert not said_of(warnings(EXAMPLE), "is to be acknowledged")


def test_paging_at_sev4_is_a_warning() -> None:
    assert said_of(
        warnings(edited("severity: SEV2", "severity: SEV4")), "routes.routes[0].page: SEV4 never pages"
    )


def test_a_gap_within_eight_weeks_is_a_warning() -> None:
    text = edited("from: 2026-06-01,", "from: 2026-06-01, until: 2026-07-01T00:00:00Z,")
    (said,) = said_of(warnings(text), "schedules.platform-primary:")
    assert "nobody is on call from 2026-07-01 00:00 to 2026-08-09 14:32 UTC" in said


def test_an_unrestricted_rotation_has_no_gap() -> None:
    assert not said_of(warnings(EXAMPLE), "nobody is on call")


def test_schedules_that_are_secondary_to_each_other_are_an_error() -> None:
    text = edited("services:", "services:").replace(
        "platform-secondary: {team: platform, secondary_of: platform-primary}",
        "platform-secondary: {secondary_of: third}\n  third: {secondary_of: platform-secondary}",
    )
    assert len(said_of(errors(text), "secondary to each other")) == 2


def test_an_empty_team_in_a_policy_is_a_warning() -> None:
    text = edited("teams: {platform", "teams: {empty: {}, platform").replace(
        "{page: platform-primary, wait", "{page: empty, wait"
    )
    assert said_of(warnings(text), "the team 'empty' has nobody in it")


# --- services, keys, heartbeats --------------------------------------------------------------------------------------


def test_services_that_depend_on_each_other_are_an_error() -> None:
    text = edited(
        "services: {task-api: {", "services: {db: {depends_on: task-api}, task-api: {depends_on: [db], "
    )
    (said,) = errors(text)
    assert "services depend on each other in a ring: db > task-api > db" in said


def test_a_key_is_given_out_once_and_never_shown() -> None:
    (said,) = [
        p
        for p in problems(EXAMPLE, environment={"PROM_KEY": "the-same-one", "PD_KEY": "the-same-one"})
        if p.level == "error"
    ]
    assert said.field == "integrations.pd.key"
    assert said.message == "integrations.pd has the same key as integrations.prom"


def test_the_same_variable_twice_is_the_same_key_even_where_it_is_not_set() -> None:
    text = edited("key: {env: PD_KEY}", "key: {env: PROM_KEY}")
    assert any("the same key" in p.message for p in problems(text, environment={}))


def test_a_heartbeat_that_nothing_can_feed_is_an_error() -> None:
    assert said_of(errors(EXAMPLE + "heartbeats: {watchdog: {every: 1m}}\n"), "nothing can feed it")


def test_a_missing_secret_is_a_warning_on_any_machine_and_an_error_on_the_one_that_runs_it() -> None:
    files = (ConfigFile("tocsin.yaml", EXAMPLE),)
    elsewhere = check(files, NOW, environment={}, surroundings=OFFERED).problems
    here = check(files, NOW, store=(), environment={}, surroundings=OFFERED).problems
    said = "the environment variable PROM_KEY is not set on this machine"
    assert [(p.level, p.field) for p in elsewhere if p.message == said] == [
        ("warning", "integrations.prom.key")
    ]
    assert [(p.level, p.field) for p in here if p.message == said] == [("error", "integrations.prom.key")]


def test_a_secret_in_a_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("prom-key-0001\n")
    text = edited("key: {env: PROM_KEY}", f"key: {{file: {tmp_path}/key}}")
    found = [p for p in problems(text, environment={"PD_KEY": "prom-key-0001"}) if p.level == "error"]
    assert [p.message for p in found] == ["integrations.pd has the same key as integrations.prom"]


def test_a_secret_file_that_is_missing_names_noun_and_path() -> None:
    text = edited("key: {env: PROM_KEY}", "key: {file: /nowhere/key}")
    assert said_of(
        warnings(text), "integrations.prom.key: the file /nowhere/key cannot be read on this machine"
    )


@pytest.mark.parametrize("key", ["with space", "with/slash", "ümlaut-key"])
def test_a_key_must_fit_into_a_url(key: str) -> None:
    found = problems(EXAMPLE, environment={**KEYS, "PROM_KEY": key})
    assert any(p.level == "error" and "a key stands in URLs" in p.message for p in found)


# --- routes ----------------------------------------------------------------------------------------------------------


def test_a_root_without_a_default_is_an_error() -> None:
    (said,) = errors(edited("  chat: alerts  ", "  # chat: alerts  "))
    assert "the root route needs a default" in said


def test_files_without_any_routes_need_a_root_too() -> None:
    assert said_of(errors("people: {alice: }"), "the root route needs a default")


def test_a_root_that_drops_everything_is_a_warning() -> None:
    assert said_of(warnings(edited("  chat: alerts  ", "  nothing: true  ")), "go nowhere")


def test_a_route_behind_one_that_takes_everything_is_never_reached() -> None:
    text = edited("  routes:\n", "  routes:\n    - {chat: alerts}\n")
    assert len(said_of(warnings(text), "has no matchers, so it takes everything")) == 2


def test_a_narrower_route_behind_a_wider_one_is_never_reached() -> None:
    text = edited("""['severity="warning"']""", """['severity="critical"', team=platform]""")
    assert said_of(
        warnings(text), "routes.routes[1]: is never reached: routes.routes[0] has the same matchers or fewer"
    )


def test_a_route_behind_one_that_goes_on_is_reached() -> None:
    text = edited(
        "severity: SEV2, page: platform}", "severity: SEV2, page: platform, continue: true}"
    ).replace('severity="warning"', 'severity="critical"')
    assert not said_of(warnings(text), "never reached")


def test_a_silence_that_has_ended_is_a_warning() -> None:
    text = (
        EXAMPLE + "silences: {old: {matchers: [a=b], starts: 2026-01-01T00:00Z, ends: 2026-02-01T00:00Z}}\n"
    )
    assert said_of(warnings(text), "silences.old: has ended on 2026-02-01")


def test_nobody_to_tell_about_failures_is_a_warning() -> None:
    assert said_of(warnings(EXAMPLE), "no admins")
    assert not said_of(warnings("defaults: {admins: alice}\n" + EXAMPLE), "no admins")
