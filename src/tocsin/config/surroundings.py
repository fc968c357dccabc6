"""What this installation offers to refer to: channels with their checks, and sources that integrations may name."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

import msgspec

from tocsin import ingest
from tocsin.channels import registry


class Checks(Protocol):
    """The part of a channel that configuration asks."""

    def check(self, address: str, options: Mapping[str, str]) -> str: ...


class Surroundings(msgspec.Struct, frozen=True):
    channels: Mapping[str, Checks]
    sources: frozenset[str]


@cache
def installed() -> Surroundings:
    """What the folders of channels/ and ingest/sources/ hold."""
    sources = Path(ingest.__file__).parent / "sources"
    return Surroundings(
        channels={name: registry.channel(name) for name in registry.names()},
        sources=frozenset(found.parent.name for found in sources.glob("*/parse.py")),
    )
