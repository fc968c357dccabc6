"""All configured nouns in their written form, as a file would have them; secrets are named or marked as stored, never shown.

Kept as long as the facts are.
"""

import threading
from typing import Any

import msgspec

from tocsin.apps.configuration.models import Entry
from tocsin.apps.configuration.queries import read_entries
from tocsin.config.edit import plain
from tocsin.config.export import names_of, written
from tocsin.config.schema.kinds import from_entry
from tocsin.core.configuration import Configuration, Origin


class WrittenNoun(msgspec.Struct, frozen=True):
    """`origin` git: only the applied files change it, and `source` says where, as file:line, when that was noted. `noun` is
    its written form, as in the YAML."""

    kind: str
    name: str
    origin: Origin
    noun: dict[str, Any]
    source: str = ""


_lock = threading.Lock()
_known: tuple[Configuration | None, dict[str, dict[str, WrittenNoun]]] = (None, {})


def nouns(kind: str, facts: Configuration) -> dict[str, WrittenNoun]:
    """All of one kind by name, as of these facts or newer ones. What cannot be read is left out."""
    global _known
    known = _known
    if known[0] is not facts:
        with _lock:
            known = _known
            if known[0] is not facts:
                known = _known = (facts, _read())
    return known[1].get(kind, {})


def _read() -> dict[str, dict[str, WrittenNoun]]:
    entries = read_entries(Entry.objects.order_by("kind", "name"))
    names = names_of((entry.kind, entry.name) for entry in entries)
    found: dict[str, dict[str, WrittenNoun]] = {}
    for entry in entries:
        try:
            tree = plain(written(entry.kind, from_entry(entry), names))
        except (ValueError, KeyError):  # of no known kind, or broken; msgspec's errors are ValueErrors
            continue
        if isinstance(tree, dict):
            noun = WrittenNoun(entry.kind, entry.name, Origin(entry.origin), tree, entry.source)
            found.setdefault(entry.kind, {})[entry.name] = noun
    return found
