"""Alerts, their states and transitions. Nothing here is indexed by a hash: ids are given in and grow."""

from collections.abc import Iterable, Sequence

from msgspec.structs import astuple

from tocsin.core.detect.records import AlertRow, AlertStateRow
from tocsin.engine.store.protocol import AlertFilter
from tocsin.engine.store.sql.session import Session, replacing, table

ALERT = table("alert", "id bigint, integration text, labels bytea, first_seen bigint, key text")
STATE = table(
    "alert_state",
    "alert_id bigint, status text, starts_at bigint, ends_at bigint, updated_at bigint, annotations bytea,"
    " generator_url text, groups text, reason text, by text, incident_id bigint, complete_group text",
)
TRANSITION = table("alert_transition", "alert_id bigint, at bigint, status text, reason text")
REPLACE_STATE = replacing("alert_id", STATE)
ALERT_WIDTH = len(ALERT.columns)
READ = "SELECT {} FROM alert_state s JOIN alert a ON a.id = s.alert_id".format(
    ", ".join(
        [f'a."{c.name}"' for c in ALERT.columns] + [f's."{c.name}"' for c in STATE.columns],
    )
)


class AlertSql:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._added: list[AlertRow] = []
        self._states: list[AlertStateRow] = []

    def add(self, rows: Sequence[AlertRow]) -> None:
        self._added.extend(rows)

    def put_states(self, rows: Sequence[AlertStateRow]) -> None:
        self._states.extend(rows)

    def max_id(self) -> int:
        self.flush()
        return int(self._session.query("SELECT MAX(id) FROM alert")[0][0] or 0)

    def active(self) -> Iterable[tuple[AlertRow, AlertStateRow]]:
        self.flush()
        for row in self._session.stream(f"{READ} WHERE NOT (s.status = 'resolved') ORDER BY s.alert_id"):
            yield AlertRow(*row[:ALERT_WIDTH]), AlertStateRow(*row[ALERT_WIDTH:])

    def forget(self, before: int, after: int, limit: int) -> int | None:
        session, newest = self._session, self.max_id()
        rows = session.query(
            "SELECT a.id, a.first_seen, s.status, s.updated_at FROM alert a JOIN alert_state s ON s.alert_id = a.id"
            " WHERE a.id > ? ORDER BY a.id LIMIT ?",
            (after, limit),
        )
        gone = [
            number
            for number, _, status, updated_at in rows
            if status == "resolved" and updated_at < before and number != newest
        ]
        if gone:
            listed = session.listed(gone)
            for of, key in (("alert_transition", "alert_id"), ("alert_state", "alert_id"), ("alert", "id")):
                session.write(f"DELETE FROM {of} WHERE {session.among(key, 'bigint')}", (listed,))
        return rows[-1][0] if len(rows) == limit and rows[-1][1] < before else None

    def forget_transitions(self, before: int, after: int, limit: int) -> int | None:
        self.flush()
        session = self._session
        rows = session.query(
            "SELECT id, at FROM alert_transition WHERE id > ? ORDER BY id LIMIT ?", (after, limit)
        )
        gone = [number for number, at in rows if at < before]
        if gone:
            listed = session.listed(gone)
            session.write(f"DELETE FROM alert_transition WHERE {session.among('id', 'bigint')}", (listed,))
        return rows[-1][0] if len(rows) == limit and rows[-1][1] < before else None

    def search(self, wanted: AlertFilter) -> list[tuple[AlertRow, AlertStateRow]]:
        self.flush()
        session, conditions, params = self._session, [], []
        if wanted.statuses:
            if "resolved" not in wanted.statuses:
                conditions.append("NOT (s.status = 'resolved')")  # lets the partial index answer
            conditions.append(session.among("s.status", "text"))
            params.append(session.listed(wanted.statuses))
        exactly = (("s.reason", wanted.reason), ("s.by", wanted.by), ("s.incident_id", wanted.incident))
        for column, value in exactly:
            if value is not None:
                conditions.append(f"{column} = ?")
                params.append(value)
        if wanted.before is not None:
            conditions.append("s.alert_id < ?")
            params.append(wanted.before)
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        rows = session.query(f"{READ}{where} ORDER BY s.alert_id DESC LIMIT ?", (*params, wanted.limit))
        return [(AlertRow(*row[:ALERT_WIDTH]), AlertStateRow(*row[ALERT_WIDTH:])) for row in rows]

    def of_incident(self, incident: int) -> list[tuple[AlertRow, AlertStateRow]]:
        self.flush()
        rows = self._session.query(f"{READ} WHERE s.incident_id = ? ORDER BY s.alert_id", (incident,))
        return [(AlertRow(*row[:ALERT_WIDTH]), AlertStateRow(*row[ALERT_WIDTH:])) for row in rows]

    def flush(self) -> None:
        added, self._added = self._added, []
        states, self._states = self._states, []
        if added:
            self._session.insert(ALERT, [astuple(row) for row in added])
        if not states:
            return
        latest = {row.alert: row for row in states}
        known = latest.keys() - {row.id for row in added}
        if known or len(latest) < len(states):
            self._session.insert(TRANSITION, self._left(states, sorted(known)))
        # In the order of their ids, so that two transactions never wait for each other.
        self._session.insert(STATE, [astuple(latest[alert]) for alert in sorted(latest)], REPLACE_STATE)

    def _left(self, states: Sequence[AlertStateRow], known: Sequence[int]) -> list[tuple[int, int, str, str]]:
        """The statuses that alerts leave with these states, in order; of those `known` the store has the one before."""
        session = self._session
        had: dict[int, tuple[str, str]] = {
            alert: (status, reason)
            for alert, status, reason in session.query(
                f"SELECT alert_id, status, reason FROM alert_state WHERE {session.among('alert_id', 'bigint')}",
                (session.listed(known),),
            )
        }
        left = []
        for row in states:
            before = had.get(row.alert)
            if before is not None and before[0] != row.status:
                left.append((row.alert, row.updated_at, *before))
            had[row.alert] = (row.status, row.reason)
        return left
