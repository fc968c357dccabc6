"""The configuration as the people's side reads it: the same facts that decisions read, kept until the revision moves."""

import threading

from tocsin.apps.configuration.models import Entry, Revision
from tocsin.config.load import assemble
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.engine.store import protocol

_lock = threading.Lock()
_known: Configuration | None = None


def facts() -> Configuration:
    """The configuration now. One query while nothing changed."""
    global _known
    revision = Revision.objects.values_list("revision", flat=True).first() or 0
    known = _known
    if known is None or known.revision != revision:
        with _lock:
            known = _known
            if known is None or known.revision != revision:
                # Entries newer than the revision do no harm: the next reader sees the newer revision and reads again.
                known = _known = assemble(_entries(), revision).configuration
    return known


def forget() -> None:
    """Read anew next time, whatever the revision says (another database)."""
    global _known
    _known = None


def _entries() -> list[protocol.Entry]:
    return [
        protocol.Entry(
            kind=entry.kind,
            name=entry.name,
            document=entry.document,
            origin=entry.origin,
            starts_at=micros(entry.starts_at) if entry.starts_at else None,
            ends_at=micros(entry.ends_at) if entry.ends_at else None,
            created_by=entry.created_by,
            created_at=micros(entry.created_at),
        )
        for entry in Entry.objects.all()
    ]
