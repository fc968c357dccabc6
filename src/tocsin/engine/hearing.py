"""When each integration was last heard, kept by the detection owner beside what it commits anyway.

Nothing of it may slow detection down: one look-up an integration in a helping, and at most one row an integration and
minute, written in a transaction that is under way. What only renews leases, and so commits nothing, is written when there is
nothing else to do.
"""

from collections.abc import Mapping
from datetime import datetime

from tocsin.core.detect.hearing import Heard, spoke
from tocsin.core.instants import micros
from tocsin.engine.engine import Engine
from tocsin.engine.store.protocol import Transaction


class Hearing:
    """The owner's. What was noted and could not be committed is loaded anew, as the index is."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, Heard] = {}
        self._changed: dict[str, Heard] = {}

    @property
    def changed(self) -> bool:
        return bool(self._changed)

    def load(self, now: datetime) -> None:
        rows = self._engine.store.read(lambda tx: tx.heard.all())
        self._known = {row.integration: row for row in rows}
        self._changed = {}
        self.reconfigure(now)

    def reconfigure(self, now: datetime) -> None:
        """Those that are new are listened for from now on; those that are gone are forgotten."""
        configured = self._engine.facts.current.integrations
        gone = [key for key in self._known if key not in configured]
        for key in gone:
            self._changed.pop(key, None)
            del self._known[key]
        if gone:
            self._engine.store.run(lambda tx: tx.heard.remove(gone))
        for key in configured:
            if key not in self._known:
                self._known[key] = self._changed[key] = Heard(key, since=micros(now))

    def note(self, heard: Mapping[str, int]) -> None:
        """By integration, when something of it was received."""
        for integration, at in heard.items():
            known = self._known.get(integration)
            if known is None:
                continue
            after = spoke(known, at)
            if after is not known:
                self._known[integration] = self._changed[integration] = after

    def write(self, tx: Transaction) -> None:
        if self._changed:
            tx.heard.put(list(self._changed.values()))

    def written(self) -> None:
        """What was written is committed."""
        self._changed = {}
