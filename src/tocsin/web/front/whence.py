"""From where a request really came: the network's peer, or whom a trusted proxy names.

Anybody may write X-Forwarded-For; it is believed only from the addresses of TOCSIN_TRUSTED_PROXIES, and read from the right:
the last name that is no trusted proxy's is the one that the outermost trusted proxy saw.
"""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

VARIABLE = "TOCSIN_TRUSTED_PROXIES"
MOST_HOPS = 32

Networks = tuple[IPv4Network | IPv6Network, ...]
Headers = Sequence[tuple[bytes, bytes]]


def trusted_proxies(environment: Mapping[str, str]) -> Networks:
    """Addresses and networks with commas between. Raises ValueError with a sentence for the operator."""
    found: list[IPv4Network | IPv6Network] = []
    for word in environment.get(VARIABLE, "").replace(",", " ").split():
        try:
            found.append(ip_network(word))
        except ValueError as error:
            raise ValueError(f"{VARIABLE}: {error}") from None
    return tuple(found)


def whence(peer: str, scheme: str, headers: Headers, trusted: Networks) -> tuple[str, str]:
    """The address and the scheme (http or https) of the request."""
    if not trusted or not _within(peer, trusted):
        return peer, scheme
    names = [name.strip() for name in _listed(headers, b"x-forwarded-for")][-MOST_HOPS:]
    schemes = [name.strip().lower() for name in _listed(headers, b"x-forwarded-proto")]
    address = peer
    for name in reversed(names):
        named = _address(name)
        if named is None:
            break
        address = str(named)
        if not _within(address, trusted):
            break
    said = (
        schemes[-1] if schemes else ""
    )  # the nearest proxy's word; what came before it anybody may have written
    return address, said if said in ("http", "https") else scheme


def _listed(headers: Headers, wanted: bytes) -> Iterable[str]:
    for name, value in headers:
        if name.lower() == wanted:
            yield from value.decode("latin-1").split(",")


def _within(address: str, networks: Networks) -> bool:
    named = _address(address)
    return named is not None and any(named in network for network in networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Also with a port, as some proxies write it, and an IPv4 address in IPv6's clothes."""
    host = text.strip().strip('"')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        named = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = named.ipv4_mapped if isinstance(named, IPv6Address) else None
    return mapped or named
