"""Incidents found by the words in them: SQLite's FTS5 and PostgreSQL's text search, asked the same way.

Words are runs of letters and digits, so `task-api` is two. The last one asked for may be the beginning of a word when
nothing has it as a whole one: a beginning costs what all words cost that begin so. Both keep themselves true, by a trigger
there, by being an index of an expression here. What stands after the first 20,000 characters is not found.
"""

import re
from collections.abc import Sequence

from django.db import connection
from django.db.backends.utils import CursorWrapper

LONGEST = 20_000
MOST_WORDS = 12
_TEXT = f"substr({{0}}.words, 1, {LONGEST})"
_CHANGED = (
    "INSERT INTO incident_words (incident_words, rowid, words) VALUES ('delete', old.id, "
    + _TEXT.format("old")
    + ");"
)
_NEW = "INSERT INTO incident_words (rowid, words) VALUES (new.id, " + _TEXT.format("new") + ");"

# PostgreSQL reads hyphens, dots and slashes as parts of hosts, files and numbers; as blanks they part words.
_MARKS = "_-./:;,@=&?#%+*~|\\'\"()[]{}<>!$^`"
_VECTOR = (
    f"to_tsvector('simple', translate(left(words, {LONGEST}), '"
    + _MARKS.replace("'", "''")
    + f"', '{' ' * len(_MARKS)}'))"
)

_HOLDING = f"SELECT id FROM incident WHERE {_VECTOR.replace('%', '%%')} @@ to_tsquery('simple', %s)"
FEW = 10_000  # incidents that the index may lead to at once

CREATE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE incident_words USING fts5(words, content='incident', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 0')",
        f"INSERT INTO incident_words (rowid, words) SELECT id, {_TEXT.format('incident')} FROM incident",
        f"CREATE TRIGGER incident_words_new AFTER INSERT ON incident BEGIN {_NEW} END",
        "CREATE TRIGGER incident_words_changed AFTER UPDATE OF words ON incident WHEN old.words IS NOT new.words"
        f" BEGIN {_CHANGED} {_NEW} END",
        f"CREATE TRIGGER incident_words_gone AFTER DELETE ON incident BEGIN {_CHANGED} END",
    ),
    "postgresql": (f"CREATE INDEX incident_words ON incident USING gin ({_VECTOR})",),
}


def words_of(text: str) -> list[str]:
    """What of a question can be looked for."""
    return re.findall(r"[^\W_]+", text.casefold())[:MOST_WORDS]


def ids_with(words: Sequence[str], before: int | None, after: int | None, limit: int) -> list[int]:
    """Incidents that hold all these words, the newest first; with `after` those next above it, the oldest first."""
    whole = bool(_asked(_question(words[-1:], whole=True), None, None, 1))
    return _asked(_question(words, whole), before, after, limit)


def _question(words: Sequence[str], whole: bool) -> str:
    """In the database's own language; words are letters and digits only, so none of them can be part of it."""
    if connection.vendor == "sqlite":
        return " ".join(f'"{word}"' for word in words) + ("" if whole else "*")
    return " & ".join(words) + ("" if whole else ":*")


def _asked(question: str, before: int | None, after: int | None, limit: int) -> list[int]:
    key = "rowid" if connection.vendor == "sqlite" else "id"
    bounds = [(f"{key} {sign} %s", at) for sign, at in (("<", before), (">", after)) if at is not None]
    order = f"ORDER BY {key} {'ASC' if after is not None else 'DESC'} LIMIT %s"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            holding = " AND ".join(["incident_words MATCH %s", *(sql for sql, _ in bounds)])
            sql = f"SELECT rowid FROM incident_words WHERE {holding} {order}"
        elif _expected(cursor, question) < FEW:
            within = f"WHERE {' AND '.join(sql for sql, _ in bounds)} " if bounds else ""
            sql = f"WITH found AS MATERIALIZED ({_HOLDING}) SELECT id FROM found {within}{order}"
        else:
            sql = f"{_HOLDING}{''.join(f' AND {sql}' for sql, _ in bounds)} {order}"
        cursor.execute(sql, [question, *(at for _, at in bounds), limit])
        return [row[0] for row in cursor.fetchall()]


def _expected(cursor: CursorWrapper, question: str) -> int:
    """How many PostgreSQL believes to hold these words. Asked for the newest of few, it would read incident after incident
    until it met one, for it takes the splitting of a text into words to cost nothing; of many, the index would read all."""
    cursor.execute(f"EXPLAIN (FORMAT JSON) {_HOLDING}", [question])
    (plan,) = cursor.fetchone()[0]
    return int(plan["Plan"]["Plan Rows"])
