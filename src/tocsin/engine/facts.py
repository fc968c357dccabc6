"""What decisions may read, cached at a revision that the committing transaction checks."""

import threading
from collections.abc import Callable

import structlog
from msgspec.structs import replace

from tocsin.core.configuration import Configuration
from tocsin.engine.store.protocol import StaleFacts, Store, Transaction

Load = Callable[[Transaction], Configuration]
log = structlog.get_logger()


class Unusable(Exception):
    """The stored configuration cannot be decided on at all (its routes are unreadable): alerts would go nowhere."""

    def __init__(self, revision: int, why: str) -> None:
        super().__init__(f"the stored routes cannot be read: {why}; apply the configuration again")
        self.revision = revision


class Facts:
    """Holds the current configuration. Whoever decides on it calls `check` in the transaction that commits the decision.
    Making one raises Unusable."""

    def __init__(self, store: Store, load: Load) -> None:
        self._store = store
        self._load = load
        # Held by whoever changes the configuration on this node until it is reloaded, and by detection while it decides:
        # stale facts cost it its index, and loading that anew takes seconds when much is firing.
        self.changing = threading.Lock()
        self.current: Configuration = store.read(load)

    def check(self, tx: Transaction) -> Configuration:
        """The facts, proven current until commit. Raises StaleFacts."""
        if tx.configuration.revision() != self.current.revision:
            raise StaleFacts
        return self.current

    def reload(self) -> bool:
        """Read the configuration anew; whether it changed. What cannot be used leaves the last good one in force."""
        try:
            fresh = self._store.read(self._load)
        except Unusable as error:
            log.error("the last good configuration stays in force", why=str(error))
            fresh = replace(self.current, revision=error.revision)
        changed = fresh.revision != self.current.revision
        self.current = fresh
        return changed
