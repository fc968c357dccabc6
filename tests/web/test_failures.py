"""What readers see when something behind the page fails: a page that says so, and nothing of the failure's inside."""

from unittest.mock import patch

from django.db import OperationalError
from django.test import Client


def test_a_database_that_does_not_answer_is_said(browser: Client) -> None:
    with patch("tocsin.web.now.facts", side_effect=OperationalError("password=secret")):
        answer = browser.get("/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    shown = answer.content.decode()
    assert "The database does not answer" in shown and "secret" not in shown


def test_a_page_that_fails_says_that_paging_goes_on(browser: Client) -> None:
    browser.raise_request_exception = False
    with patch("tocsin.web.now.facts", side_effect=RuntimeError("password=secret")):
        answer = browser.get("/")
    assert answer.status_code == 500
    shown = answer.content.decode()
    assert "people are still paged" in shown and "secret" not in shown


def test_megabytes_in_a_form_are_refused(browser: Client) -> None:
    answer = browser.post("/incidents/1/act", {"do": "note", "note": "x" * 300_000})
    assert answer.status_code == 400
    assert "makes no sense" in answer.content.decode()
