"""What this installation offers to refer to: channels with their checks, and sources that integrations may name."""

from collections.abc import Mapping
from functools import cache
from typing import Protocol

import msgspec

from tocsin.channels import registry
from tocsin.ingest.registry import integration_types


class Checks(Protocol):
    """The part of a channel that configuration asks."""

    def check(self, address: str, options: Mapping[str, str]) -> str: ...


class Surroundings(msgspec.Struct, frozen=True):
    channels: Mapping[str, Checks]
    sources: frozenset[str]


@cache
def installed() -> Surroundings:
    """What the folders of channels/ and ingest/sources/ hold."""
    return Surroundings(
        channels={name: registry.channel(name) for name in registry.names()},
        sources=integration_types(),
    )
