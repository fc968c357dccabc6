"""What would happen to an alert: its labels pasted in any form, its route and whom it would page as a time line."""

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.scenarios.house import House
from tests.web.test_pages import page
from tocsin.apps.alerts.labels_given import labels_of
from tocsin.core.detect.matchers import format_name, quote
from tocsin.core.labels import encode_labels

WANTED = {"alertname": "DiskFull", "severity": "critical"}


@pytest.mark.parametrize(
    "text",
    [
        '{"alertname": "DiskFull", "severity": "critical"}',
        '{"labels": {"alertname": "DiskFull", "severity": "critical"}, "annotations": {}}',
        'alertname="DiskFull", severity="critical"',
        '{alertname="DiskFull",severity="critical"}',
        "alertname=DiskFull severity=critical",
        "alertname=DiskFull\nseverity=critical\n",
        'alertname: "DiskFull"\nseverity: critical',
    ],
)
def test_labels_are_read_in_any_form(text: str) -> None:
    assert labels_of(text) == WANTED


def test_a_series_of_prometheus_has_its_name_as_a_label() -> None:
    assert labels_of('up{job="api", instance="a:9090"} 1') == {
        "__name__": "up",
        "job": "api",
        "instance": "a:9090",
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "nonsense",
        '{"a": {"b": 1}}',
        '{"a": ',
        'a=~"b.*"',
        "[1]",
        "{}",
        "x" * 70_000,
    ],
)
def test_what_is_no_label_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        labels_of(text)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_][a-z0-9_]{0,10}", fullmatch=True), st.text(min_size=1, max_size=20), min_size=1
    )
)
def test_what_was_written_as_json_or_matchers_is_read_back(labels: dict[str, str]) -> None:
    assert labels_of(encode_labels(labels).decode()) == labels
    if not any(character in value for value in labels.values() for character in "\x00\r"):
        written = "{" + ",".join(f"{format_name(n)}={quote(v)}" for n, v in labels.items()) + "}"
        assert labels_of(written) == labels


@given(st.text(max_size=200))
def test_nothing_pasted_is_a_failure(text: str) -> None:
    try:
        labels_of(text)
    except ValueError as refused:
        assert str(refused)


def test_the_page_draws_whom_it_would_page_when(browser: Client, house: House) -> None:
    shown = page(browser, "/explain?labels=alertname%3DDiskFull+severity%3Dcritical")
    for expected in (
        "SEV2",
        "page platform",
        'class="way"',
        "at once",
        "+10m",
        "last resort",
        "Carol Cole",
    ):
        assert expected in shown, expected


def test_another_moment_is_asked_for_in_the_readers_zone(browser: Client, house: House) -> None:
    shown = page(browser, "/explain?labels=alertname%3DDiskFull+severity%3Dcritical&at=2026-06-10T12:00")
    assert "Alice Ames" in shown and "10 Jun" in shown
    wrong = browser.get("/explain?labels=a%3Db&at=yesterday")
    assert wrong.status_code == 400 and "Say day and time" in wrong.content.decode()


def test_an_alert_is_explained_by_its_number(browser: Client, house: House) -> None:
    house.fires("CertificateOld", severity="warning")
    (alert,) = house.alerts()
    shown = page(browser, f"/explain?labels=%23{alert.id}")
    assert f"Alert {alert.id}" in shown and "CertificateOld" in shown
    missing = browser.get("/explain?labels=99999")
    assert missing.status_code == 400 and "There is no alert 99999" in missing.content.decode()


def test_a_silence_says_that_it_would_page_nobody(browser: Client, house: House) -> None:
    house.silences('alertname="DiskFull"', hours=2)
    assert "It would page nobody" in page(browser, "/explain?labels=alertname%3DDiskFull+severity%3Dcritical")


def test_an_empty_page_says_what_to_paste(browser: Client, house: House) -> None:
    assert "You see which route takes it" in page(browser, "/explain")


@pytest.mark.parametrize(
    "text", ["%3Cscript%3E", "%00", "a%3D%22%3Cimg+src%3Dx%3E%22", "%7B%22a%22%3A%22%E2%80%AE%22%7D"]
)
def test_hostile_labels_are_shown_and_do_nothing(text: str, browser: Client, house: House) -> None:
    shown = browser.get(f"/explain?labels={text}").content.decode()
    assert "<script>" not in shown.replace("<script src", "") and "<img src=x" not in shown
