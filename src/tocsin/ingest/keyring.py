"""Who may knock: the resolved keys of all integrations and heartbeats, immutable. A new configuration is a new keyring."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

import msgspec

HEARTBEAT = "heartbeat"  # the type of credentials that are heartbeats' ping keys; no integration has it


class Credential(msgspec.Struct, frozen=True):
    """`type` is the integration's type, or HEARTBEAT; `name` is the integration's or the heartbeat's key in the
    configuration. `secret` is what the sender shows."""

    secret: str
    type: str
    name: str

    def __repr__(self) -> str:
        return f"Credential({self.type} {self.name})"


class Keyring:
    """Finding takes the same time for every wrong key: only digests under a secret of this process are compared, and then
    the keys themselves in constant time. Of two credentials of one type with one secret, the first is found."""

    def __init__(self, credentials: Iterable[Credential] = ()) -> None:
        self._salt = secrets.token_bytes(16)
        self._by_digest: dict[bytes, list[Credential]] = {}
        for credential in credentials:
            if credential.secret:
                digest = self._digest(credential.secret.encode("utf-8", "surrogatepass"))
                self._by_digest.setdefault(digest, []).append(credential)

    def find(self, key: str, types: frozenset[str]) -> str | None:
        """The name of the integration of one of these types that this key belongs to."""
        shown = key.encode("utf-8", "surrogatepass")
        for credential in self._by_digest.get(self._digest(shown), ()):
            if credential.type in types and hmac.compare_digest(
                shown, credential.secret.encode("utf-8", "surrogatepass")
            ):
                return credential.name
        return None

    def _digest(self, key: bytes) -> bytes:
        return hashlib.blake2b(key, digest_size=16, key=self._salt).digest()
