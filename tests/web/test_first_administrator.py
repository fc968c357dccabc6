"""The one-time link of the first start."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from tests.web.conftest import PASSWORD
from tocsin.apps.people import first_link
from tocsin.apps.people.models import Account, AuditEntry, SignInLink

NOW = datetime(2026, 6, 14, 14, 0, tzinfo=UTC)
HOUSE = "https://tocsin.example.com"
ALICE = {"name": "Alice Ames", "email": "Alice@Example.com", "new_password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def path(data: Path) -> str:
    link = first_link.first_link(data, NOW, HOUSE)
    assert link is not None
    return link.removeprefix(HOUSE)


def test_the_link_makes_an_administrator_and_signs_them_in(path: str, stranger: Client) -> None:
    assert stranger.get(path).status_code == 200
    assert stranger.post(path, ALICE)["location"] == "/"
    account = Account.objects.get()
    assert (account.login, account.name, account.is_admin) == ("alice@example.com", "Alice Ames", True)
    assert account.password.startswith("argon2")
    assert stranger.get("/").status_code == 200
    assert AuditEntry.objects.filter(what="FirstAdministrator", subject="alice@example.com").exists()


def test_the_link_works_once(path: str, stranger: Client) -> None:
    stranger.post(path, ALICE)
    again = Client().post(path, ALICE | {"email": "mallory@example.com"})
    assert again.status_code == 410
    assert [account.login for account in Account.objects.all()] == ["alice@example.com"]


def test_a_wrong_link_makes_nobody(path: str, stranger: Client) -> None:
    assert stranger.get(path[:-1]).status_code == 410
    assert stranger.post(path[:-1] + "x", ALICE).status_code == 410
    assert not Account.objects.exists()


def test_a_mistake_in_the_form_does_not_spend_the_link(path: str, stranger: Client) -> None:
    for wrong in (
        {"again": "something else"},
        {"new_password": "short", "again": "short"},
        {"email": "no"},
        {"name": ""},
    ):
        assert stranger.post(path, ALICE | wrong).status_code == 422
    named = {"new_password": "alice@example.com", "again": "alice@example.com"}
    assert "too similar" in stranger.post(path, ALICE | named).content.decode()
    assert stranger.post(path, ALICE).status_code == 302


def test_no_secret_is_kept_in_the_database(path: str) -> None:
    assert path.rpartition("/")[2] not in SignInLink.objects.get().digest


def test_the_file_beside_holds_the_link_for_its_owner_alone_until_it_is_used(
    path: str, data: Path, stranger: Client
) -> None:
    file = data / first_link.FILE
    assert file.read_text().strip() == HOUSE + path
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    stranger.post(path, ALICE)
    assert not file.exists()


def test_a_restart_prints_the_same_link(path: str, data: Path) -> None:
    assert first_link.first_link(data, NOW, HOUSE) == HOUSE + path
    assert SignInLink.objects.count() == 1


def test_a_lost_file_brings_a_new_link(path: str, data: Path) -> None:
    (data / first_link.FILE).unlink()
    assert first_link.first_link(data, NOW, HOUSE) not in (None, HOUSE + path)


def test_two_links_of_two_nodes_make_one_administrator(path: str, data: Path, stranger: Client) -> None:
    (data / first_link.FILE).unlink()
    other = first_link.first_link(data, NOW, HOUSE)
    assert other is not None
    stranger.post(path, ALICE)
    assert Client().post(other.removeprefix(HOUSE), ALICE | {"email": "bob@example.com"}).status_code == 410
    assert Account.objects.count() == 1


def test_with_an_account_there_is_no_link(data: Path, alice: Account) -> None:
    (data / first_link.FILE).write_text("left over")
    assert first_link.first_link(data, NOW, HOUSE) is None
    assert not (data / first_link.FILE).exists()


def test_signing_in_before_that_says_where_the_link_is(stranger: Client) -> None:
    assert "first-admin-link" in stranger.get("/sign-in").content.decode()


def test_the_box_that_is_printed_is_straight() -> None:
    lines = first_link.box(f"{HOUSE}/welcome/abc").strip().splitlines()
    assert len({len(line) for line in lines}) == 1
    assert any(f"{HOUSE}/welcome/abc" in line for line in lines)
