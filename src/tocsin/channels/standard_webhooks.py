"""Posting a signed event in the form of Standard Webhooks (https://www.standardwebhooks.com, its specification 1.0)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence

import aiohttp

from tocsin.channels.http import DEADLINE, Answer, post
from tocsin.channels.plain import host_of
from tocsin.core.respond.delivery import Delivered

PREFIX = "whsec_"
SECRET_BYTES = 32
SHORTEST, LONGEST = 24, 64  # bytes of a secret, by the specification
LONGEST_ANSWER = 1024  # bytes of an answer that the delivery log keeps


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def check_secret(secret: str) -> str:
    """What is wrong with a secret, or ""."""
    try:
        size = len(_key(secret))
    except (ValueError, binascii.Error):
        return f"expected {PREFIX} and {SHORTEST} to {LONGEST} bytes in base64"
    return "" if SHORTEST <= size <= LONGEST else f"expected {SHORTEST} to {LONGEST} bytes, found {size}"


def _key(secret: str) -> bytes:
    if not secret.startswith(PREFIX):
        raise ValueError("no secret of a webhook")
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`v1,<base64>`: HMAC-SHA256 over id, timestamp (seconds) and body, joined by dots. Raises ValueError."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()


async def send(
    http: aiohttp.ClientSession,
    url: str,
    keys: Sequence[str],
    message_id: str,
    timestamp: int,
    body: bytes,
    deadline: float = DEADLINE,
) -> tuple[int, str, str]:
    """(status, what went wrong, the answer's first KiB); status 0 without an answer. Redirects are not followed. Raises
    ValueError for a key that is none."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Tocsin",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(key, message_id, timestamp, body) for key in keys),
    }
    answer = await post(http, url, body, headers, deadline)
    if not isinstance(answer, Answer):
        return 0, "" if isinstance(answer, Delivered) else answer.detail, ""
    said = answer.body[:LONGEST_ANSWER].decode("utf-8", "replace")
    if 200 <= answer.status < 300:
        return answer.status, "", said
    moved = " (a redirect, which is not followed: use the final URL)" if 300 <= answer.status < 400 else ""
    return answer.status, f"{host_of(url)} answered {answer.status}{moved}", said
