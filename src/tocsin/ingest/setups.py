"""How a sender is set up, as data beside its source: `setup.json` in its folder, so that a new source is one folder.

Texts hold URL (the door with the key in it), BASE (the house's address), HOST (its host and port) and KEY, each in double
braces. A sample is a request as the sender would make it; NOW in double braces is the instant at which it is sent.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

SOURCES = Path(__file__).parent / "sources"


class Snippet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`title` is the file or the tool that it belongs into."""

    title: str
    text: str


class Setup(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """`type` is an integration's type, or heartbeat. `door` is the path that the URL shows. `source` reads the sample."""

    type: str
    title: str
    says: str
    door: str
    source: str
    snippets: tuple[Snippet, ...]
    sample: str = ""


@cache
def setups() -> Mapping[str, Setup]:
    """By type, in order of their titles."""
    found = [msgspec.json.decode(file.read_bytes(), type=Setup) for file in SOURCES.glob("*/setup.json")]
    return {each.type: each for each in sorted(found, key=lambda each: each.title.casefold())}


def url_of(setup: Setup, base: str, key: str) -> str:
    return base.rstrip("/") + filled(setup.door, base, key)


def filled(text: str, base: str, key: str, url: str = "") -> str:
    """The text with its places taken."""
    base = base.rstrip("/")
    places = {"URL": url, "BASE": base, "HOST": urlsplit(base).netloc or base, "KEY": key}
    for name, value in places.items():
        text = text.replace("{{" + name + "}}", value)
    return text


def sample_of(setup: Setup, now: str, key: str) -> bytes:
    """The body of a request that the sender could have made at that instant (RFC 3339)."""
    return setup.sample.replace("{{NOW}}", now).replace("{{KEY}}", key).encode()
