"""The configuration as the people's side reads it: the same facts that decisions read, kept until the revision moves."""

import threading
from collections.abc import Iterable

from django.core.signals import request_finished, request_started

from tocsin.apps.configuration.models import Entry, Revision
from tocsin.config.load import assemble
from tocsin.core.configuration import Configuration
from tocsin.core.instants import micros
from tocsin.engine.store import protocol

_lock = threading.Lock()
_known: Configuration | None = None
_request = threading.local()  # what this thread's request has seen: a page is of one revision


def facts() -> Configuration:
    """The configuration now. One query a request while nothing changed."""
    seen: Configuration | None = getattr(_request, "seen", None)
    if seen is not None:
        return seen
    known = _looked_up()
    if getattr(_request, "under_way", False):
        _request.seen = known
    return known


def look_again() -> None:
    """Within a request that changed the configuration itself."""
    _request.seen = None


def _begins(**_: object) -> None:
    _request.under_way, _request.seen = True, None


def _ends(**_: object) -> None:
    _request.under_way, _request.seen = False, None


request_started.connect(_begins)
request_finished.connect(_ends)


def _looked_up() -> Configuration:
    global _known
    revision = Revision.objects.values_list("revision", flat=True).first() or 0
    known = _known
    if known is None or known.revision != revision:
        with _lock:
            known = _known
            if known is None or known.revision != revision:
                # Entries newer than the revision do no harm: the next reader sees the newer revision and reads again.
                known = _known = assemble(all_entries(), revision).configuration
    return known


def forget() -> None:
    """Read anew next time, whatever the revision says (another database)."""
    global _known
    _known = None
    look_again()


def all_entries() -> tuple[protocol.Entry, ...]:
    return tuple(read_entries(Entry.objects.all()))


def read_entries(rows: Iterable[Entry]) -> list[protocol.Entry]:
    """As the store's own readers know them."""
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
            source=entry.source,
        )
        for entry in rows
    ]
