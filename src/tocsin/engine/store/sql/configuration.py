"""Configuration entries and the revision that guards them."""

from collections.abc import Iterable, Sequence

from tocsin.engine.store.prose import clean
from tocsin.engine.store.protocol import Entry
from tocsin.engine.store.sql.session import Session, columns, replacing, table

ENTRY = table(
    "configuration_entry",
    "kind text, name text, document bytea, origin text, starts_at bigint, ends_at bigint, created_by text,"
    " created_at bigint, source text",
)
REPLACE = replacing("kind, name", ENTRY)
READ = f"SELECT {ENTRY.names} FROM configuration_entry"


class ConfigurationSql:
    def __init__(self, session: Session) -> None:
        self._session = session

    def revision(self) -> int:
        found = self._session.query(
            f"SELECT revision FROM configuration_revision WHERE id = 1{self._session.dialect.share}"
        )
        return int(found[0][0]) if found else 0

    def hold(self) -> None:
        self._session.query(
            f"SELECT revision FROM configuration_revision WHERE id = 1{self._session.dialect.lock}"
        )

    def bump(self) -> int:
        return int(
            self._session.query(
                "INSERT INTO configuration_revision (id, revision) VALUES (1, 1)"
                " ON CONFLICT (id) DO UPDATE SET revision = configuration_revision.revision + 1 RETURNING revision"
            )[0][0]
        )

    def entries(self, kinds: Sequence[str] = ()) -> list[Entry]:
        session = self._session
        order = " ORDER BY kind, name"
        if kinds:
            rows = session.query(
                f"{READ} WHERE {session.among('kind', 'text')}{order}", (session.listed(kinds),)
            )
        else:
            rows = session.query(READ + order)
        return [Entry(*row) for row in rows]

    def put(self, entries: Iterable[Entry]) -> None:
        last = {(entry.kind, entry.name): entry for entry in entries}
        rows = [
            (
                *(e.kind, e.name, e.document, e.origin, e.starts_at, e.ends_at),
                *(clean(e.created_by), e.created_at, clean(e.source)),
            )
            for _, e in sorted(last.items())
        ]
        self._session.insert(ENTRY, rows, REPLACE)

    def remove(self, keys: Iterable[tuple[str, str]]) -> None:
        self._session.with_rows(
            columns("kind text, name text"),
            list(keys),
            "DELETE FROM configuration_entry WHERE (kind, name) IN (SELECT kind, name FROM v)",
        )
