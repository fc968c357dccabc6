"""What a source is: where its sender knocks, how a body becomes values, and how the sender wants to be answered.

A new source is a new folder in sources/ whose package has `SOURCES`; nothing else is touched. What a source leaves out
is answered in plain text with the usual status codes.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from tocsin.core.detect.signal import InboxRow, Parsed, Unreadable

# What an alert says apart from its end, as a digest, and that end: microseconds, FOREVER without one, and for a
# resolved alert its end or 0.
Copy = tuple[bytes, int]
FOREVER = 2**62

TEXT = ((b"content-type", b"text/plain; charset=utf-8"),)
JSON = ((b"content-type", b"application/json"),)


class Answer(msgspec.Struct, frozen=True):
    """What goes back to a sender. Content-Length is added."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()


def text(status: int, sentence: str, *headers: tuple[bytes, bytes]) -> Answer:
    return Answer(status, sentence.encode("utf-8", "replace") + b"\n", TEXT + headers)


def json(status: int, value: object) -> Answer:
    return Answer(status, msgspec.json.encode(value), JSON)


class KeyPlace(StrEnum):
    PATH = "path"  # where the door's path says {key}
    AUTHORIZATION = "authorization"  # a bearer token, or the password of basic authentication
    BODY = "body"  # `Source.key_in` finds it there; the door's `key_header` goes first


class Door(msgspec.Struct, frozen=True):
    """One path on which requests reach a source. `says` answers a path that only wants to be asked, without a key."""

    path: str
    key: KeyPlace = KeyPlace.PATH
    methods: tuple[str, ...] = ("POST",)
    key_header: bytes | None = None
    says: Answer | None = None


class Source(Protocol):
    """One format of one sender. `name` stands in the inbox row, so it must not change once it was used."""

    name: str
    opens_for: frozenset[str]  # types of integrations whose key is taken here
    doors: tuple[Door, ...]
    media_type: bytes | None = None  # the only one taken; None takes any, because many senders name none

    def parse(self, row: InboxRow) -> Parsed:
        """The same row gives the same values, now and after a crash. Raises Unreadable."""
        ...

    def key_in(self, body: bytes) -> str | None:
        """The credential that stands in the body. Raises Unreadable when the body is not what it should be."""
        return None

    def copies(self, body: bytes, seed: int, received_at: int) -> list[Copy] | None:
        """What the body says of each alert, in the order of `parse`, far cheaper than parsing; None when that cannot be
        told. Two copies with equal digests must parse to equal signals, but for `ends_at`."""
        return None

    def joined(self, bodies: Sequence[bytes]) -> bytes | None:
        """One body that says the same as these, which all could be parsed, one after another; None where there is none."""
        return None

    # --- answers -----------------------------------------------------------------------------------------------------

    def stored(self, parsed: Parsed) -> Answer:
        return text(200, "ok")

    def bad_key(self) -> Answer:
        types = " or ".join(sorted(self.opens_for))
        return text(401, f"unknown key; expected the key of an integration of type {types}")

    def malformed(self, error: Unreadable) -> Answer:
        return text(400, str(error))

    def too_large(self, limit: int) -> Answer:
        return text(413, f"the body is larger than {limit} bytes")

    def wrong_media_type(self, given: bytes) -> Answer:
        return text(415, f"unsupported media type {given.decode('latin-1')!r}")

    def wrong_method(self, door: Door) -> Answer:
        return text(405, "method not allowed", (b"allow", ", ".join(door.methods).encode()))

    def busy(self) -> Answer:
        """Too much waits to be stored; nothing of this request was."""
        return text(503, "overloaded, try again", (b"retry-after", b"1"))

    def failed(self) -> Answer:
        """Storing failed; whether anything of this request was kept is unknown, so it should come again."""
        return text(503, "could not be stored, try again", (b"retry-after", b"1"))
