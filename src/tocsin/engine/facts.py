"""What decisions may read, cached at a revision that the committing transaction checks."""

from collections.abc import Callable

from tocsin.core.configuration import Configuration
from tocsin.engine.store.protocol import StaleFacts, Store, Transaction

Load = Callable[[Transaction], Configuration]


class Facts:
    """Holds the current configuration. Whoever decides on it calls `check` in the transaction that commits the decision."""

    def __init__(self, store: Store, load: Load) -> None:
        self._store = store
        self._load = load
        self.current: Configuration = store.read(load)

    def check(self, tx: Transaction) -> Configuration:
        """The facts, proven current until commit. Raises StaleFacts."""
        if tx.configuration.revision() != self.current.revision:
            raise StaleFacts
        return self.current

    def reload(self) -> bool:
        """Read the configuration anew; whether it changed."""
        fresh = self._store.read(self._load)
        changed = fresh.revision != self.current.revision
        self.current = fresh
        return changed
