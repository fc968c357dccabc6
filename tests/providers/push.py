"""A push service with browsers that subscribed to it: it holds a request to RFC 8030, 8188, 8291 and 8292, checks the
signature against the key that the browser subscribed with, and decrypts what came as the browser would.

Decryption is written out from the RFCs, so that it agrees with the sender's library by the standard alone.
"""

import json
import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.providers.sink import Received, Sink

LARGEST = 4096  # bytes of a message that every push service takes


def to_text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass
class Subscription:
    """One browser that subscribed under the house's key. `shown` is what it decrypted, in order."""

    endpoint: str
    house_key: str
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    gone: bool = False
    shown: list[dict[str, Any]] = field(default_factory=list)

    @property
    def options(self) -> dict[str, str]:
        return {"p256dh": to_text(point(self.private.public_key())), "auth": to_text(self.secret)}

    def decrypt(self, body: bytes) -> dict[str, Any]:
        """RFC 8188, 2.1 for the header; RFC 8291, 3.4 for the keys. Raises InvalidTag."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert length == 65 and len(record) <= size, "one record, from an uncompressed point"
        mine = point(self.private.public_key())
        shared = self.private.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        )
        info = b"WebPush: info\x00" + mine + sender
        material = HKDF(SHA256(), 32, self.secret, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(material)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(material)
        plain = AESGCM(key).decrypt(nonce, record, None)
        content, mark, padding = plain.rpartition(b"\x02")
        assert mark and not padding.strip(b"\x00"), "the last record ends in 2 and zeroes"
        found: dict[str, Any] = json.loads(content)
        return found


class PushService(Sink):
    """Answers 201 to what is right, and says what is wrong otherwise."""

    def __init__(self, port: int = 0, log: str | None = None) -> None:
        super().__init__(port, log)
        self.subscriptions: dict[str, Subscription] = {}

    def subscribe(self, name: str, house_key: str) -> Subscription:
        made = Subscription(self.address(f"push/{name}"), house_key)
        self.subscriptions[f"/push/{name}"] = made
        return made

    def respond(self, one: Received) -> web.Response:
        known = self.subscriptions.get(one.path)
        if known is None or known.gone:
            return web.Response(status=410, text="push subscription has unsubscribed or expired")
        headers = {name.lower(): value for name, value in one.headers.items()}
        wrong = self._wrong(headers, one.body, known)
        if wrong is not None:
            return web.Response(status=wrong[0], text=wrong[1])
        try:
            known.shown.append(known.decrypt(one.body))
        except InvalidTag:
            return web.Response(status=400, text="it cannot be decrypted")
        return web.Response(status=201, headers={"Location": f"{self.url}/message/{len(self.requests)}"})

    def _wrong(self, headers: dict[str, str], body: bytes, known: Subscription) -> tuple[int, str] | None:
        if headers.get("content-encoding") != "aes128gcm":
            return 415, "expected aes128gcm"
        if not headers.get("ttl", "").isdigit():
            return 400, "expected a TTL"
        if headers.get("urgency") not in ("very-low", "low", "normal", "high"):
            return 400, "no such urgency"
        topic = headers.get("topic", "")
        if len(topic) > 32 or not topic.replace("-", "").replace("_", "").isalnum():
            return 400, "no such topic"
        if len(body) > LARGEST:
            return 413, "too large"
        return self._unsigned(headers.get("authorization", ""), known)

    def _unsigned(self, authorization: str, known: Subscription) -> tuple[int, str] | None:
        """RFC 8292: an ES256 token for this very service, by the key that the browser subscribed with."""
        scheme, _, rest = authorization.partition(" ")
        given = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme.lower() != "vapid" or not {"t", "k"} <= given.keys():
            return 401, "expected vapid t=..., k=..."
        if given["k"].rstrip("=") != known.house_key:
            return 403, "subscribed under another key"
        head, claims, signature = given["t"].split(".")
        raw = from_text(signature)
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_text(given["k"]))
        try:
            der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
            key.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
        except InvalidSignature:
            return 403, "the signature is wrong"
        said = json.loads(from_text(claims))
        if json.loads(from_text(head)).get("alg") != "ES256" or said.get("aud") != self.url:
            return 403, "a token of another kind, or for another service"
        if not time.time() < said.get("exp", 0) <= time.time() + 24 * 3600:
            return 403, "the token has expired, or lasts too long"
        if not said.get("sub", "").startswith(("mailto:", "https://")):
            return 403, "nobody to write to"
        return None
