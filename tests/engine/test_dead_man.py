"""The dead man's switch: pinged while this node works, and never spelled out where it fails."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from aiohttp import web

from tocsin.core.configuration import Configuration, DeadMansSwitch
from tocsin.engine.dead_man import DeadMansSwitchPinger

EVERY = timedelta(milliseconds=10)


def pinged(url: str, working: Callable[[], bool], status: int = 200) -> tuple[int, list[Any]]:
    """How often the switch was pinged within a moment, and what was logged."""
    hits = 0

    async def hit(request: web.Request) -> web.Response:
        nonlocal hits
        hits += 1
        return web.Response(status=status)

    async def story() -> None:
        app = web.Application()
        app.router.add_get("/{tail:.*}", hit)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        facts = Configuration(dead_mans_switch=DeadMansSwitch(url=url.format(port=port), every=EVERY))
        pinger = DeadMansSwitchPinger(lambda: facts, str, working)
        pinging = asyncio.create_task(pinger.run())
        await asyncio.sleep(0.2)
        assert not pinging.done()
        pinging.cancel()
        await runner.cleanup()

    with structlog.testing.capture_logs() as logged:
        asyncio.run(story())
    return hits, logged


def test_a_node_that_works_pings() -> None:
    hits, logged = pinged("http://127.0.0.1:{port}/secret-key", lambda: True)
    assert hits > 1 and logged == []


def test_a_node_that_does_not_work_is_silent_so_that_somebody_outside_raises_the_alarm() -> None:
    assert pinged("http://127.0.0.1:{port}/secret-key", lambda: False) == (0, [])


def test_what_fails_is_logged_without_the_url_and_tried_again() -> None:
    for url, status in (
        ("http://127.0.0.1:{port}/secret-key", 503),
        ("http://127.0.0.1:1/secret-key", 200),
        ("http://[secret-key/", 200),
        ("secret-key", 200),
    ):
        _, logged = pinged(url, lambda: True, status)
        assert len(logged) > 1, url
        assert "secret-key" not in repr(logged), url
