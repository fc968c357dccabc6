"""Finds the sources: every package in sources/ offers its own in SOURCES."""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache

from tocsin.core.detect.signal import InboxRow, Parsed, Unreadable
from tocsin.ingest import sources
from tocsin.ingest.keyring import HEARTBEAT
from tocsin.ingest.source import Source


@cache
def discover() -> Mapping[str, Source]:
    """All sources by name. Two of one name are an error, because an inbox row could not say which it is."""
    found: dict[str, Source] = {}
    for module in pkgutil.iter_modules(sources.__path__):
        offered: Iterable[Source] = importlib.import_module(f"{sources.__name__}.{module.name}").SOURCES
        for source in offered:
            if source.name in found:
                raise ValueError(f"two sources are called {source.name!r}")
            found[source.name] = source
    return found


def integration_types() -> frozenset[str]:
    """What `type` of an integration may be."""
    return frozenset().union(*(source.opens_for for source in discover().values())) - {HEARTBEAT}


def replay(row: InboxRow) -> Parsed:
    """Read an inbox row again, after a crash or for a what-if: exactly what was understood when it came.

    Raises Unreadable for a row of a source that is gone, or one that was never taken.
    """
    source = discover().get(row.source)
    if source is None:
        raise Unreadable("source", f"one of {', '.join(sorted(discover()))}")
    return source.parse(row)
