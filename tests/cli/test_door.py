"""The ways to a Tocsin, and what is said when there is none."""

import socket
from pathlib import Path

import pytest

from tests.cli.conftest import FakeTocsin, Run
from tocsin.cli.door import HttpDoor, StraightDoor, Unreachable, open_door
from tocsin.control import requests as r
from tocsin.control.answers import Refusal


def test_a_url_is_asked_with_the_token(tocsin: FakeTocsin) -> None:
    tocsin.answers = [[]]
    door = open_door(tocsin.url, "s3cret", Path("data"), None, actor="alice")
    assert door.ask(r.Who()) == []
    assert tocsin.paths == ["/api/v1/requests"]
    assert tocsin.headers[0]["Authorization"] == "Bearer s3cret"
    assert "X-Tocsin-Actor" not in tocsin.headers[0]


def test_a_path_in_the_url_is_kept(tocsin: FakeTocsin) -> None:
    tocsin.answers = [[]]
    open_door(f"{tocsin.url}/pager/", None, Path("data"), None, actor="alice").ask(r.Who())
    assert tocsin.paths == ["/pager/api/v1/requests"]


def test_a_running_servers_socket_is_asked_with_the_name_of_who_acts(
    local_tocsin: tuple[FakeTocsin, Path],
) -> None:
    fake, data = local_tocsin
    fake.answers = [[]]
    assert open_door(None, None, data, "postgresql://ignored", actor="alice").ask(r.ListIncidents()) == []
    assert fake.headers[0]["X-Tocsin-Actor"] == "alice"
    assert "Authorization" not in fake.headers[0]


def test_a_refusal_comes_back_as_one(tocsin: FakeTocsin) -> None:
    tocsin.answers = [(404, Refusal("not_found", "there is no incident 99", "incident"))]
    with pytest.raises(r.Refused) as refused:
        open_door(tocsin.url, None, Path("data"), None, actor="alice").ask(r.ShowIncident(99))
    assert (refused.value.code, refused.value.field) == ("not_found", "incident")


@pytest.mark.parametrize(("answer", "said"), [
    ((502, b"<html>Bad gateway</html>"), r"failed \(502\)"),
    ((404, b"not found"), "Is it a Tocsin server"),
    ((401, b""), "Set TOCSIN_TOKEN"),
    ((302, b""), "redirects elsewhere"),
    ((200, b'{"not": "a list"}'), "same version"),
    ((200, b"\xff"), "same version"),
])  # fmt: skip
def test_what_is_no_answer_is_told_apart_from_a_refusal(
    tocsin: FakeTocsin, answer: tuple[int, bytes], said: str
) -> None:
    tocsin.answers = [answer]
    with pytest.raises(Unreachable, match=said):
        open_door(tocsin.url, None, Path("data"), None, actor="alice").ask(r.Who())


@pytest.mark.parametrize("url", ["ftp://tocsin.example", "http://", "http://[::1", "http://x:port"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Unreachable, match="no address of a server"):
        open_door(url, None, Path("data"), None, actor="alice")


def test_a_server_that_does_not_listen_is_named() -> None:
    with pytest.raises(Unreachable, match=r"the server at http://127\.0\.0\.1:1: nobody listens there"):
        open_door("127.0.0.1:1", None, Path("data"), None, actor="alice").ask(r.Who())


def test_the_socket_of_a_killed_server_leads_straight_to_the_store(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(tmp_path / "control.sock"))
    assert isinstance(open_door(None, None, tmp_path, None, actor="alice"), StraightDoor)


def test_a_deep_data_directory_is_reached_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("control.sock")
        listener.listen()
        assert isinstance(open_door(None, None, deep, None, actor="alice"), HttpDoor)


def test_a_database_needs_no_data_directory() -> None:
    assert isinstance(
        open_door(None, None, Path("none"), "postgresql://db/tocsin", actor="alice"), StraightDoor
    )


def test_with_nothing_to_open_the_sentence_says_how_to_start(run: Run) -> None:
    result = run("who")
    assert result.exit_code == 3
    assert "tocsin serve --data data" in result.stderr
    assert not Path("data").exists()


def test_a_token_may_come_from_a_file(
    tocsin: FakeTocsin, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tocsin.answers = [[]]
    (tmp_path / "token").write_text("s3cret\n")
    monkeypatch.setenv("TOCSIN_TOKEN_FILE", str(tmp_path / "token"))
    assert run("who").exit_code == 0
    assert tocsin.headers[0]["Authorization"] == "Bearer s3cret"


def test_a_missing_token_file_fails_loudly(
    tocsin: FakeTocsin, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN_FILE", "/nowhere/token")
    result = run("who")
    assert result.exit_code == 3
    assert "TOCSIN_TOKEN_FILE" in result.stderr
    assert tocsin.asked == []
