"""Notifications, their attempts, and what addresses remember."""

from collections.abc import Iterable, Sequence

import msgspec

from tocsin.core.instants import micros
from tocsin.core.respond.delivery import AddressState, Notification, NotificationState
from tocsin.core.respond.incident import OPEN_STATES
from tocsin.core.respond.page import incident_of
from tocsin.engine.store.prose import clean
from tocsin.engine.store.protocol import AttemptRow, NotificationRow
from tocsin.engine.store.sql.session import Session, columns, replacing, table

NOTIFICATION = table(
    "notification",
    "id text, incident_id bigint, page text, address_key text, state text, reason text, detail text, attempts bigint,"
    " created_at bigint, updated_at bigint, document bytea",
)
ATTEMPT = table(
    "attempt",
    "notification_id text, attempt bigint, key text, started_at bigint, ended_at bigint, outcome text, detail text",
)
ADDRESS = table("address_state", "address_key text, document bytea")
REPLACE_ADDRESS = replacing("address_key", ADDRESS)
SETTLED = columns("id text, state text, reason text, detail text, updated_at bigint")
TRIED = columns("id text, tries bigint, updated_at bigint")
DROPPED = columns("incident_id bigint, page text, reason text, updated_at bigint")
LATER = "CASE WHEN notification.updated_at > v.updated_at THEN notification.updated_at ELSE v.updated_at END"
READ = "SELECT document, state, reason, detail, attempts, updated_at FROM notification"
encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Notification).decode
decode_address = msgspec.json.Decoder(AddressState).decode
NOTHING_REMEMBERED = AddressState()


def _row(n: Notification) -> tuple[int | str | bytes | None, ...]:
    at = micros(n.created_at)
    waiting = NotificationState.WAITING.value
    return (n.id, n.incident, n.page, n.address_key, waiting, n.reason.value, "", 0, at, at, encode(n))


class NotificationSql:
    """Writes are held back in the order add, drop, settle; whatever would disturb that order writes out first."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._added: dict[str, Notification] = {}
        self._settled: dict[str, tuple[str, str, str, str, int]] = {}
        self._attempts: list[AttemptRow] = []
        self._addresses: dict[str, AddressState] = {}
        self._changed_addresses: dict[str, AddressState] = {}
        self._foreseen: dict[str, list[Notification]] = {}

    # --- waiting -------------------------------------------------------------------------------------------------

    def add(self, notifications: Sequence[Notification]) -> None:
        self._foreseen.clear()
        if self._attempts or self._settled:
            self.flush()  # what was said of an id before it was added was said of nothing
        for notification in notifications:
            self._added.setdefault(notification.id, notification)

    def foresee(self, address_keys: Sequence[str]) -> None:
        self._flush_added()
        session = self._session
        keys = sorted(set(address_keys))
        listed = session.listed(keys)
        condition = session.among("address_key", "text")
        self._foreseen = {key: [] for key in keys}
        rows = session.query(
            f"SELECT address_key, document FROM notification WHERE {condition} AND state = 'waiting'"
            f" ORDER BY created_at, id",
            (listed,),
        )
        for key, document in rows:
            self._foreseen[key].append(decode(document))
        remembered: dict[str, bytes] = dict(
            session.query(f"SELECT address_key, document FROM address_state WHERE {condition}", (listed,))
        )
        for key in keys:
            document = remembered.get(key)
            self._addresses.setdefault(key, decode_address(document) if document else NOTHING_REMEMBERED)

    def waiting(self, address_key: str, limit: int = 1000) -> list[Notification]:
        return self._waiting(address_key, "created_at, id", limit)[:limit]

    def newest_waiting(self, address_key: str, limit: int) -> list[Notification]:
        found = self._waiting(address_key, "created_at DESC, id DESC", limit)
        return sorted(found, key=lambda n: (n.created_at, n.id))[-limit:]

    def _waiting(self, address_key: str, order: str, limit: int) -> list[Notification]:
        self._flush_added()
        found = self._foreseen.get(address_key)
        if found is None:
            rows = self._session.query(
                "SELECT document FROM notification WHERE address_key = ? AND state = 'waiting'"
                f" ORDER BY {order} LIMIT ?",
                (address_key, limit + len(self._settled)),
            )
            found = [decode(row[0]) for row in rows]
        return [n for n in found if n.id not in self._settled]

    def settle(
        self, ids: Sequence[str], state: NotificationState, reason: str, detail: str, now: int
    ) -> None:
        if state is NotificationState.WAITING:
            raise ValueError("a notification is never settled as waiting")
        detail = clean(detail)
        self._settled.update((i, (i, state.value, reason, detail, now)) for i in ids)

    def drop_waiting(self, page_ids: Sequence[str], reason: str, now: int) -> None:
        self._flush_added()
        self._flush_settled()
        self._foreseen.clear()
        self._session.with_rows(
            DROPPED,
            [(incident_of(page), page, reason, now) for page in sorted(set(page_ids))],
            f"UPDATE notification SET state = 'dropped', reason = v.reason, updated_at = {LATER} FROM v"
            " WHERE notification.incident_id = v.incident_id AND notification.page = v.page"
            " AND notification.state = 'waiting'",
        )

    # --- what became of them -------------------------------------------------------------------------------------

    def load(self, ids: Sequence[str]) -> dict[str, NotificationRow]:
        self.flush()
        condition = self._session.among("id", "text")
        rows = self._session.query(f"{READ} WHERE {condition}", (self._session.listed(ids),))
        return {row.notification.id: row for row in _read(rows)}

    def of_incident(self, incident: int) -> list[NotificationRow]:
        self.flush()
        rows = self._session.query(
            f"{READ} WHERE incident_id = ? ORDER BY created_at, id",
            (incident,),
        )
        return list(_read(rows))

    def record_attempts(self, rows: Sequence[AttemptRow]) -> None:
        self._attempts.extend(rows)

    def forget_attempts(self, before: int, after: int, limit: int) -> int | None:
        self.flush()
        session = self._session
        rows = session.query(
            "SELECT t.id, t.ended_at, i.state FROM attempt t LEFT JOIN notification n ON n.id = t.notification_id"
            " LEFT JOIN incident i ON i.id = n.incident_id WHERE t.id > ? ORDER BY t.id LIMIT ?",
            (after, limit),
        )
        gone = [number for number, ended_at, state in rows if ended_at < before and state not in OPEN_STATES]
        if gone:
            listed = session.listed(gone)
            session.write(f"DELETE FROM attempt WHERE {session.among('id', 'bigint')}", (listed,))
        return rows[-1][0] if len(rows) == limit and rows[-1][1] < before else None

    def attempts_of_incident(self, incident: int) -> list[AttemptRow]:
        self.flush()
        names = ", ".join(f'a."{c.name}"' for c in ATTEMPT.columns)
        rows = self._session.query(
            f"SELECT {names} FROM attempt a JOIN notification n ON n.id = a.notification_id"
            " WHERE n.incident_id = ? ORDER BY a.started_at, a.id",
            (incident,),
        )
        return [AttemptRow(*row) for row in rows]

    # --- addresses -----------------------------------------------------------------------------------------------

    def address(self, address_key: str) -> AddressState:
        state = self._addresses.get(address_key)
        if state is None:
            rows = self._session.query(
                "SELECT document FROM address_state WHERE address_key = ?", (address_key,)
            )
            state = decode_address(rows[0][0]) if rows else NOTHING_REMEMBERED
        return state

    def addresses(self) -> dict[str, AddressState]:
        self.flush()
        rows = self._session.query("SELECT address_key, document FROM address_state ORDER BY address_key")
        return {key: decode_address(document) for key, document in rows}

    def put_address(self, address_key: str, state: AddressState) -> None:
        self._addresses[address_key] = self._changed_addresses[address_key] = state

    # --- writing out ---------------------------------------------------------------------------------------------

    def flush(self) -> None:
        self._flush_added()
        self._flush_settled()
        if self._attempts:
            attempts, self._attempts = self._attempts, []
            self._session.insert(
                ATTEMPT,
                [
                    (r.notification, r.attempt, r.key, r.started_at, r.ended_at, r.outcome, clean(r.detail))
                    for r in attempts
                ],
            )
            tried: dict[str, tuple[int, int]] = {}
            for row in attempts:
                tries, ended_at = tried.get(row.notification, (0, 0))
                tried[row.notification] = (tries + 1, max(ended_at, row.ended_at))
            self._session.with_rows(
                TRIED,
                [(key, *counted) for key, counted in sorted(tried.items())],
                "UPDATE notification SET attempts = attempts + v.tries,"
                f" updated_at = {LATER}"
                " FROM v WHERE notification.id = v.id",
            )
        if self._changed_addresses:
            changed, self._changed_addresses = self._changed_addresses, {}
            self._session.insert(
                ADDRESS, [(key, encode(state)) for key, state in sorted(changed.items())], REPLACE_ADDRESS
            )

    def _flush_added(self) -> None:
        if self._added:
            added, self._added = self._added, {}
            rows = [_row(added[key]) for key in sorted(added)]
            self._session.insert(NOTIFICATION, rows, "ON CONFLICT (id) DO NOTHING")

    def _flush_settled(self) -> None:
        if self._settled:
            settled, self._settled = self._settled, {}
            for waiting in self._foreseen.values():
                waiting[:] = [n for n in waiting if n.id not in settled]
            self._session.with_rows(
                SETTLED,
                [settled[key] for key in sorted(settled)],
                "UPDATE notification SET state = v.state, reason = v.reason, detail = v.detail,"
                f" updated_at = {LATER} FROM v WHERE notification.id = v.id",
            )


def _read(rows: Iterable[tuple[bytes, str, str, str, int, int]]) -> Iterable[NotificationRow]:
    for document, state, reason, detail, attempts, updated_at in rows:
        yield NotificationRow(
            decode(document), NotificationState(state), reason, detail, attempts, updated_at
        )
