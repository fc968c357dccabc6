"""Pages: the whole value as one document. Those not yet written are laid over what is stored."""

from collections.abc import Sequence

import msgspec

from tocsin.core.instants import instant, micros
from tocsin.core.oncall.paged import Paged
from tocsin.core.respond.page import Page, PageState
from tocsin.core.severity import Urgency
from tocsin.engine.store.sql.session import Session, replacing, table

PAGE = table(
    "page",
    "id text, incident_id bigint, serial bigint, person text, state text, begun_at bigint, urgency text,"
    " document bytea",
)
MINUTE = 60_000_000  # microseconds
REPLACE = replacing("id", PAGE)
encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Page).decode


class PageSql:
    """`fresh` holds incidents begun in this very transaction, which can have no stored page."""

    def __init__(self, session: Session, fresh: set[int]) -> None:
        self._session = session
        self._fresh = fresh
        self._pending: dict[str, Page] = {}
        self._foreseen: dict[int, list[Page]] = {}
        self._flushed = False

    def load(self, ids: Sequence[str]) -> dict[str, Page]:
        found = {page_id: self._pending[page_id] for page_id in ids if page_id in self._pending}
        stored = [page_id for page_id in ids if page_id not in found]
        if stored:
            condition = self._session.among("id", "text")
            rows = self._session.query(
                f"SELECT id, document FROM page WHERE {condition}", (self._session.listed(stored),)
            )
            found.update((row[0], decode(row[1])) for row in rows)
        return found

    def foresee(self, incidents: Sequence[int]) -> None:
        session = self._session
        stored = [incident for incident in incidents if self._flushed or incident not in self._fresh]
        self._foreseen = {incident: [] for incident in incidents}
        rows = session.query(
            f"SELECT incident_id, document FROM page WHERE {session.among('incident_id', 'bigint')}",
            (session.listed(stored),),
        )
        for incident, document in rows:
            self._foreseen[incident].append(decode(document))

    def wanted(self, incident: int) -> list[Page]:
        return [page for page in self.of(incident) if page.state is PageState.WANTED]

    def of(self, incident: int) -> list[Page]:
        found = {page.serial: page for page in self._stored(incident)}
        found.update((page.serial, page) for page in self._pending.values() if page.incident == incident)
        return [found[serial] for serial in sorted(found)]

    def _stored(self, incident: int) -> list[Page]:
        if incident in self._foreseen:
            return self._foreseen[incident]
        if incident in self._fresh and not self._flushed:
            return []
        rows = self._session.query("SELECT document FROM page WHERE incident_id = ?", (incident,))
        return [decode(row[0]) for row in rows]

    def put(self, pages: Sequence[Page]) -> None:
        self._pending.update((page.id, page) for page in pages)

    def received(self, people: Sequence[str], since: int, until: int) -> list[Paged]:
        """Counted where they are stored: what this transaction has not flushed yet is not among them."""
        session = self._session
        rows = session.query(
            f"SELECT person, begun_at / {MINUTE}, urgency, count(*) FROM page"
            f" WHERE {session.among('person', 'text')} AND begun_at >= ? AND begun_at < ?"
            " AND incident_id NOT IN (SELECT id FROM incident WHERE test) GROUP BY 1, 2, 3",
            (session.listed(people), since, until),
        )
        return sorted(Paged(row[0], instant(row[1] * MINUTE), Urgency(row[2]), row[3]) for row in rows)

    def flush(self) -> None:
        if self._pending:
            pending, self._pending, self._flushed = self._pending, {}, True
            self._foreseen.clear()
            rows = [
                (
                    page_id,
                    page.incident,
                    page.serial,
                    page.person,
                    page.state.value,
                    micros(page.begun_at),
                    page.urgency.value,
                    encode(page),
                )
                for page_id, page in sorted(pending.items())
            ]
            self._session.insert(PAGE, rows, REPLACE)
