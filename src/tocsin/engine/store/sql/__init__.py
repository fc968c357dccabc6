"""The store protocol in SQL, written once for SQLite and PostgreSQL: one file per aggregate."""
