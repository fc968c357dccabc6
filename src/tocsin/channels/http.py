"""Posting to a provider within a deadline, and what its answer means. Every channel that speaks HTTP sends through here.

A detail is shown on timelines, so it never holds a URL's path or a provider's token: both are secrets.
"""

import asyncio
import io
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import msgspec

from tocsin.channels.guard import REFUSED, NotPublic
from tocsin.channels.plain import host_of, line
from tocsin.core.respond.delivery import Delivered, Failed, Outcome, Rejected

DEADLINE = 10.0  # seconds for one send, all in; an address is leased for 30
LONGEST_ANSWER = 64 * 1024  # bytes of an answer that are read; the rest says nothing about delivery
LONGEST_PAUSE = 3600.0  # seconds; a provider that asks for more is not worth waiting for in one go

# Worth another try although they are 4xx: too slow, too early, too often.
TRY_AGAIN = frozenset({408, 425, 429})
MOVED_FOR_GOOD = frozenset({301, 308})


class Answer(msgspec.Struct, frozen=True):
    """What the provider said. `body` is empty when it could not be read in time after the head had come."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


async def post(
    http: aiohttp.ClientSession,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    deadline: float = DEADLINE,
) -> Answer | Failed | Rejected:
    """POST and read the answer; redirects are not followed. Answers Failed or Rejected where no answer came.

    A connection that the provider closed while it lay idle fails at once; that says nothing about the provider, so the same
    request (under the same idempotency key) goes out a second time within the same deadline.
    """
    host = host_of(url)
    try:
        async with asyncio.timeout(deadline):
            try:
                return await _exchange(http, url, content, headers)
            except (aiohttp.ServerDisconnectedError, ConnectionResetError):
                return await _exchange(http, url, content, headers)
    except TimeoutError:
        return Failed(f"{host} did not answer within {deadline:g} s")
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, UnicodeError, ValueError):
        return Rejected("the address is not a URL that can be posted to")
    except (aiohttp.ClientConnectorCertificateError, ssl.SSLError):
        return Failed(f"the certificate of {host} is not trusted")
    except aiohttp.ClientConnectorDNSError:
        return Failed(f"the name {host} does not resolve")
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, NotPublic):
            return Rejected(f"{host} is not used: {REFUSED}")
        return Failed(f"cannot connect to {host}: {line(error.os_error.strerror or 'no route', 100)}")
    except (aiohttp.ClientError, OSError) as error:
        return Failed(f"the connection to {host} broke ({type(error).__name__})")


async def _exchange(
    http: aiohttp.ClientSession, url: str, content: bytes, headers: Mapping[str, str]
) -> Answer:
    # A large one goes in pieces, so that nothing else waits for it.
    data = content if len(content) < 1 << 20 else io.BytesIO(content)
    async with http.post(
        url, data=data, headers=headers, allow_redirects=False, timeout=_NO_LIMIT
    ) as response:
        return Answer(response.status, response.headers, await _read(response))


_NO_LIMIT = aiohttp.ClientTimeout()  # the deadline above is the only clock


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The answer's beginning. Once a 2xx head is here the message was taken, whatever becomes of the rest."""
    patience = 1.0 if response.ok else None
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(patience):
            async for chunk in response.content.iter_any():
                chunks.append(chunk)
                size += len(chunk)
                if size >= LONGEST_ANSWER:
                    break
    except (TimeoutError, aiohttp.ClientError, OSError):
        if not response.ok:
            raise
    return b"".join(chunks)[:LONGEST_ANSWER]


def outcome(answer: Answer | Failed | Rejected, host: str, says: str = "", provider_id: str = "") -> Outcome:
    """The usual reading of a status: 2xx delivered; 408, 425, 429 and 5xx worth another try; all else refused for good.

    `says` is the provider's own word for what was wrong, already short.
    """
    if not isinstance(answer, Answer):
        return answer
    status = answer.status
    why = f"{host} answered {status}" + (f": {says}" if says else "")
    if 200 <= status < 300:
        return Delivered(provider_id)
    if status in TRY_AGAIN or status >= 500:
        return Failed(why, retry_after(answer))
    if 300 <= status < 400:
        moved = f"{why} (a redirect, which is not followed: use the final URL)"
        return Rejected(moved) if status in MOVED_FOR_GOOD else Failed(moved)
    return Rejected(why)


def retry_after(answer: Answer, default: float | None = None) -> float | None:
    """Seconds to pause by the Retry-After header: a number, or a date measured against the answer's own Date."""
    value = answer.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", value):
        return min(float(value), LONGEST_PAUSE)
    until, sent = _date(value), _date(answer.headers.get("Date", ""))
    if until is None or sent is None:
        return default
    return min(max((until - sent).total_seconds(), 0.0), LONGEST_PAUSE)


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def check_url(address: str) -> str:
    """What is wrong with an address that must be a web URL, or ""."""
    if not address.lower().startswith(("http://", "https://")):
        return "expected a URL that begins with http:// or https://"
    if any(c.isspace() or ord(c) < 32 for c in address):
        return "a URL holds no spaces"
    if not host_of(address):
        return "the URL names no host"
    return ""
