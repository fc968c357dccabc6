"""The agenda: durable timers, held back within a transaction and written in bulk.

A lease is an entry whose `due_at` is the lease's end and whose `token` is set: under a live lease it is simply not due, so
claiming needs no second condition. What is claimed stays a row, locked, until the flush either moves or deletes it: moving
is one update where deleting and inserting anew would be two changes in every index.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tocsin.engine.store.protocol import AgendaEntry
from tocsin.engine.store.sql.session import Row, Session, Value, columns, table

Key = tuple[str, str]

AGENDA = table(
    "agenda", "kind text, subject text, due_at bigint, document bytea, token text, again_at bigint"
)
SET = (
    "ON CONFLICT (kind, subject) DO UPDATE SET due_at = excluded.due_at, document = excluded.document,"
    " token = '', again_at = NULL"
)
SOONER = (
    "ON CONFLICT (kind, subject) DO UPDATE SET"
    " again_at = CASE WHEN agenda.token = '' THEN NULL"
    " ELSE {least}(COALESCE(agenda.again_at, excluded.due_at), excluded.due_at) END,"
    " document = CASE WHEN agenda.token = '' THEN excluded.document ELSE agenda.document END,"
    " due_at = CASE WHEN agenda.token = '' THEN excluded.due_at ELSE agenda.due_at END"
    " WHERE agenda.token <> '' OR excluded.due_at < agenda.due_at"
)
FREE = "agenda.token = '' OR agenda.due_at <= ?"  # not under a live lease
LEASED = (
    "ON CONFLICT (kind, subject) DO UPDATE SET"
    f" again_at = CASE WHEN {FREE} THEN NULL ELSE {{least}}(COALESCE(agenda.again_at, ?), ?) END,"
    " document = CASE WHEN agenda.token = '' AND agenda.due_at > ? THEN excluded.document ELSE agenda.document END,"
    f" token = CASE WHEN {FREE} THEN excluded.token ELSE agenda.token END,"
    f" due_at = CASE WHEN {FREE} THEN excluded.due_at ELSE agenda.due_at END"
    " RETURNING token, document"
)
KEY = columns("kind text, subject text")
MOVED = columns("id bigint, due_at bigint, document bytea, token text, again_at bigint")
MOVE = (
    "UPDATE agenda SET due_at = v.due_at, document = v.document, token = v.token, again_at = v.again_at"
    " FROM v WHERE agenda.id = v.id"
)
READ = "id, kind, subject, due_at, document, again_at"


class Set(msgspec.Struct, frozen=True):
    """Due then, unleased, whatever it was. `row` is known when this transaction holds the row."""

    due_at: int
    document: bytes
    row: int | None = None


class Sooner(msgspec.Struct, frozen=True):
    due_at: int
    document: bytes


class Gone(msgspec.Struct, frozen=True):
    row: int | None = None


class Leased(msgspec.Struct, frozen=True):
    row: int
    until: int
    document: bytes
    token: str
    again_at: int | None


def sooner(a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return b if a is None else a
    return min(a, b)


class AgendaSql:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._pending: dict[Key, Set | Sooner | Gone | Leased] = {}

    # --- setting and cancelling ----------------------------------------------------------------------------------

    def schedule(self, entries: Sequence[AgendaEntry]) -> None:
        for entry in entries:
            self._set((entry.kind, entry.subject), entry.due_at, entry.document)

    def _set(self, key: Key, due_at: int, document: bytes) -> None:
        self._pending[key] = Set(due_at, document, self._row(key))

    def _row(self, key: Key) -> int | None:
        match self._pending.get(key):
            case Set(row=row) | Gone(row=row) | Leased(row=row):
                return row
            case _:
                return None

    def schedule_earlier(self, entries: Sequence[AgendaEntry]) -> None:
        for entry in entries:
            key = (entry.kind, entry.subject)
            match self._pending.get(key):
                case None:
                    self._pending[key] = Sooner(entry.due_at, entry.document)
                case Gone():
                    self._set(key, entry.due_at, entry.document)
                case Set(due_at=due_at) if entry.due_at < due_at:
                    self._set(key, entry.due_at, entry.document)
                case Sooner(due_at=due_at) if entry.due_at < due_at:
                    self._pending[key] = Sooner(entry.due_at, entry.document)
                case Leased(again_at=again_at) as leased:
                    marked = sooner(again_at, entry.due_at)
                    self._pending[key] = msgspec.structs.replace(leased, again_at=marked)
                case _:  # already due sooner
                    pass

    def cancel(self, keys: Iterable[Key]) -> None:
        for key in keys:
            self._pending[key] = Gone(self._row(key))

    # --- claiming and leasing ------------------------------------------------------------------------------------

    def claim(self, kinds: Sequence[str], now: int, limit: int) -> list[AgendaEntry]:
        claimed = []
        for row, kind, subject, due_at, document, _ in self._due(dict.fromkeys(kinds, limit), now, limit):
            self._pending[kind, subject] = Gone(row)
            claimed.append(AgendaEntry(kind, subject, due_at, document))
        return claimed

    def lease(self, most: Mapping[str, int], now: int, until: int) -> list[AgendaEntry]:
        leased = []
        for row, kind, subject, due_at, document, again_at in self._due(most, now, sum(most.values())):
            token = secrets.token_hex(8)
            # The new holder sees all that a past mark asked for; one still to come is kept.
            mark = again_at if again_at is not None and again_at > now else None
            self._pending[kind, subject] = Leased(row, until, document, token, mark)
            leased.append(AgendaEntry(kind, subject, due_at, document, token))
        return leased

    def lease_at_once(self, keys: Sequence[Key], now: int, until: int) -> list[AgendaEntry]:
        if any(key in self._pending for key in keys):
            self.flush()
        by_token = {secrets.token_hex(8): key for key in sorted(keys)}
        found = self._session.insert_returning(
            AGENDA,
            [(*key, until, b"", token, None) for token, key in by_token.items()],
            LEASED.format(least=self._session.dialect.least),
            (now,) * 6,
        )
        leased = {}
        for token, document in found:
            if token in by_token:
                key = by_token[token]
                leased[key] = AgendaEntry(*key, now, document, token)
        return [leased[key] for key in keys if key in leased]

    def _due(self, most: Mapping[str, int], now: int, limit: int) -> list[Row]:
        """Each kind is asked for by itself, so that a backlog of one kind costs the others nothing."""
        if not most or limit <= 0:
            return []
        self.flush()
        session = self._session
        if session.dialect.name == "postgresql":
            return session.query(
                f"SELECT a.* FROM unnest(?::text[], ?::bigint[]) AS k(kind, most), LATERAL (SELECT {READ} FROM agenda"
                f" WHERE agenda.kind = k.kind AND due_at <= ? ORDER BY due_at LIMIT k.most{session.dialect.skip_locked})"
                " AS a ORDER BY a.due_at, a.id LIMIT ?",
                (session.listed(most.keys()), session.listed(most.values()), now, limit),
            )
        one = f"SELECT * FROM (SELECT {READ} FROM agenda WHERE kind = ? AND due_at <= ? ORDER BY due_at LIMIT ?)"
        return session.query(
            " UNION ALL ".join([one] * len(most)) + " ORDER BY due_at, id LIMIT ?",
            (*(value for kind, count in most.items() for value in (kind, now, count)), limit),
        )

    def postpone(self, kinds: Sequence[str], until: int) -> int:
        self.flush()
        condition = self._session.among("kind", "text")
        return self._session.write(
            f"UPDATE agenda SET due_at = ? WHERE {condition} AND due_at < ? AND token = ''",
            (until, self._session.listed(kinds), until),
        )

    def free_leases(self, now: int) -> int:
        self.flush()
        return self._session.write(
            "UPDATE agenda SET due_at = ?, token = '', again_at = NULL WHERE token <> ''", (now,)
        )

    def set_back(self, now: int, by: int) -> int:
        self.flush()
        return self._session.write(
            "UPDATE agenda SET due_at = due_at - ?, again_at = again_at - ? WHERE due_at > ?", (by, by, now)
        )

    def consume(self, kind: str, subject: str, token: str, again_at: int | None = None) -> bool:
        key = (kind, subject)
        held = self._pending.get(key)
        if isinstance(held, Sooner):
            self.flush()
            held = None
        if held is None:
            found = self._session.query(
                "SELECT id, document, again_at FROM agenda WHERE kind = ? AND subject = ? AND token = ?"
                + self._session.dialect.lock,
                (kind, subject, token),
            )
            if not found or not token:
                return False
            row, document, marked = found[0]
        elif isinstance(held, Leased) and held.token == token:
            row, document, marked = held.row, held.document, held.again_at
        else:
            return False
        due_at = sooner(again_at, marked)
        self._pending[key] = Gone(row) if due_at is None else Set(due_at, document, row)
        return True

    # --- looking -------------------------------------------------------------------------------------------------

    def next_due(self, kinds: Sequence[str] = ()) -> int | None:
        self.flush()
        if not kinds:
            kinds = list(self.count())
        if not kinds:
            return None
        firsts = " UNION ALL ".join(["SELECT MIN(due_at) AS due_at FROM agenda WHERE kind = ?"] * len(kinds))
        found = self._session.query(f"SELECT MIN(due_at) FROM ({firsts}) AS firsts", tuple(kinds))
        return None if found[0][0] is None else int(found[0][0])

    def subjects(self, kind: str) -> list[str]:
        self.flush()
        rows = self._session.query("SELECT subject FROM agenda WHERE kind = ? ORDER BY subject", (kind,))
        return [row[0] for row in rows]

    def pending(self, subject: str, kinds: Sequence[str]) -> list[AgendaEntry]:
        self.flush()
        condition = self._session.among("kind", "text")
        rows = self._session.query(
            f"SELECT kind, subject, due_at, document, token FROM agenda WHERE {condition} AND subject = ?"
            " ORDER BY due_at, id",
            (self._session.listed(kinds), subject),
        )
        return [AgendaEntry(*row) for row in rows]

    def count(self) -> Mapping[str, int]:
        self.flush()
        return dict(self._session.query("SELECT kind, COUNT(*) FROM agenda GROUP BY kind"))

    # --- writing out ---------------------------------------------------------------------------------------------

    def flush(self) -> None:
        if not self._pending:
            return
        pending, self._pending = self._pending, {}
        inserted: list[tuple[Value, ...]] = []
        earlier: list[tuple[Value, ...]] = []
        moved: list[tuple[Value, ...]] = []
        cancelled: list[Key] = []
        deleted: list[int] = []
        for key in sorted(pending):  # in one order, so that two transactions never wait for each other
            match pending[key]:
                case Set(due_at, document, None):
                    inserted.append((*key, due_at, document, "", None))
                case Set(due_at, document, int(row)):
                    moved.append((row, due_at, document, "", None))
                case Sooner(due_at, document):
                    earlier.append((*key, due_at, document, "", None))
                case Leased(row, until, document, token, again_at):
                    moved.append((row, until, document, token, again_at))
                case Gone(None):
                    cancelled.append(key)
                case Gone(int(row)):
                    deleted.append(row)
        session = self._session
        if deleted:
            session.write(
                f"DELETE FROM agenda WHERE {session.among('id', 'bigint')}",
                (session.listed(sorted(deleted)),),
            )
        if cancelled:
            session.with_rows(
                KEY,
                cancelled,
                "DELETE FROM agenda WHERE (kind, subject) IN (SELECT kind, subject FROM v)",
            )
        if moved:
            session.with_rows(MOVED, moved, MOVE)
        if inserted:
            session.insert(AGENDA, inserted, SET)
        if earlier:
            session.insert(AGENDA, earlier, SOONER.format(least=session.dialect.least))
