"""Where URLs that people set may lead: to the public network, and nowhere else unless the operator allows it.

A name can lead elsewhere when it is used than when it was checked (DNS rebinding), so the address itself is checked at the
moment of connecting: the socket is only made for an address that was judged. What the operator applies from the command
line is trusted and never comes here.
"""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import aiohttp
import msgspec
import yarl
from aiohttp.abc import AbstractResolver

VARIABLE = "TOCSIN_ALLOWED_PRIVATE"
LOOK_UP = 3.0  # seconds that checking a name may take when a URL is set
REFUSED = f"it leads to an address that is not public (the operator may allow it with {VARIABLE})"

OWN_SERVER = f"only the operator names a mail server (or allows its name with {VARIABLE})"

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Beside what the address registries call not global: multicast, translated and tunnelled IPv4, clouds' own services.
NEVER: tuple[Network, ...] = tuple(
    ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's own service, on a public address
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",
        "::/127",
        "64:ff9b:1::/48",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
NAT64 = ip_network("64:ff9b::/96")
COMPATIBLE = ip_network("::/96")
LOCAL_NAMES = ("localhost", "localhost.localdomain", "ip6-localhost", "metadata", "metadata.google.internal")
LOCAL_ENDS = (".localhost", ".local", ".internal", ".localdomain", ".home.arpa")

LookUp = Callable[[str], Awaitable[Iterable[str]]]


class NotPublic(OSError):
    """The address is not to be connected to."""

    def __init__(self) -> None:
        super().__init__(errno.EACCES, REFUSED)


class Allowed(msgspec.Struct, frozen=True):
    """What the operator lets people reach although it is not public."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    def has(self, address: Address) -> bool:
        return any(address.version == net.version and address in net for net in self.networks)

    def names(self, host: str) -> bool:
        host = host.lower().rstrip(".")
        return host in self.hosts or any(
            each.startswith("*.") and host.endswith(each[1:]) for each in self.hosts
        )


def allowed_in(environment: Mapping[str, str]) -> Allowed:
    """TOCSIN_ALLOWED_PRIVATE: networks, addresses, host names and `*.suffixes`, apart by commas or spaces. Raises
    ValueError."""
    networks: list[Network] = []
    hosts: set[str] = set()
    for word in environment.get(VARIABLE, "").replace(",", " ").split():
        try:
            networks.append(ip_network(word, strict=False))
        except ValueError:
            if "/" in word or ":" in word:
                raise ValueError(f"{VARIABLE}: {word!r} is no network, address or host name") from None
            hosts.add(word.lower().rstrip("."))
    return Allowed(tuple(networks), frozenset(hosts))


def is_public(address: Address) -> bool:
    """Whether the address is one of the public network, also when it carries an IPv4 address within."""
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is not None:
            return is_public(inner)
    if any(address.version == net.version and address in net for net in NEVER):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets to this one end at."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in NAT64 or (address in COMPATIBLE and int(address) > 0xFFFF):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


class Guard:
    """`look_up` answers a name's addresses; by default the machine's resolver does."""

    def __init__(self, allowed: Allowed, look_up: LookUp | None = None) -> None:
        self.allowed = allowed
        self._look_up = look_up or _looked_up

    # --- when a URL is set ---------------------------------------------------------------------------------------

    def refusal(self, url: str) -> str:
        """What is wrong with the URL as it is written, or "". Asks nobody."""
        host = _host(url)
        if not host or self.allowed.names(host):
            return ""
        address = _literal(host)
        if address is not None:
            return "" if self._may(address) else REFUSED
        if host in LOCAL_NAMES or host.endswith(LOCAL_ENDS):
            return REFUSED
        return ""

    def refusal_of(self, address: str, options: Mapping[str, str]) -> str:
        """Of a contact method or chat. Servers that are named apart from a URL (of mail) are the operator's to set: what
        they speak is not checked when it connects."""
        if host := options.get("host", "").strip():
            return "" if self.allowed.names(host.lower()) else OWN_SERVER
        return self.refusal(address)

    async def refusal_by_name(self, url: str) -> str:
        """The same, after looking where the name leads now. A name that cannot be looked up is judged when it is used."""
        if wrong := self.refusal(url):
            return wrong
        host = _host(url)
        if not host or self.allowed.names(host) or _literal(host) is not None:
            return ""
        try:
            async with asyncio.timeout(LOOK_UP):
                found = [ip_address(each.partition("%")[0]) for each in await self._look_up(host)]
        except (OSError, ValueError, TimeoutError, UnicodeError):
            return ""
        return "" if all(self._may(address) for address in found) else REFUSED

    def _may(self, address: Address) -> bool:
        inner = _inner(address) if isinstance(address, IPv6Address) else None
        return (
            is_public(address) or self.allowed.has(address) or (inner is not None and self.allowed.has(inner))
        )

    # --- when it is used -----------------------------------------------------------------------------------------

    def trusts(self, url: str) -> bool:
        """Whether the operator allowed this very host, wherever it leads."""
        host = _host(url)
        return bool(host) and self.allowed.names(host)

    def connector(self, resolver: AbstractResolver | None = None) -> aiohttp.TCPConnector:
        """Connects to public addresses only, whatever a name resolves to at that moment."""
        return aiohttp.TCPConnector(limit=0, ttl_dns_cache=60, resolver=resolver, socket_factory=self._socket)

    def _socket(self, found: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, where = found
        if not self._may(ip_address(str(where[0]).partition("%")[0])):
            raise NotPublic
        return socket.socket(family, kind, protocol)


def _host(url: str) -> str:
    """As the sending library reads it; "" when it is no URL."""
    try:
        return (yarl.URL(url).raw_host or "").lower().rstrip(".")
    except ValueError:
        return ""


def _literal(host: str) -> Address | None:
    """The address that a host is written as, in any of the forms that resolvers take (`127.1`, `0x7f000001`)."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


async def _looked_up(host: str) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(where[0]) for *_, where in found]
