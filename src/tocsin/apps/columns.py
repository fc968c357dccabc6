"""The column types all tables share: row ids, instants and documents. They hold for SQLite and PostgreSQL alike.

The engine writes these columns with its own SQL; here is only how the people's side reads them.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression

from tocsin.core.instants import instant, micros

if TYPE_CHECKING:
    _Number = models.BigIntegerField[int, int]
    _Instant = models.BigIntegerField[datetime, datetime]
    _OptionalInstant = models.BigIntegerField[datetime | None, datetime | None]
    _Bytes = models.BinaryField[bytes, bytes]
    _Text = models.TextField[str, str]
    _OptionalText = models.TextField[str | None, str | None]
else:
    _Number = _Instant = _OptionalInstant = models.BigIntegerField
    _Bytes = models.BinaryField
    _Text = _OptionalText = models.TextField


class RowIdField(_Number):
    """A 64-bit primary key that is given in, never generated.

    SQLite makes only a column declared exactly INTEGER its row id; `bigint PRIMARY KEY` would be a second B-tree.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "integer" if connection.vendor == "sqlite" else "bigint"


class KeyField(_Text):
    """A name that machines look up: compared byte by byte, which is several times cheaper than a language's order.

    PostgreSQL's full name of the type keeps Django from adding a second index for LIKE to every key.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return _key_type(connection)


class OptionalKeyField(_OptionalText):
    """A name that machines look up, where there may be none."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["null"] = options["blank"] = True
        super().__init__(*args, **options)

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return _key_type(connection)


def _key_type(connection: BaseDatabaseWrapper) -> str:
    return "text" if connection.vendor == "sqlite" else 'pg_catalog.text COLLATE "C"'


def _read(value: int | None, expression: Expression, connection: BaseDatabaseWrapper) -> datetime | None:
    return None if value is None else instant(value)


def _write(value: Any) -> Any:
    return micros(value) if isinstance(value, datetime) else value


class InstantField(_Instant):
    """An aware UTC instant, stored as microseconds since the epoch."""

    def from_db_value(
        self, value: int | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> datetime | None:
        return _read(value, expression, connection)

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(_write(value))

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, datetime) else super().to_python(value)


class OptionalInstantField(_OptionalInstant):
    """An instant that may not have come yet."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options["null"] = options["blank"] = True
        super().__init__(*args, **options)

    def from_db_value(
        self, value: int | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> datetime | None:
        return _read(value, expression, connection)

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(_write(value))

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, datetime) else super().to_python(value)


class DocumentField(_Bytes):
    """A whole core value as JSON bytes. Bytes, because neither side ever needs it as a string."""

    def from_db_value(
        self, value: bytes | memoryview | None, expression: Expression, connection: BaseDatabaseWrapper
    ) -> bytes | None:
        return None if value is None else bytes(value)
