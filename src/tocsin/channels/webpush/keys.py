"""The house's key for Web Push (VAPID, RFC 8292), by which push services know who sends.

It derives from the key that signs sessions and links, so that all nodes that share that one share this too and there is
nothing more to keep. TOCSIN_WEBPUSH_KEY takes its place where the signing key is to be changed without losing subscriptions.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_PURPOSE = b"tocsin web push key"


def derived_key(secret: bytes) -> str:
    """The private key as push libraries write it: 32 bytes, base64url. 48 bytes are drawn, so that none is likelier."""
    drawn = HKDF(SHA256(), 48, salt=None, info=_PURPOSE).derive(secret)
    return to_text((int.from_bytes(drawn) % (ORDER - 1) + 1).to_bytes(32))


@lru_cache(maxsize=8)
def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """Raises ValueError for what is no key."""
    raw = from_text(text)
    if len(raw) != 32:
        raise ValueError("expected 32 bytes as base64url")
    return ec.derive_private_key(int.from_bytes(raw), CURVE)


def public_text(text: str) -> str:
    """What a browser is given to subscribe with, for the private key of this text."""
    return to_text(private_key(text).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def to_text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Raises ValueError."""
    if not text.isascii():
        raise ValueError("expected base64url")
    return urlsafe_b64decode(text.strip().rstrip("=") + "=" * (-len(text.strip().rstrip("=")) % 4))
