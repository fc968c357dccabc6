"""How often one address may try something that needs no sign-in: a bucket each, of bounded number.

A bucket refills steadily. Memory is bounded: of more addresses than are kept, those that tried longest ago are forgotten.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

import msgspec

MOST_KEPT = 20_000
_NETWORK = 64  # bits of an IPv6 address that one customer has to themselves


class Rate(msgspec.Struct, frozen=True):
    """`burst` at once, then one every `every` seconds."""

    burst: int
    every: float


class Limit:
    """Safe between threads."""

    def __init__(
        self, rate: Rate, clock: Callable[[], float] = time.monotonic, most: int = MOST_KEPT
    ) -> None:
        self._rate, self._clock, self._most = rate, clock, most
        self._full_at: OrderedDict[str, float] = OrderedDict()  # when its bucket is full again
        self._turn = threading.Lock()

    def take(self, address: str) -> float:
        """0.0 and one try less; or the seconds to wait, and nothing is taken."""
        key, now = network_of(address), self._clock()
        with self._turn:
            full_at = max(self._full_at.get(key, now), now)
            room = self._rate.burst * self._rate.every - (full_at - now)
            if room < self._rate.every:
                return self._rate.every - room
            self._full_at[key] = full_at + self._rate.every
            self._full_at.move_to_end(key)
            while len(self._full_at) > self._most:
                self._full_at.popitem(last=False)
        return 0.0

    def __len__(self) -> int:
        return len(self._full_at)


def network_of(address: str) -> str:
    """Who has one IPv6 address has 2^64 of them: they are one."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> (128 - _NETWORK) << (128 - _NETWORK))}/{_NETWORK}"
