"""Getting a feed: within a time and a size, only if it changed, and wherever a redirect leads only where it may lead.

What is said of a failure holds no part of the address: whoever has it may read the calendar.
"""

import asyncio
import ssl
import zlib
from collections.abc import Mapping

import aiohttp
import msgspec
import yarl

from tocsin.channels.guard import REFUSED, Guard, NotPublic
from tocsin.channels.plain import line

DEADLINE = 20.0  # seconds for all of it, redirects included
LARGEST = 5 * 1024 * 1024  # bytes, unpacked
MOST_REDIRECTS = 5
_MOVED = (301, 302, 303, 307, 308)
_NO_LIMIT = aiohttp.ClientTimeout()  # the deadline above is the only clock
_HEADERS = {
    "Accept": "text/calendar, */*;q=0.1",
    "Accept-Encoding": "gzip",
    "User-Agent": "Tocsin (calendar subscription)",
}


class Fetched(msgspec.Struct, frozen=True):
    body: bytes
    etag: str = ""
    modified: str = ""


class NotModified(msgspec.Struct, frozen=True):
    """As it was when it was read last."""


class NotFetched(msgspec.Struct, frozen=True):
    why: str


Outcome = Fetched | NotModified | NotFetched


class Fetcher:
    """`trusted` addresses are the operator's own: they may lead inside the house, but what they redirect to may not."""

    def __init__(self, guard: Guard, deadline: float = DEADLINE) -> None:
        self._guard = guard
        self._deadline = deadline
        self._open: aiohttp.ClientSession | None = None
        self._guarded: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        jar = aiohttp.DummyCookieJar()
        self._open = aiohttp.ClientSession(cookie_jar=jar, auto_decompress=False)
        self._guarded = aiohttp.ClientSession(
            connector=self._guard.connector(), cookie_jar=jar, auto_decompress=False
        )

    async def stop(self) -> None:
        for session in (self._open, self._guarded):
            if session is not None:
                await session.close()

    async def fetch(self, url: str, trusted: bool, etag: str = "", modified: str = "") -> Outcome:
        headers = dict(_HEADERS)
        if etag:
            headers["If-None-Match"] = etag
        if modified:
            headers["If-Modified-Since"] = modified
        try:
            async with asyncio.timeout(self._deadline):
                return await self._follow(yarl.URL(url), trusted, headers)
        except TimeoutError:
            return NotFetched(f"it did not come within {self._deadline:g} s")
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, UnicodeError, ValueError):
            return NotFetched("its address is not one that can be fetched")
        except (aiohttp.ClientConnectorCertificateError, ssl.SSLError):
            return NotFetched("the certificate of its server is not trusted")
        except aiohttp.ClientConnectorDNSError:
            return NotFetched("the name of its server does not resolve")
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, NotPublic):
                return NotFetched(REFUSED)
            return NotFetched(
                f"its server cannot be connected to: {line(error.os_error.strerror or 'no route', 100)}"
            )
        except (aiohttp.ClientError, OSError) as error:
            return NotFetched(f"the connection to its server broke ({type(error).__name__})")

    async def _follow(self, url: yarl.URL, trusted: bool, headers: Mapping[str, str]) -> Outcome:
        first = url.origin()
        for _ in range(MOST_REDIRECTS + 1):
            own = trusted and url.origin() == first
            if not own and (why_not := self._guard.refusal(str(url))):
                return NotFetched(why_not)
            session = self._open if own or self._guard.trusts(str(url)) else self._guarded
            assert session is not None
            async with session.get(url, headers=headers, allow_redirects=False, timeout=_NO_LIMIT) as answer:
                if answer.status not in _MOVED:
                    return await _taken(answer)
                to = answer.headers.get("Location", "")
            following = url.join(yarl.URL(to))
            if not to or following.scheme not in ("http", "https"):
                return NotFetched("its server redirects to what is no web address")
            if url.scheme == "https" and following.scheme == "http":
                return NotFetched("its server redirects to an address without encryption")
            url = following
        return NotFetched(f"its server redirects more than {MOST_REDIRECTS} times")


async def _taken(answer: aiohttp.ClientResponse) -> Outcome:
    if answer.status == 304:
        return NotModified()
    if answer.status != 200:
        return NotFetched(f"its server answered {answer.status}")
    packed = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in ("identity", "", "gzip"):
        return NotFetched(f"its server packs it as {line(packed, 20)}, which was not asked for")
    unpack = zlib.decompressobj(31) if packed == "gzip" else None
    body = bytearray()
    try:
        async for piece in answer.content.iter_chunked(1 << 16):
            body += unpack.decompress(piece, LARGEST + 1 - len(body)) if unpack is not None else piece
            if len(body) > LARGEST:
                return NotFetched(f"it is larger than {LARGEST // 1024 // 1024} MiB")
    except zlib.error:
        return NotFetched("what came cannot be unpacked")
    if unpack is not None and not unpack.eof:
        return NotFetched("what came ends in the middle")
    return Fetched(
        bytes(body), answer.headers.get("ETag", "")[:500], answer.headers.get("Last-Modified", "")[:100]
    )
