"""The lease of detection: one row, one owner, an epoch that grows with every new one."""

from tocsin.engine.store.protocol import LostOwnership, Ownership
from tocsin.engine.store.sql.session import Session

READ = 'SELECT node, epoch, "until", "cursor" FROM detection_ownership WHERE id = 1'


class OwnershipSql:
    def __init__(self, session: Session) -> None:
        self._session = session

    def current(self) -> Ownership | None:
        found = self._session.query(READ)
        return Ownership(*found[0]) if found and found[0][1] else None

    def acquire(self, node: str, until: int, now: int) -> Ownership | None:
        session = self._session
        session.write(
            'INSERT INTO detection_ownership (id, node, epoch, "until", "cursor") VALUES (1, \'\', 0, 0, 0)'
            " ON CONFLICT (id) DO NOTHING"
        )
        held = Ownership(*session.query(READ + session.dialect.lock)[0])
        if held.node not in ("", node) and held.until > now:
            return None
        epoch = held.epoch if held.node == node else held.epoch + 1
        session.write(
            'UPDATE detection_ownership SET node = ?, epoch = ?, "until" = ? WHERE id = 1',
            (node, epoch, until),
        )
        return Ownership(node, epoch, until, held.cursor)

    def check(self, epoch: int) -> None:
        found = self._session.query(READ + self._session.dialect.lock)
        if not found or found[0][1] != epoch or found[0][0] == "":
            raise LostOwnership

    def advance(self, epoch: int, cursor: int) -> None:
        changed = self._session.write(
            "UPDATE detection_ownership SET \"cursor\" = ? WHERE id = 1 AND epoch = ? AND node <> ''",
            (cursor, epoch),
        )
        if not changed:
            raise LostOwnership

    def release(self, node: str) -> None:
        self._session.write("UPDATE detection_ownership SET node = '' WHERE id = 1 AND node = ?", (node,))
