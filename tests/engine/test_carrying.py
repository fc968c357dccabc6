"""What becomes of departures at their channels: every one comes back, whatever a channel does."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest
import structlog

from tests.engine.cast import NOON, notification
from tocsin.channels.channel import Channel
from tocsin.core.instants import instant
from tocsin.core.respond.compose import in_few_words
from tocsin.core.respond.delivery import AddressState, Delivered, Failed, Outcome
from tocsin.core.respond.message import Message
from tocsin.engine.addresses import Address
from tocsin.engine.carrying import Carrier
from tocsin.engine.clock import VirtualClock
from tocsin.engine.sending import LEASE, Arrival, Departure
from tocsin.engine.store.protocol import AgendaEntry


class Channels:
    """A channel that does as it is told."""

    name = "ntfy"
    concurrency = 8

    def __init__(self, answer: Outcome | Exception) -> None:
        self._answer = answer

    def check(self, address: str, options: object) -> str:
        return ""

    async def send(
        self, message: Message, address: str, options: object, http: aiohttp.ClientSession
    ) -> Outcome:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def departure(begun_at: int = NOON) -> Departure:
    waits = notification("1.1.1")
    return Departure(
        AgendaEntry("address.ntfy", waits.address_key, NOON, token="t"),
        AddressState(bundle=(waits.id,), key=waits.id, attempt=1),
        (waits,),
        in_few_words([waits], instant(NOON), waits.id),
        Address("ntfy", "https://ntfy.example/alice", {}),
        instant(begun_at),
    )


def carried(
    channel: Channel, *departures: Departure, now: int = NOON
) -> tuple[list[Arrival], dict[str, int]]:
    """What came back, and the room there is afterwards."""
    arrivals: list[Arrival] = []

    async def carry() -> dict[str, int]:
        clock = VirtualClock(instant(now))
        carrier = Carrier({"ntfy": channel}, str, clock, arrivals.append, {})
        await carrier.start()
        carrier.carry(list(departures))
        await carrier.stop(5)
        return carrier.room()

    with structlog.testing.capture_logs():
        return arrivals, asyncio.run(carry())


def test_what_the_channel_says_comes_back() -> None:
    (arrival,), room = carried(Channels(Delivered("7")), departure())
    assert arrival.outcome == Delivered("7")
    assert room == {"ntfy": 8}


@pytest.mark.parametrize("mistake", [KeyError("token"), ValueError("bad URL"), RuntimeError()])
def test_a_channel_that_breaks_has_failed_so_that_the_next_method_is_tried(mistake: Exception) -> None:
    (arrival,), room = carried(Channels(mistake), departure())
    assert isinstance(arrival.outcome, Failed)
    assert type(mistake).__name__ in arrival.outcome.detail
    assert room == {"ntfy": 8}


def test_what_is_carried_too_late_for_its_lease_is_left_to_the_next_holder() -> None:
    late = NOON + (LEASE + timedelta(seconds=1)) // timedelta(microseconds=1)
    arrivals, _ = carried(Channels(Delivered()), departure(), now=late)
    assert arrivals == []


def test_of_many_the_first_is_at_the_network_before_the_last_has_begun() -> None:
    order: list[str] = []

    class Slow(Channels):
        async def send(self, message: Message, *rest: object) -> Outcome:
            order.append("begun")
            for _ in range(3):  # turns of the loop until a request is written
                await asyncio.sleep(0)
            order.append("written")
            return Delivered()

    arrivals, _ = carried(Slow(Delivered()), *[departure() for _ in range(40)])
    assert len(arrivals) == 40
    assert order.index("written") < len(order) - 1 - order[::-1].index("begun")
