"""Web Push to a browser or a phone that subscribed in the profile: encrypted for it alone (RFC 8291), signed by the house.

The address is the subscription's endpoint at the browser's push service; `p256dh` and `auth` are its keys. 404 and 410 say
that the subscription is gone for good: the contact method is removed, and its person is told by another one.
"""

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp
import http_ece
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02, VapidException

from tocsin.channels.channel import Channel
from tocsin.channels.http import DEADLINE, Answer, check_url, outcome, post
from tocsin.channels.plain import host_of, line
from tocsin.channels.webpush.keys import CURVE, derived_key, from_text, private_key
from tocsin.channels.webpush.payload import payload, topic
from tocsin.core.respond.delivery import Outcome, Purpose, Rejected
from tocsin.core.respond.message import Message
from tocsin.core.severity import Urgency

GONE = frozenset({404, 410})
KEPT = 3600  # seconds for which the push service keeps a page for a phone that is off: later it would only confuse
KEPT_OTHERS = 12 * 3600
TOKEN_LASTS = 12 * 3600  # seconds; RFC 8292 allows 24 hours
TOKEN_RENEWED = 3600
NOBODY = (
    "mailto:tocsin@example.com"  # push services want to know whom to write to; TOCSIN_WEBPUSH_SUBJECT says it
)


class WebPush:
    name = "webpush"
    concurrency = 32

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline
        self._tokens: dict[tuple[str, str, str], tuple[float, str]] = {}  # by key, subject and push service

    def derived_options(self, secret: bytes) -> dict[str, str]:
        """Of the whole house, made from the key that signs."""
        return {"key": derived_key(secret)}

    def check(self, address: str, options: Mapping[str, str]) -> str:
        if wrong := check_url(address):
            return wrong
        return "" if _browsers_keys(options) else "the browser's keys are not well formed: subscribe again"

    async def send(
        self, message: Message, address: str, options: Mapping[str, str], http: aiohttp.ClientSession
    ) -> Outcome:
        keys = _browsers_keys(options)
        if keys is None:
            return Rejected("the browser's keys are not well formed: subscribe again")
        host = host_of(address)
        try:
            authorization = self._authorization(
                options.get("key", ""), options.get("subject", NOBODY), address
            )
        except ValueError as wrong:
            return Rejected(f"the house's key for Web Push cannot be used: {line(str(wrong), 100)}")
        headers = {
            "Authorization": authorization,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT if message.purpose is Purpose.PAGE else KEPT_OTHERS),
            "Urgency": "high" if message.urgency is Urgency.HIGH else "normal",
            "Topic": topic(message),
        }
        content = encrypted(msgspec.json.encode(payload(message)), *keys)
        return _read(await post(http, address, content, headers, self.deadline), host)

    def _authorization(self, key: str, subject: str, address: str) -> str:
        parts = urlsplit(address)
        service = f"{parts.scheme}://{parts.netloc}"
        now = time.time()
        made_at, token = self._tokens.get((key, subject, service), (0.0, ""))
        if not token or not 0 <= now - made_at < TOKEN_RENEWED:
            claims = {"sub": subject, "aud": service, "exp": int(now) + TOKEN_LASTS}
            try:
                token = str(Vapid02(private_key(key)).sign(claims)["Authorization"])
            except VapidException as wrong:
                raise ValueError(str(wrong)) from None
            if len(self._tokens) > 100:
                self._tokens.clear()
            self._tokens[key, subject, service] = (now, token)
        return token


def encrypted(content: bytes, browsers_key: bytes, secret: bytes) -> bytes:
    """For this browser alone, under a key of its own for every message."""
    mine = ec.generate_private_key(CURVE)
    return bytes(
        http_ece.encrypt(content, private_key=mine, dh=browsers_key, auth_secret=secret, version="aes128gcm")
    )


def _browsers_keys(options: Mapping[str, str]) -> tuple[bytes, bytes] | None:
    try:
        point, secret = from_text(options.get("p256dh", "")), from_text(options.get("auth", ""))
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
    except ValueError:
        return None
    return (point, secret) if len(point) == 65 and len(secret) == 16 else None


def _read(answer: Answer | Outcome, host: str) -> Outcome:
    if not isinstance(answer, Answer):
        return answer
    if answer.status in GONE:
        return Rejected(f"{host} no longer knows this subscription ({answer.status})", gone=True)
    if answer.status in (401, 403):
        return Rejected(
            f"{host} answered {answer.status}: this browser subscribed under another key of the house; "
            "subscribe again"
        )
    return outcome(answer, host, line(answer.text, 120))


CHANNEL: Channel = WebPush()
