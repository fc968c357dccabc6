"""Brings what the store keeps under the first key: plain secrets of older versions, and what an older key sealed."""

import msgspec

from tocsin.config import sealing
from tocsin.config.schema.kinds import decoded
from tocsin.engine.store.protocol import Entry, Transaction


def reseal(tx: Transaction) -> int:
    """How many entries were written anew. Nothing that decisions read changes, so the revision stays."""
    tx.configuration.revision()  # nobody edits meanwhile
    stale = [entry for entry in tx.configuration.entries() if not _is_current(entry)]
    tx.configuration.put(
        [
            msgspec.structs.replace(
                entry, document=msgspec.json.encode(sealing.sealed(sealing.opened(decoded(entry))))
            )
            for entry in stale
        ]
    )
    return len(stale)


def _is_current(entry: Entry) -> bool:
    try:
        return sealing.is_current(decoded(entry))
    except (ValueError, msgspec.DecodeError):
        return True  # what cannot be read is left as it is
