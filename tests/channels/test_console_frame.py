"""Pages in the terminal: framed, complete, and unable to repaint it."""

import io

import aiohttp
import pytest
from rich.console import Console

from tests.channels.letters import a_bundle, a_hostile_page, a_page, a_status, an_enormous_page
from tocsin.channels.console.send import Terminal
from tocsin.core.respond.delivery import Delivered, Failed, Rejected
from tocsin.core.respond.message import Message


async def printed(message: Message, http: aiohttp.ClientSession, colour: bool = False) -> str:
    paper = io.StringIO()
    console = Console(
        file=paper, width=80, force_terminal=colour, color_system="truecolor" if colour else None
    )
    assert await Terminal(console).send(message, "alice", {}, http) == Delivered()
    return paper.getvalue()


async def test_a_page_is_framed_with_what_a_responder_asks_first(http: aiohttp.ClientSession) -> None:
    frame = await printed(a_page(), http)
    for wanted in (
        "[SEV2] task-api: API p99 latency above 2s",
        "14:32 UTC (16:32 Europe/Berlin), for 4m",
        "Alice Ames",
        "Runbook",
        "/incidents/7",
    ):
        assert wanted in frame
    assert all(len(row) <= 80 for row in frame.splitlines())


async def test_a_bundle_lists_its_incidents(http: aiohttp.ClientSession) -> None:
    frame = await printed(a_bundle(12), http)
    assert "#7 Disk of node-0" in frame
    assert "and 2 more" in frame


async def test_news_is_its_text(http: aiohttp.ClientSession) -> None:
    frame = await printed(a_status(), http)
    assert "Your page was stopped." in " ".join(frame.replace("│", " ").split())


async def test_labels_cannot_style_or_steer_the_terminal(http: aiohttp.ClientSession) -> None:
    frame = await printed(a_hostile_page(), http)
    assert "[bold]rich[/bold]" in frame.replace("\n", "")
    assert not {"\x1b", "\x00", "\x07", "\u202e"} & set(frame)


async def test_megabytes_are_cut(http: aiohttp.ClientSession) -> None:
    assert len(await printed(an_enormous_page(), http)) < 10_000


@pytest.mark.parametrize("trouble", [BrokenPipeError(), ValueError("I/O operation on closed file")])
async def test_a_terminal_that_is_gone_is_no_use_trying_again(
    trouble: Exception, http: aiohttp.ClientSession
) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise trouble

    found = await Terminal(Console(file=Gone(), width=80)).send(a_page(), "alice", {}, http)
    assert isinstance(found, Rejected)


async def test_a_terminal_that_nobody_reads_does_not_stop_the_engine(http: aiohttp.ClientSession) -> None:
    import threading

    released = threading.Event()

    class Stuck(io.StringIO):
        def write(self, text: str) -> int:
            released.wait(5)
            return len(text)

    found = await Terminal(Console(file=Stuck(), width=80), deadline=0.05).send(a_page(), "alice", {}, http)
    released.set()
    assert isinstance(found, Failed)
