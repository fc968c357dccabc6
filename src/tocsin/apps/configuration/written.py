"""All configured nouns in their written form, as a file would have them; secrets are named or marked as stored, never shown.

Kept until the revision moves, like the facts.
"""

import threading
from typing import Any

import msgspec

from tocsin.apps.configuration.models import Entry, Revision
from tocsin.apps.configuration.queries import read_entries
from tocsin.config.edit import plain
from tocsin.config.export import names_of, written
from tocsin.config.schema.kinds import from_entry
from tocsin.core.configuration import Origin


class WrittenNoun(msgspec.Struct, frozen=True):
    """`origin` git: only the applied files change it. `noun` is its written form, as in the YAML."""

    kind: str
    name: str
    origin: Origin
    noun: dict[str, Any]


_lock = threading.Lock()
_known: tuple[int, dict[str, dict[str, WrittenNoun]]] = (-1, {})


def nouns(kind: str, revision: int) -> dict[str, WrittenNoun]:
    """All of one kind by name, at this revision or a newer one. What cannot be read is left out."""
    global _known
    known = _known
    if known[0] != revision:
        with _lock:
            known = _known
            if known[0] != revision:
                now = Revision.objects.values_list("revision", flat=True).first() or 0
                known = _known = (now, _read())
    return known[1].get(kind, {})


def forget() -> None:
    """Read anew next time (another database)."""
    global _known
    _known = (-1, {})


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
            noun = WrittenNoun(entry.kind, entry.name, Origin(entry.origin), tree)
            found.setdefault(entry.kind, {})[entry.name] = noun
    return found
