"""Whole columns as PostgreSQL arrays in their binary form, so that a thousand rows are a handful of parameters.

The driver's own list dumper visits every value in Python twice and sends text arrays as text; this is several times
cheaper. Layout: PostgreSQL's `array_send` (dimensions, has-null flag, element type, length, lower bound; then values, each
after its length).
"""

from collections.abc import Sequence
from itertools import repeat
from struct import Struct
from typing import Any, ClassVar

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

from tocsin.engine.store.prose import clean

_HEAD = Struct(">iiiii").pack
_LENGTH = Struct(">i").pack
_BIGINT = Struct(">iq").pack
_BOOLEAN = Struct(">i?").pack
_NULL = _LENGTH(-1)


class Array:
    """One column's values. `element` is the object id of the values' type."""

    element: ClassVar[int]
    __slots__ = ("values",)

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = values

    def body(self) -> bytes:
        raise TypeError("an array is of one type")

    def dump(self) -> bytes:
        count = len(self.values)
        if not count:
            return Struct(">iii").pack(0, 0, self.element)
        return _HEAD(1, 1, self.element, count, 1) + self.body()


class BigintArray(Array):
    element = 20
    __slots__ = ()

    def body(self) -> bytes:
        if None in self.values:
            return b"".join([_NULL if v is None else _BIGINT(8, v) for v in self.values])
        return b"".join(map(_BIGINT, repeat(8), self.values))


class BooleanArray(Array):
    element = 16
    __slots__ = ()

    def body(self) -> bytes:
        return b"".join([_NULL if v is None else _BOOLEAN(1, v) for v in self.values])


class ByteaArray(Array):
    element = 17
    __slots__ = ()

    def body(self) -> bytes:
        return b"".join([_NULL if v is None else _LENGTH(len(v)) + v for v in self.values])


class TextArray(Array):
    element = 25
    __slots__ = ()

    def body(self) -> bytes:
        parts = []
        for value in self.values:
            if value is None:
                parts.append(_NULL)
            else:
                text = clean(value).encode()
                parts.append(_LENGTH(len(text)) + text)
        return b"".join(parts)


ARRAYS: dict[str, type[Array]] = {
    "bigint": BigintArray,
    "boolean": BooleanArray,
    "bytea": ByteaArray,
    "text": TextArray,
}
_ARRAY_OIDS = {BigintArray: 1016, BooleanArray: 1000, ByteaArray: 1001, TextArray: 1009}


def _dumper(array: type[Array]) -> type[Dumper]:
    class ArrayDumper(Dumper):
        oid = _ARRAY_OIDS[array]
        format = Format.BINARY

        def dump(self, obj: Array) -> bytes:
            return obj.dump()

    return ArrayDumper


_DUMPERS = {array: _dumper(array) for array in _ARRAY_OIDS}


def teach(connection: psycopg.Connection[Any]) -> None:
    """Let this connection take arrays as parameters."""
    for array, dumper in _DUMPERS.items():
        connection.adapters.register_dumper(array, dumper)
