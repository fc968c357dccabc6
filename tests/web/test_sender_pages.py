"""Heartbeats, chats and severities by form; when an integration was heard, said on its page and on Now."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.scenarios.house import House
from tests.web.test_configuration_pages import bob, facts, put, seen, sent, shown
from tocsin.apps.alerts.models import Heartbeat as HeartbeatRow
from tocsin.apps.configuration.models import Heard as HeardRow
from tocsin.core.instants import micros
from tocsin.core.severity import DEFAULT_SEVERITIES, PageWhen, Severity

__all__ = ["bob"]  # a fixture

HOUR = timedelta(hours=1)


def was_heard(
    integration: str, ago: timedelta, longest: timedelta = HOUR, since: timedelta = 30 * 24 * HOUR
) -> None:
    """As the engine would have noted it; `ago` zero: never."""
    now = timezone.now()
    last = micros(now - ago) if ago else 0
    HeardRow(
        integration=integration,
        since=micros(now - since),
        first_at=last - 20 * 24 * 3600 * 1_000_000 if last else 0,
        last_at=last,
        times=500 if last else 0,
        week_at=last - 3600 * 1_000_000 if last else 0,
        longest=longest // timedelta(microseconds=1),
        longest_before=0,
    ).save(force_insert=not HeardRow.objects.filter(integration=integration).exists())


# --- heard -----------------------------------------------------------------------------------------------------------


def test_now_says_which_integration_fell_silent_and_why_that_is_unusual(
    browser: Client, house: House
) -> None:
    was_heard("prom", 3 * HOUR)
    page = shown(browser, "/")
    assert 'href="/integrations/prom"' in page and "never longer than 1 h" in page
    assert "unusually long ago" in shown(browser, "/integrations")
    assert "in the last two weeks it never was for longer than 1 h" in shown(browser, "/integrations/prom")


def test_a_usual_silence_is_no_news(browser: Client, house: House) -> None:
    was_heard("prom", 2 * HOUR, longest=2 * HOUR)
    was_heard("pd", timedelta(minutes=1))
    assert "/integrations/prom" not in shown(browser, "/")
    assert "unusually" not in shown(browser, "/integrations/prom")


def test_now_says_what_to_do_about_one_that_was_never_heard(browser: Client, house: House) -> None:
    was_heard("pd", timedelta(0), since=2 * HOUR)
    was_heard("prom", timedelta(minutes=1))
    page = shown(browser, "/")
    assert 'href="/integrations/pd"' in page and "Nothing ever came" in page
    assert "/integrations/prom" not in page


def test_one_that_was_just_set_up_is_left_in_peace(browser: Client, house: House) -> None:
    was_heard("pd", timedelta(0), since=timedelta(minutes=5))
    was_heard("prom", timedelta(0), since=timedelta(minutes=5))
    assert "Nothing ever came" not in shown(browser, "/")
    assert "Nothing came yet" in shown(browser, "/integrations/pd")


# --- heartbeats ------------------------------------------------------------------------------------------------------


def test_a_heartbeat_gets_a_key_that_is_shown_only_when_asked_for(browser: Client, house: House) -> None:
    sent(browser, "/heartbeats/~new", key="nightly", every="24h", grace="30m", labels="severity=critical")
    made = facts(house).heartbeats["nightly"]
    assert isinstance(made.ping_key, str) and len(made.ping_key) >= 32
    page = shown(browser, "/heartbeats/nightly")
    assert f"/in/heartbeat/{made.ping_key}" in page, "once, right after it was made"
    again = shown(browser, "/heartbeats/nightly")
    assert made.ping_key not in again and "YOUR-KEY" in again
    assert all(tool in again for tool in ("crontab", "systemd", "curl -fsS"))
    assert made.ping_key in sent(browser, "/heartbeats/nightly/reveal", expected=200)


def test_a_heartbeat_is_changed_and_keeps_its_key_and_is_removed(browser: Client, house: House) -> None:
    put(house, "heartbeats", "nightly", {"every": "24h", "key": "nightly-key", "matchers": ['job="backup"']})
    token = seen(browser, "/heartbeats/nightly/edit")
    sent(
        browser,
        "/heartbeats/nightly/edit",
        seen=token,
        every="12h",
        grace="",
        matchers="",
        labels="team=platform",
    )
    changed = facts(house).heartbeats["nightly"]
    assert (changed.every, changed.ping_key, changed.matchers) == (timedelta(hours=12), "nightly-key", ())
    assert changed.labels == {"team": "platform"}
    sent(browser, "/heartbeats/nightly/remove")
    assert "nightly" not in facts(house).heartbeats


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("every", "", "This field is required"),
        ("every", "soon", "duration"),
        ("every", "0s", ""),
        ("matchers", "=~", "matcher"),
        ("labels", "severity", "name=value"),
        ("key", "a/b", ""),
    ],
)
def test_a_mistake_in_a_heartbeat_stands_at_its_field(
    field: str, value: str, said: str, browser: Client, house: House
) -> None:
    page = sent(browser, "/heartbeats/~new", 422, **{"key": "nightly", "every": "24h", field: value})
    at = page.partition(f'id="id_{field}_error"')[2].partition("</ul>")[0]
    assert at and said in at, page[-6000:]
    assert facts(house).heartbeats == {}


def test_a_heartbeat_says_how_it_stands(browser: Client, house: House) -> None:
    put(house, "heartbeats", "nightly", {"every": "24h", "key": "nightly-key"})
    assert "Not heard yet" in shown(browser, "/heartbeats/nightly")
    HeartbeatRow.objects.update_or_create(
        key="nightly", defaults={"last_seen": timezone.now() - 2 * HOUR, "missed": False, "document": b"{}"}
    )
    page = shown(browser, "/heartbeats/nightly")
    assert "In time" in page and "2 h ago" in page
    HeartbeatRow.objects.filter(key="nightly").update(missed=True)
    assert "Missed" in shown(browser, "/heartbeats/nightly")
    assert "missed" in shown(browser, "/integrations")


def test_a_heartbeat_is_found_by_its_name(browser: Client, house: House) -> None:
    put(house, "heartbeats", "nightly", {"every": "24h", "key": "nightly-key"})
    assert 'href="/heartbeats/nightly"' in shown(browser, "/search?q=night")


def test_what_stands_on_another_page_leads_back_there(browser: Client, house: House) -> None:
    put(house, "heartbeats", "nightly", {"every": "24h", "key": "nightly-key"})
    assert 'class="back" href="/integrations"' in shown(browser, "/heartbeats/nightly")
    assert 'class="back" href="/settings/configuration"' in shown(browser, "/settings/chats/~new")


def test_who_administers_nothing_sees_no_key_and_changes_no_heartbeat(bob: Client, house: House) -> None:
    put(house, "heartbeats", "nightly", {"every": "24h", "key": "nightly-key"})
    page = shown(bob, "/heartbeats/nightly")
    assert "nightly-key" not in page and "/edit" not in page and "Show the key" not in page
    for address in ("~new", "nightly/edit", "nightly/remove", "nightly/reveal"):
        assert "nightly-key" not in bob.post(f"/heartbeats/{address}", {"every": "1h"}).content.decode()
    assert facts(house).heartbeats["nightly"].every == timedelta(hours=24)


# --- chats -----------------------------------------------------------------------------------------------------------

ROOM = "https://hooks.example.com/services/T0/B0/lounge"


def typed(browser: Client, page: str, expected: int = 302, **fields: str) -> str:
    """Sends the form of a chat."""
    at = f"/settings/chats/{page}"
    answer = browser.post(at, {"seen": seen(browser, at), **fields})
    assert answer.status_code == expected, (answer.status_code, answer.content.decode()[-4000:])
    return answer.content.decode()


def test_a_chat_is_made_and_changed_without_typing_its_address_again(browser: Client, house: House) -> None:
    typed(browser, "~new", key="lounge", channel="slack", address=ROOM)
    made = facts(house).chats["lounge"]
    assert (made.channel, made.address) == ("slack", ROOM)
    page = shown(browser, "/settings/chats/lounge/edit")
    assert ROOM not in page, "it is a secret"
    typed(browser, "lounge/edit", channel="slack", address="")
    assert facts(house).chats["lounge"].address == ROOM


def test_another_channel_gets_no_address_of_the_former(browser: Client, house: House) -> None:
    put(house, "chats", "lounge", {"slack": ROOM})
    page = typed(browser, "lounge/edit", 422, channel="mattermost", address="")
    assert "It needs an address" in page
    assert facts(house).chats["lounge"].channel == "slack"


@pytest.mark.parametrize("wrong", ["", "ftp://x", "javascript:alert(1)"])
def test_a_wrong_address_of_a_chat_is_said_at_its_field(wrong: str, browser: Client, house: House) -> None:
    page = typed(browser, "~new", 422, key="lounge", channel="slack", address=wrong)
    assert 'id="id_address_error"' in page
    assert "lounge" not in facts(house).chats


def test_a_chats_options_are_kept_added_and_taken_away(browser: Client, house: House) -> None:
    put(
        house,
        "chats",
        "lounge",
        {"webhook": "https://h.example.com", "secret": "s3cret-s3cret", "title": "x"},
    )
    assert "s3cret" not in shown(browser, "/settings/chats/lounge/edit")
    typed(browser, "lounge/edit", channel="webhook", address="", options="title=\ncolour=red")
    assert facts(house).chats["lounge"].options == {"secret": "s3cret-s3cret", "colour": "red"}


# --- severities ------------------------------------------------------------------------------------------------------


def severity_fields(browser: Client, **changed: str) -> dict[str, str]:
    return {
        "title": "low",
        "criteria": "Cosmetic.",
        "page": "never",
        "urgency": "low",
        "ack_target": "none",
        "ack_timeout": "none",
        "reopen_after": "60m",
        "update_every": "none",
        "postmortem": "no",
        "seen": seen(browser, "/settings/severities/SEV4/edit"),
        **changed,
    }


def test_a_severity_decides_otherwise_from_then_on(browser: Client, house: House) -> None:
    assert shown(browser, "/settings/severities").count("default</span>") == 4
    sent(
        browser,
        "/settings/severities/SEV4/edit",
        **severity_fields(browser, page="business_hours", ack_target="2h", reopen_after="1h"),
    )
    rule = facts(house).severities[Severity.SEV4]
    assert (rule.page, rule.ack_target, rule.ack_timeout) == (PageWhen.BUSINESS_HOURS, 2 * HOUR, None)
    again = shown(browser, "/settings/severities/SEV4/edit")
    assert 'value="2h"' in again and 'name="seen"' in again


@pytest.mark.parametrize(
    "field", ["ack_target", "ack_timeout", "reopen_after", "update_every", "page", "urgency"]
)
def test_a_mistake_in_a_severity_stands_at_its_field(field: str, browser: Client, house: House) -> None:
    fields = severity_fields(browser, **{field: "whenever"})
    page = sent(browser, "/settings/severities/SEV4/edit", 422, **fields)
    assert f'id="id_{field}_error"' in page, page[-6000:]
    assert facts(house).severities == DEFAULT_SEVERITIES


def test_only_administrators_change_a_severity(bob: Client, house: House) -> None:
    assert "/edit" not in shown(bob, "/settings/severities")
    assert bob.get("/settings/severities/SEV1/edit").status_code == 403
    assert bob.get("/settings/severities/SEV9/edit").status_code in (403, 404)
