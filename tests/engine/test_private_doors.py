"""Doors that trust whoever opens them open for their owner alone."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tocsin.web.listening import bind_privately, make_server, until
from tocsin.web.secret import MissingSecret, api_token


def test_an_empty_token_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    with pytest.raises(MissingSecret):
        api_token({"TOCSIN_TOKEN_FILE": str(tmp_path / "token")}, tmp_path)
    (tmp_path / "api-token").touch()  # as a crash between making and writing could leave it
    with pytest.raises(MissingSecret):
        api_token({}, tmp_path)


def test_the_token_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    token = api_token({}, tmp_path)
    assert len(token) > 40
    assert api_token({}, tmp_path) == token
    assert (tmp_path / "api-token").stat().st_mode & 0o077 == 0


def test_the_local_socket_is_its_owners_alone_even_if_one_was_left_behind(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    bind_privately(path)
    path.chmod(0o666)
    bind_privately(path)
    assert path.stat().st_mode & 0o777 == 0o600

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    async def serve() -> int:
        server = make_server(app, uds=str(path))
        serving = asyncio.create_task(server._serve())
        await until(lambda: server.started, [serving])
        mode = path.stat().st_mode & 0o777
        server.should_exit = True
        await serving
        return mode

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(serve()) == 0o600
